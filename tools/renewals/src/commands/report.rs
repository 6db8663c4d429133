//! Placeholder.

use crate::{Error, Result};
use std::process::ExitCode;

/// What may be asked.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Refuses until it is here.
pub fn run(_args: Args) -> Result<ExitCode> {
    Err(Error::input("not built yet"))
}
