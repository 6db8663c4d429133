#![doc = include_str!("../README.md")]

mod cli;
mod client;
mod demo;
mod deploy;
mod serve;

use std::io::Write as _;

/// Rows and JSON are many small pieces of memory; a quarter of the time of a list went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Ends through `exit`, not by returning: a thread stuck in writing to a terminal must not hold the program up.
fn main() {
    let code = cli::main();
    // The program ends here; there is nobody left to tell that the terminal is gone.
    let _ = std::io::stdout().flush();
    std::process::exit(code);
}
