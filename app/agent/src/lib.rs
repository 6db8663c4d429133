#![doc = include_str!("../README.md")]

mod contract;
mod output;
mod tree;
