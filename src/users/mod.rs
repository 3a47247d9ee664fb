//! People and groups: the records, the names they are found by, and their passwords.
//!
//! One normal form and one space of names: a user name can neither be nor look like anybody else's user name or mail
//! address (R-ID-03). A person's `sub` is random and never changes (R-ID-01). Whether a person may be served at all is
//! decided in one function, [`standing`] (R-CO-08).
//!
//! Must not: count failures (that is `limits`), end sessions or notify (that is `lifecycle`), or tell a caller why a
//! password check failed in a way that could reach the page (R-PW-01).
//! Follows: security requirements R-ID-01 to R-ID-06, R-PW-02 to R-PW-07, R-CO-08; OpenID Connect Core section 5.1;
//! NIST SP 800-63B-4 section 3.1.1.2.

pub mod address_change;
pub mod administrators;
pub mod block_list;
pub mod epoch;
pub mod error;
pub mod group;
pub mod members;
pub mod normal_form;
pub mod notices;
pub mod password;
pub mod password_by_mail;
pub mod password_workers;
pub mod passwords;
pub mod pepper;
pub mod profile;
pub mod store;
pub mod user;

pub use epoch::{Epoch, PresentEpoch};
pub use error::UserError;
pub use group::Group;
pub use password::{PasswordRules, Prepared, WeakPassword};
pub use password_workers::{Busy, PasswordWorkers};
pub use passwords::{Passwords, Verified};
pub use pepper::Pepper;
pub use profile::Profile;
pub use store::Users;
pub use user::{NewUser, Reason, State, User, standing};
