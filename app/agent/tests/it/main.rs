//! The agent against a double of the server's half of the contract: real processes, real HTTP.

mod arrange;
mod cancelling;
mod docker;
mod double;
mod fences;
mod files;
mod leaving;
mod network;
mod next;
mod restarts;
mod running;
