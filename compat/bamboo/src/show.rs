//! Bamboo's records, made of ours.

pub mod artifact;
pub mod common;
pub mod deployment;
pub mod log;
pub mod part;
pub mod plan;
pub mod result;
pub mod words;
