//! Invents a vendor: exports of transactions and licences in the marketplace's formats, and the truth about them.
//!
//! Nothing here is shared with the analysis. Each account's story is decided first ([`story`]); rows are written down
//! from it with all the flaws that real exports have, and so is the truth ([`truth`]): for every obligation its due
//! date, its outcome in the words of the report, and its value. The same seed gives the same bytes everywhere.
//!
//! `truth-obligations.csv` has a line for each obligation that is known on the `--as-of` day: `licence` is the
//! `addonLicenseId`, or the `appEntitlementNumber` of licences that never had one; `value_cents` is what the ending term
//! cost a year (half of it for the first renewal on Server), `renewed_value_cents` what the line costs a year that kept
//! the customer. `truth-months.csv` counts them: `due` sums the nine outcomes from `early` to `lapsed` and leaves out
//! the others; Server licences that end after the end of Server are in `not_renewable` and in none of the nine.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::{Day, Error, Result};

pub(crate) mod calendar;
pub(crate) mod catalog;
pub(crate) mod customers;
pub(crate) mod dress;
pub(crate) mod licences;
pub(crate) mod numbers;
pub(crate) mod output;
pub(crate) mod parties;
pub(crate) mod random;
pub(crate) mod story;
pub(crate) mod text;
pub(crate) mod transactions;
pub(crate) mod truth;

pub use output::Format;
use output::{Block, Order};

/// How exports are invented.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Another seed, another vendor
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// About how many transactions
    #[arg(long, default_value_t = 10_000)]
    pub transactions: u64,
    /// The folder to write to
    #[arg(long, default_value = "sample")]
    pub out: PathBuf,
    /// The format of the exports
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// Packs the exports
    #[arg(long)]
    pub gzip: bool,
    /// The last day of the exports
    #[arg(long, default_value = "2026-11-01")]
    pub until: Day,
    /// The day the truth is told of; the last day of the exports unless given
    #[arg(long)]
    pub as_of: Option<Day>,
}

/// What was written.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Written {
    /// Rows of transactions.
    pub transactions: u64,
    /// Rows of licences.
    pub licences: u64,
    /// Obligations in the truth.
    pub obligations: u64,
}

/// Writes the exports and the truth, and says how much.
pub fn run(args: Args) -> Result<ExitCode> {
    let written = write(&args)?;
    eprintln!(
        "renewals: wrote {} transactions, {} licences and {} obligations to {}",
        written.transactions,
        written.licences,
        written.obligations,
        args.out.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Rows that 1000 accounts have, measured.
const ROWS_PER_THOUSAND: u64 = 3230;

impl Default for Args {
    /// What the command does when nothing is asked.
    fn default() -> Self {
        Self {
            seed: 1,
            transactions: 10_000,
            out: PathBuf::from("sample"),
            format: Format::Csv,
            gzip: false,
            until: Day(calendar::day(2026, 11, 1)),
            as_of: None,
        }
    }
}

impl Args {
    pub(crate) fn order(&self) -> Result<Order> {
        let as_of = self.as_of.unwrap_or(self.until);
        if as_of > self.until {
            return Err(Error::input("--as-of lies behind --until: nobody knows that far"));
        }
        // Story numbers have to fit into identifiers of nine digits.
        if !(1..=400_000_000).contains(&self.transactions) {
            return Err(Error::input("--transactions is a number from 1 to 400000000"));
        }
        let (first, last) = (calendar::day(2016, 1, 1), calendar::day(2040, 1, 1));
        if !(first..=last).contains(&self.until.0) {
            return Err(Error::input("--until is a day from 2016-01-01 to 2040-01-01"));
        }
        Ok(Order {
            world: story::World { seed: self.seed, until: self.until.0 },
            accounts: (self.transactions * 1000 / ROWS_PER_THOUSAND).max(1),
            as_of: as_of.0,
            format: self.format,
            is_gzip: self.gzip,
        })
    }
}

/// Writes the exports and the truth.
pub fn write(args: &Args) -> Result<Written> {
    let order = args.order()?;
    std::fs::create_dir_all(&args.out).map_err(|error| Error::file(&args.out, error))?;
    let name = |stem: &str| {
        let packed = if order.is_gzip { ".gz" } else { "" };
        args.out.join(format!("{stem}.{}{packed}", order.format.extension()))
    };
    let mut transactions = Export::create(name("transactions"), order, transactions::HEADER)?;
    let mut licences = Export::create(name("licenses"), order, licences::HEADER)?;
    let mut truth = Plain::create(args.out.join("truth-obligations.csv"))?;
    truth.write(truth::OBLIGATIONS_HEADER.as_bytes())?;
    let mut written = Written::default();
    let mut months = truth::Months::default();
    order.for_each(|block: Block| {
        transactions.write(&block.transactions)?;
        licences.write(&block.licences)?;
        truth.write(&block.obligations)?;
        written.transactions += block.rows;
        written.licences += block.licence_rows;
        written.obligations += memchr::memchr_iter(b'\n', &block.obligations).count() as u64;
        months.add(&block.months);
        Ok(())
    })?;
    transactions.end()?;
    licences.end()?;
    truth.end()?;
    let mut file = Plain::create(args.out.join("truth-months.csv"))?;
    file.write(months.csv().as_bytes())?;
    file.end()?;
    Ok(written)
}

struct Plain {
    path: PathBuf,
    file: File,
}

impl Plain {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create(&path).map_err(|error| Error::file(&path, error))?;
        Ok(Self { path, file })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| Error::file(&self.path, error))
    }

    fn end(mut self) -> Result<()> {
        self.file.flush().map_err(|error| Error::file(&self.path, error))
    }
}

struct Export {
    file: Plain,
    order: Order,
}

impl Export {
    fn create(path: PathBuf, order: Order, header: &str) -> Result<Self> {
        let mut export = Self { file: Plain::create(path)?, order };
        export.write_plain(match order.format {
            Format::Csv => header.as_bytes(),
            Format::Json => b"[\n",
            Format::Ndjson => b"",
        })?;
        Ok(export)
    }

    /// Blocks come packed already.
    fn write(&mut self, block: &[u8]) -> Result<()> {
        self.file.write(block)
    }

    fn write_plain(&mut self, bytes: &[u8]) -> Result<()> {
        match self.order.is_gzip {
            true => self.file.write(&output::pack(bytes)),
            false => self.file.write(bytes),
        }
    }

    fn end(mut self) -> Result<()> {
        if self.order.format == Format::Json {
            self.write_plain(b"\n]\n")?;
        }
        self.file.end()
    }
}
