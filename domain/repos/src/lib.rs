#![doc = include_str!("../README.md")]

pub mod git;
pub mod targets;

pub use git::{Answer, Commit, Contains, Mirror, Range, Rule};
pub use targets::TargetPolicy;
