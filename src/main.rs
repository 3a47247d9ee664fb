//! The program `keyward`: arguments in, one command run.

fn main() {}
