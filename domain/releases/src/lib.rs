#![doc = include_str!("../README.md")]

pub mod deployments;
pub mod gate;
pub mod locks;
