//! The wire: how requests are read and answers are written, whatever the resource.
//!
//! Seven generations of clients talk to this facade, and each has habits of its own. They are all dealt with here, so that
//! the resource files read as if there were one well-behaved client. Nothing here knows the domain.

pub mod answer;
pub mod body;
pub mod client;
pub mod fault;
pub mod fields;
pub mod page;
pub mod query;
pub mod record;
pub mod seal;
pub mod value;
