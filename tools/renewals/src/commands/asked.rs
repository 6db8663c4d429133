//! What `report`, `due` and `forecast` have in common: the exports, the day, the thresholds.

use crate::analysis::Question;
use crate::figures::Parameters;
use crate::input::column::Kind;
use crate::input::{BadRecords, Order};
use crate::{Day, Error, Month, Result, clock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The exports, the day, the thresholds.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// Transaction exports: CSV, JSON or lines of JSON, also packed with gzip
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub transactions: Vec<PathBuf>,
    /// Licence exports: they add names of licences, contacts and migrations
    #[arg(long = "licenses", visible_alias = "licences", value_name = "FILE", num_args = 1..)]
    pub licences: Vec<PathBuf>,
    /// Looks from this day; later sales do not exist [default: today]
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<Day>,
    /// What to do with a record that cannot be used
    #[arg(long, value_enum, default_value_t)]
    pub bad_records: BadRecords,
    /// Days after the due day in which a renewal is on time
    #[arg(long, value_name = "DAYS", default_value_t = 30, help_heading = "Rules")]
    pub grace: u16,
    /// Days after the due day in which a renewal is late; after that it lapsed
    #[arg(long, value_name = "DAYS", default_value_t = 90, help_heading = "Rules")]
    pub late: u16,
    /// Days before the due day from which on a new licence may replace the old one
    #[arg(long, value_name = "DAYS", default_value_t = 90, help_heading = "Rules")]
    pub link_before: u16,
    /// Days after the due day until which a new licence may replace the old one
    #[arg(long, value_name = "DAYS", default_value_t = 365, help_heading = "Rules")]
    pub link_after: u16,
    /// Months with fewer due licences are not judged
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Rules")]
    pub min_n: u64,
    /// Mature months that say what is usual
    #[arg(long, value_name = "MONTHS", default_value_t = 24, help_heading = "Rules")]
    pub baseline: u32,
    /// Counts community licences, too
    #[arg(long, help_heading = "Rules")]
    pub community: bool,
    /// Until when a hosting can be renewed [default: Server=2024-02-15]
    #[arg(long, value_name = "HOSTING=DAY", value_parser = named_day, help_heading = "Rules")]
    pub end_of_sale: Vec<(String, Day)>,
    /// Until when an app can be renewed
    #[arg(long, value_name = "APP=DAY", value_parser = named_day, help_heading = "Rules")]
    pub archived: Vec<(String, Day)>,
    /// Apps that are one product under several keys
    #[arg(long, value_name = "APP=FAMILY", value_parser = named_text, help_heading = "Rules")]
    pub family: Vec<(String, String)>,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
    /// Says how long each part took
    #[arg(long)]
    pub times: bool,
}

fn named_text(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    Ok((name.to_string(), value.to_string()))
}

fn named_day(text: &str) -> Result<(String, Day), String> {
    let (name, day) = named_text(text)?;
    Ok((name, day.parse()?))
}

impl Asked {
    /// The question about a month; the one before the day that is looked from unless given.
    pub fn question(&self, month: Option<Month>, wants_digests: bool) -> Result<Question> {
        let as_of = self.as_of.unwrap_or_else(clock::today);
        let month = month.unwrap_or_else(|| as_of.month().plus(-1));
        let mut params = Parameters {
            g: self.grace.into(),
            w: self.late.into(),
            lb: self.link_before.into(),
            lf: self.link_after.into(),
            min_n: self.min_n,
            baseline: self.baseline,
            community: self.community,
            archived: self.archived.iter().cloned().collect(),
            families: self.family.iter().cloned().collect(),
            ..Parameters::default()
        };
        params.end_of_sale.extend(self.end_of_sale.iter().cloned().collect::<BTreeMap<_, _>>());
        if params.g > params.w {
            return Err(Error::input(format!("--grace {} is more than --late {}", params.g, params.w)));
        }
        let files =
            |paths: &[PathBuf], kind| paths.iter().map(|path| (path.clone(), kind)).collect::<Vec<_>>();
        let mut all = files(&self.transactions, Kind::Transactions);
        all.extend(files(&self.licences, Kind::Licences));
        let order = Order {
            files: all,
            bad: self.bad_records,
            wants_digests,
            wants_times: self.times,
            threads: self.threads.min(64),
        };
        Ok(Question { order, params, as_of, month })
    }
}

/// Writes a result to a file, or to the standard output.
pub fn write(path: Option<&Path>, bytes: &[u8]) -> Result<()> {
    match path {
        Some(path) => std::fs::write(path, bytes).map_err(|e| Error::file(path, e)),
        None => match std::io::Write::write_all(&mut std::io::stdout().lock(), bytes) {
            // Whoever reads may have seen enough.
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::failed(format!("standard output: {e}")))
            }
            _ => Ok(()),
        },
    }
}
