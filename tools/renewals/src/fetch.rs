//! Downloads the reports of a vendor from the marketplace, whatever happens on the way.
//!
//! A report is read in windows of time. Records go into a part file; after each step the state beside it says how far
//! the part can be trusted, so that an interrupted download goes on where it stopped. Only a complete report gets the
//! final name. A record that comes again is kept once, in its latest state.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::{Day, Error, Result};

mod client;
mod export;
mod pages;
mod record;
mod store;
mod summary;
mod window;

use client::Client;
pub use client::Secret;
use store::Store;
use summary::Summary;
use window::Window;

/// What is downloaded, from where, and where to.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The vendor's number
    #[arg(long)]
    pub vendor: String,
    /// The folder for transactions.ndjson and licenses.ndjson
    #[arg(long)]
    pub out: PathBuf,
    /// Which reports
    #[arg(long, value_enum, default_value_t = What::Both)]
    pub what: What,
    /// Whole exports are faster; pages need no export to be made first
    #[arg(long, value_enum, default_value_t = Via::Export)]
    pub via: Via,
    /// The version of the reporting API
    #[arg(long, value_enum, default_value_t = Version::V3)]
    pub api: Version,
    /// Another address than the marketplace's, such as that of `renewals serve-sample`
    #[arg(long)]
    pub base_url: Option<String>,
    /// Transactions from this day on only
    #[arg(long)]
    pub since: Option<Day>,
    /// Records changed on this day or later only; they are merged into the reports of earlier downloads. The
    /// marketplace edits history: take some days more than needed, and everything once a month
    #[arg(long)]
    pub updated_since: Option<Day>,
    /// The user's e-mail address
    #[arg(long, env = "MARKETPLACE_USER")]
    pub user: String,
    /// The user's API token; better kept in the environment than on the command line
    #[arg(long, env = "MARKETPLACE_TOKEN", hide_env_values = true)]
    pub token: Secret,
    /// Says what happened as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// How often a request is tried before giving up
    #[arg(long, default_value_t = 6)]
    pub tries: u32,
    /// Milliseconds from one request to the next
    #[arg(long, default_value_t = 100, hide = true)]
    pub pace_ms: u64,
    /// Milliseconds before the first repetition; it doubles from there
    #[arg(long, default_value_t = 1000, hide = true)]
    pub backoff_ms: u64,
    /// Milliseconds from one look at an export in the making to the next
    #[arg(long, default_value_t = 5000, hide = true)]
    pub poll_ms: u64,
}

/// Which reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Sales only
    Transactions,
    /// Licences only
    Licenses,
    /// Both, one after the other
    Both,
}

/// How a report is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Via {
    /// Exports that the server makes on request
    Export,
    /// Lists of 50 records
    Pages,
}

/// The version of the reporting API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Version {
    /// By vendor; deprecated
    #[value(name = "2")]
    V2,
    /// By developer space
    #[value(name = "3")]
    V3,
}

/// One of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Transactions,
    Licenses,
}

impl Report {
    /// Its name in files and answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Report::Transactions => "transactions",
            Report::Licenses => "licenses",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Report::Transactions => "/sales/transactions",
            Report::Licenses => "/licenses",
        }
    }
}

/// Downloads what was asked for, and says what happened.
pub fn run(args: Args) -> Result<ExitCode> {
    let mut summary = Summary::default();
    let done = download(&args, &mut summary);
    summary.error = done.as_ref().err().map(ToString::to_string);
    eprint!("{summary}");
    if args.json {
        println!("{}", serde_json::to_string(&summary).map_err(|error| Error::failed(error.to_string()))?);
    }
    done.map(|()| ExitCode::SUCCESS)
}

fn download(args: &Args, summary: &mut Summary) -> Result<()> {
    std::fs::create_dir_all(&args.out).map_err(|error| Error::file(&args.out, error))?;
    let mut client = Client::new(args, summary)?;
    let root = client.root(args)?;
    let reports = match args.what {
        What::Transactions => vec![Report::Transactions],
        What::Licenses => vec![Report::Licenses],
        What::Both => vec![Report::Transactions, Report::Licenses],
    };
    for report in &reports {
        fetch(args, &mut client, &root, *report)?;
    }
    for report in reports {
        store::forget(&args.out, report);
    }
    Ok(())
}

fn fetch(args: &Args, client: &mut Client<'_>, root: &str, report: Report) -> Result<()> {
    let query = store::Query {
        vendor: args.vendor.clone(),
        root: root.to_owned(),
        via: format!("{:?}", args.via),
        since: args.since,
        updated_since: args.updated_since,
    };
    let today = crate::clock::today();
    let mut store = Store::open(&args.out, report, query, today)?;
    if let Some(fetched) = store.completed() {
        client.summary.reports.push(fetched);
        return Ok(());
    }
    let path = format!("{root}{}", report.path());
    let windows = match report {
        // The date filter of licences is about their periods, and the same licence lies in many windows.
        Report::Licenses => vec![Window::default()],
        // Few records have changed: one window holds them.
        Report::Transactions if args.updated_since.is_some() => vec![Window { start: args.since, end: None }],
        Report::Transactions => window::years(args.since, today),
    };
    for (place, window) in windows.iter().enumerate() {
        if place < store.windows_done() {
            continue;
        }
        let filter = filter(report, *window, args);
        match args.via {
            Via::Export => {
                export::read(client, &mut store, &path, &filter, Duration::from_millis(args.poll_ms))?
            }
            Via::Pages => pages::read(client, &mut store, &path, &filter, report)?,
        }
        store.window_done()?;
    }
    client.summary.reports.push(store.finish()?);
    Ok(())
}

/// The parameters that both ways of reading share.
fn filter(report: Report, window: Window, args: &Args) -> String {
    let mut filter = String::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            filter = format!("{filter}&{name}={value}");
        }
    };
    add("startDate", window.start.map(|day| day.to_string()));
    add("endDate", window.end.map(|day| day.to_string()));
    add("lastUpdated", args.updated_since.map(|day| day.to_string()));
    match report {
        Report::Transactions => add("includeManualInvoice", Some("true".to_owned())),
        Report::Licenses => add("withDataInsights", Some("true".to_owned())),
    }
    filter
}
