#![doc = include_str!("../README.md")]

pub mod databases;
pub mod folder;
pub mod http;
pub mod hub;
pub mod outside;
pub mod repository;
pub mod server;
pub mod sink;
pub mod storm;

pub use databases::Database;
pub use folder::Folder;
pub use http::{Answer, Api};
pub use hub::Hub;
pub use repository::Repository;
pub use server::Server;
