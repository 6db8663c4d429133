//! Promises of hosted repositories, with the real git talking to a real server.

mod crashed;
mod doors;
mod large;
mod pushes;
mod team;
