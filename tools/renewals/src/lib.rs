#![doc = include_str!("../README.md")]

pub mod analysis;
pub mod aside;
pub mod book;
pub mod clock;
pub mod commands;
pub mod day;
pub mod error;
pub mod fetch;
pub mod figures;
pub mod generate;
pub mod input;
pub mod money;
pub mod record;
pub mod report;
pub mod rules;
pub mod sample;
pub mod statistics;
pub mod tally;

pub use day::{Day, Month};
pub use error::{Error, Result};
