//! The command `renewals`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = renewals::commands::Program::parse();
    program.run().unwrap_or_else(|error| {
        eprintln!("renewals: {error}");
        error.exit_code()
    })
}
