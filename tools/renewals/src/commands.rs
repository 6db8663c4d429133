//! The commands, and how each ends.

use crate::{Result, fetch, generate, sample};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

pub mod asked;
pub mod due;
pub mod forecast;
pub mod report;
pub mod restated;

/// What is asked of the command `renewals`.
#[derive(Debug, Parser)]
#[command(name = "renewals", version, about, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 10 done and the light is red, 2 wrong input or parameters, \
                        3 the download failed, 1 anything else.")]
pub struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The report of a month as one HTML file, and its figures as JSON
    Report(report::Args),
    /// Who is due in a month and who has not renewed, as CSV
    Due(due::Args),
    /// What is due in the next months, and how much of it will likely renew, as CSV
    Forecast(forecast::Args),
    /// Downloads the licence and transaction exports from the marketplace
    Fetch(fetch::Args),
    /// Writes exports of an invented vendor, with the truth beside them
    Generate(generate::Args),
    /// Serves invented exports the way the marketplace does
    ServeSample(sample::Args),
}

impl Program {
    /// Does what was asked; the exit code says how it went.
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Report(args) => report::run(args),
            Command::Due(args) => due::run(args),
            Command::Forecast(args) => forecast::run(args),
            Command::Fetch(args) => fetch::run(args),
            Command::Generate(args) => generate::run(args),
            Command::ServeSample(args) => sample::run(args),
        }
    }
}
