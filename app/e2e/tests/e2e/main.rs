//! The promises of the program, kept or broken by the real binary. One file for each; see the crate's README.

mod storm;
