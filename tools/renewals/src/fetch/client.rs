//! Requests that are repeated until they succeed or nothing can help.

use std::convert::Infallible;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Read;
use std::str::FromStr;
use std::time::Duration;

use reqwest::blocking::{RequestBuilder, Response};
use reqwest::{Method, StatusCode, header};

use super::summary::Summary;
use super::{Args, Version};
use crate::{Error, Result};

const WAIT_MAX: Duration = Duration::from_secs(60);
/// Longer than this nobody wants to wait; the next run goes on where this one stops.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// Something that must not be shown.
#[derive(Clone)]
pub struct Secret(String);

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// Why a request brought nothing.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It may go better another time.
    Again { why: Why, message: String, after: Option<Duration> },
    /// What was asked for is not there (any more).
    Gone(String),
    /// It will never go better.
    Over(Error),
}

/// What kind of trouble passes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Why {
    Throttled,
    Server,
    Broken,
}

impl Trouble {
    /// An answer that broke off or makes no sense.
    pub(crate) fn broken(message: impl std::fmt::Display) -> Self {
        Trouble::Again { why: Why::Broken, message: message.to_string(), after: None }
    }
}

/// The marketplace, for one user.
pub(crate) struct Client<'a> {
    http: reqwest::blocking::Client,
    base: String,
    user: String,
    token: Secret,
    tries: u32,
    backoff: Duration,
    pace: Duration,
    pub(crate) summary: &'a mut Summary,
}

impl<'a> Client<'a> {
    pub(crate) fn new(args: &Args, summary: &'a mut Summary) -> Result<Self> {
        // Another part of the process may have chosen a provider already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = args.base_url.as_deref().unwrap_or(match args.api {
            Version::V2 => "https://marketplace.atlassian.com",
            Version::V3 => "https://api.atlassian.com/marketplace",
        });
        let http = reqwest::blocking::Client::builder()
            .user_agent(concat!("renewals/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(30))
            .timeout(Duration::from_secs(600))
            .build()
            .map_err(|error| Error::failed(format!("preparing the download: {error}")))?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            user: args.user.clone(),
            token: args.token.clone(),
            tries: args.tries.max(1),
            backoff: Duration::from_millis(args.backoff_ms),
            pace: Duration::from_millis(args.pace_ms),
            summary,
        })
    }

    /// Where the reports of the vendor are.
    pub(crate) fn root(&mut self, args: &Args) -> Result<String> {
        if !args.vendor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            || args.vendor.is_empty()
        {
            return Err(Error::input("--vendor is the number of the vendor, such as 1234567"));
        }
        if args.api == Version::V2 {
            return Ok(format!("/rest/2/vendors/{}/reporting", args.vendor));
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Space {
            developer_id: String,
        }
        let path = format!("/rest/3/developer-space/vendor/{}", args.vendor);
        let space: Space = self.repeat(|client| client.json(Method::GET, &path))?.map_err(Error::download)?;
        Ok(format!("/rest/3/reporting/developer-space/{}", space.developer_id))
    }

    /// Tries until it works, with pauses that grow; `Err` inside is what is gone.
    pub(crate) fn repeat<T>(
        &mut self,
        mut once: impl FnMut(&mut Self) -> Result<T, Trouble>,
    ) -> Result<Result<T, String>> {
        let mut pause = self.backoff;
        for attempt in 1.. {
            match once(self) {
                Ok(value) => return Ok(Ok(value)),
                Err(Trouble::Gone(message)) => return Ok(Err(message)),
                Err(Trouble::Over(error)) => return Err(error),
                Err(Trouble::Again { message, .. }) if attempt >= self.tries => {
                    return Err(Error::download(format!(
                        "{message}; tried {attempt} times, run again to go on"
                    )));
                }
                Err(Trouble::Again { why, after, message }) => {
                    self.count(why);
                    if after.is_some_and(|after| after > RETRY_AFTER_MAX) {
                        return Err(Error::download(format!(
                            "{message}; the server asks for a long pause, run again later"
                        )));
                    }
                    self.wait(after.unwrap_or(Duration::ZERO).max(jitter(pause)));
                    pause = (pause * 2).min(WAIT_MAX);
                }
            }
        }
        unreachable!("the last attempt returns")
    }

    fn count(&mut self, why: Why) {
        self.summary.repeated += 1;
        match why {
            Why::Throttled => self.summary.throttled += 1,
            Why::Server => self.summary.server_errors += 1,
            Why::Broken => self.summary.broken += 1,
        }
    }

    /// Waits, and remembers how long.
    pub(crate) fn wait(&mut self, pause: Duration) {
        std::thread::sleep(pause);
        self.summary.waited_ms += u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    }

    /// A small answer, read as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
    ) -> Result<T, Trouble> {
        let answer = self.send(method, path)?;
        let bytes = answer.bytes().map_err(Trouble::broken)?;
        serde_json::from_slice(&bytes).map_err(|error| Trouble::broken(format!("{path}: {error}")))
    }

    /// An answer of status 200, its body yet to be read.
    pub(crate) fn send(&mut self, method: Method, path: &str) -> Result<Response, Trouble> {
        std::thread::sleep(self.pace);
        self.summary.requests += 1;
        let mut request: RequestBuilder = self
            .http
            .request(method.clone(), format!("{}{path}", self.base))
            .basic_auth(&self.user, Some(&self.token.0))
            .header(header::ACCEPT, "application/json");
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/json").body("{}");
        }
        let answer = request.send().map_err(|error| match error.is_builder() {
            true => Trouble::Over(Error::input(format!("--base-url {}: {}", self.base, reason(&error)))),
            false => Trouble::broken(reason(&error)),
        })?;
        if answer.headers().get("x-ratelimit-remaining").is_some_and(|left| left.as_bytes() == b"0") {
            // The next request would be refused: better wait now.
            self.wait(retry_after(&answer).unwrap_or(Duration::from_secs(1)).min(WAIT_MAX));
        }
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let after = retry_after(&answer);
        let message = format!("{path} answered {status}{}", said(answer));
        Err(match status {
            StatusCode::UNAUTHORIZED => Trouble::Over(Error::download(format!(
                "{message}: is the API token in MARKETPLACE_TOKEN right, and MARKETPLACE_USER its owner?"
            ))),
            StatusCode::NOT_FOUND | StatusCode::GONE => Trouble::Gone(message),
            StatusCode::TOO_MANY_REQUESTS => Trouble::Again { why: Why::Throttled, message, after },
            StatusCode::REQUEST_TIMEOUT => Trouble::Again { why: Why::Broken, message, after },
            _ if status.is_server_error() => Trouble::Again { why: Why::Server, message, after },
            _ => Trouble::Over(Error::download(message)),
        })
    }
}

/// What a failure is about, without the address: it says nothing new, and may hold credentials of a proxy.
fn reason(error: &reqwest::Error) -> String {
    let mut text = String::from("no answer");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The beginning of what the server says about an error.
fn said(answer: Response) -> String {
    let mut text = String::new();
    // The status says enough where the rest cannot be read.
    let _ = answer.take(300).read_to_string(&mut text);
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.is_empty() { text } else { format!(" ({})", text.trim()) }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// Somewhere from half of it to all of it: clients that failed together shall not come back together.
fn jitter(pause: Duration) -> Duration {
    let luck = RandomState::new().build_hasher().finish() % 1000;
    pause / 2 + pause / 2 * u32::try_from(luck).unwrap_or(0) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_vary_and_stay_within_bounds() {
        let pause = Duration::from_secs(8);
        for _ in 0..50 {
            assert!((pause / 2..=pause).contains(&jitter(pause)));
        }
    }

    #[test]
    fn a_secret_does_not_show() {
        let secret: Secret = "hunter2".parse().unwrap_or_else(|never| match never {});
        assert_eq!(format!("{secret:?}"), "(secret)");
    }
}
