//! The journey from stranger to signed in: the decision alone, stories through the whole provider, and a model that is
//! followed through random sequences of requests (RG-14).

mod model;
mod next;
