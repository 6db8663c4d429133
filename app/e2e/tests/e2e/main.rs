//! The promises of the program, kept or broken by the real binary. One file for each; see the crate's README.

mod bad_input;
mod browser;
mod clock;
mod crash;
mod demo;
mod deploys;
mod examples;
mod history;
mod hosted;
mod inert;
mod jobs;
mod jobs_clock;
mod jobs_crash;
mod jobs_freezes;
mod jobs_pools;
mod notices;
mod outputs;
mod start_stop;
mod storm;
mod wire;
