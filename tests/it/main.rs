//! The one integration binary; its tree mirrors src.

mod sealing;
mod storage;
