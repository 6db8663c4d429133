//! The habits of Bamboo's clients, one file each.

pub mod expand;
pub mod fault;
pub mod page;
pub mod query;
