//! The one integration binary; its tree mirrors src.

mod pages;
mod sealing;
mod storage;
