//! A stand-in for the marketplace's reporting API over invented data, for examples and for tests.
//!
//! It answers like the real one as far as `renewals fetch` can tell: lists in pages of at most 50, exports at once or
//! asynchronously, filters, credentials, rate limit headers. Faults can be asked for, each at every so many requests.
//! One thread per connection and no framework: a fault may be a broken connection, and that wants the bare socket.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::{Error, Result};

mod api;
mod data;
mod faults;
mod http;

pub use faults::Faults;

/// What is served, and where.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The address to listen on; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:8600")]
    pub listen: SocketAddr,
    /// The seed of the invented vendor
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// About how many transactions are invented; all are held in memory
    #[arg(long, default_value_t = 10_000)]
    pub transactions: u64,
    /// Serves the exports of this folder instead (transactions and licenses, .json or .ndjson, .gz too)
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Faults with how often they occur: throttle, error, slow, broken, truncated, expired, failed, duplicate, shift;
    /// `throttle=5` is every fifth request, `all` is everything
    #[arg(long, default_value = "", hide_default_value = true)]
    pub faults: Faults,
    /// The vendor that is served
    #[arg(long, default_value = "1234567")]
    pub vendor: String,
    /// The user that may read
    #[arg(long, default_value = "sample@example.com")]
    pub user: String,
    /// The token of that user; of a sample it is no secret
    #[arg(long, default_value = "sample-token")]
    pub token: String,
    /// Seconds that a throttled client is told to wait
    #[arg(long, default_value_t = 1, hide = true)]
    pub retry_after: u64,
}

/// Serves until the process is stopped.
pub fn run(args: Args) -> Result<ExitCode> {
    let vendor = args.vendor.clone();
    let sample = Sample::bind(args)?;
    println!("serving vendor {vendor} on {}", sample.url());
    sample.serve()?;
    Ok(ExitCode::SUCCESS)
}

/// A stand-in that is ready to serve.
#[derive(Debug)]
pub struct Sample {
    listener: TcpListener,
    address: SocketAddr,
    api: Arc<api::Api>,
}

impl Sample {
    /// Prepares the data and takes the port.
    pub fn bind(args: Args) -> Result<Self> {
        let failed = |error: std::io::Error| Error::input(format!("{}: {error}", args.listen));
        let listener = TcpListener::bind(args.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, api: Arc::new(api::Api::new(args)?) })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests it has answered, for tests.
    pub fn requests(&self) -> impl Fn() -> u64 + use<> {
        let api = self.api.clone();
        move || api.requests()
    }

    /// Serves for ever.
    pub fn serve(self) -> Result<()> {
        for stream in self.listener.incoming() {
            let stream = stream.map_err(|error| Error::failed(format!("listening: {error}")))?;
            let api = self.api.clone();
            std::thread::spawn(move || http::converse(stream, |request| api.answer(request)));
        }
        Ok(())
    }
}
