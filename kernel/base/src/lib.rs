#![doc = include_str!("../README.md")]

pub mod actor;
pub mod clock;
pub mod error;
pub mod id;
pub mod limits;
pub mod random;
pub mod secret;
pub mod time;
pub mod value;

pub use actor::{Actor, Door, Right, Role};
pub use clock::{Clock, Stopwatch};
pub use error::{Context, Error, Kind, Result};
pub use limits::{Limit, Limits};
pub use secret::Secret;
pub use time::{Date, Time};
pub use value::{FromValue, Value};

pub use jiff;
