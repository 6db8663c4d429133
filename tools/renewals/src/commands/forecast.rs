//! `renewals forecast`: what is due in the next months, and how much of it will likely renew.

use super::asked::{self, Asked};
use super::due::{dollars, row};
use crate::statistics;
use crate::{Result, analysis};
use std::path::PathBuf;
use std::process::ExitCode;

/// What a forecast may be asked for.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    asked: Asked,
    /// Where to write the forecast [default: the standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const HEADER: [&str; 12] = [
    "month",
    "due",
    "renewed_already",
    "expected_renewals",
    "lower",
    "upper",
    "due_value",
    "renewed_value",
    "expected_value",
    "lower_value",
    "upper_value",
    "expected_vendor_value",
];

/// Writes a line for each month to come, with intervals of 95 %.
pub fn run(args: Args) -> Result<ExitCode> {
    let question = args.asked.question(None, false)?;
    let figures = analysis::figures(&question)?;
    let judgement = statistics::judge(&figures);
    let mut csv = String::new();
    row(&mut csv, HEADER.map(String::from));
    for month in &judgement.forecast {
        row(
            &mut csv,
            [
                month.month.to_string(),
                month.due.to_string(),
                month.done.to_string(),
                format!("{:.1}", month.expected),
                format!("{:.1}", month.interval.lower),
                format!("{:.1}", month.interval.upper),
                dollars(month.due_cents),
                dollars(month.done_cents),
                dollars(month.expected_cents),
                dollars(month.lower_cents),
                dollars(month.upper_cents),
                dollars(month.expected_vendor_cents),
            ],
        );
    }
    asked::write(args.out.as_deref(), csv.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
