//! The one integration binary; its tree mirrors src.

mod audit;
mod directory;
mod factors;
mod limits;
mod pages;
mod password;
mod people;
mod sealing;
mod storage;
mod users;
mod watched;
