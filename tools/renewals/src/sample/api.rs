//! The routes of the reporting API, in both of its versions.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base64::Engine;
use serde_json::json;

use super::Args;
use super::data::{self, Filter, Record, Records};
use super::faults::Fault;
use super::http::{Answer, Manner, Request};
use crate::{Day, Result};

const PAGE_MAX: usize = 50;
const PAGE_USUAL: usize = 10;
/// Exports that are kept; the oldest goes first.
const EXPORTS_MAX: usize = 64;
/// Every export that is being made is asked for this often before it is there.
const POLLS: u64 = 2;
/// What the rate limit headers say: so many requests, of which none is ever missed.
const REQUESTS_PER_MINUTE: u64 = 600;

/// The vendor's developer space in version 3 of the API.
const DEVELOPER: &str = "0b7c1f0e-5a3d-4c11-9d5f-2f6f0a7b1c55";

/// Which of the two reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Transactions,
    Licenses,
}

#[derive(Debug)]
struct Export {
    kind: Kind,
    filter: Filter,
    is_csv: bool,
    polls: u64,
    is_failing: bool,
}

/// The stand-in.
#[derive(Debug)]
pub(crate) struct Api {
    args: Args,
    authorization: String,
    records: [Records; 2],
    exports: Mutex<BTreeMap<u64, Export>>,
    requests: AtomicU64,
    /// Records have moved since the first page was read.
    is_moved: AtomicBool,
}

impl Api {
    pub(crate) fn new(args: Args) -> Result<Self> {
        let records = data::load(&args)?;
        let pair = format!("{}:{}", args.user, args.token);
        let authorization = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let (exports, requests, is_moved) = (Mutex::default(), AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { args, authorization, records, exports, requests, is_moved })
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Answers a request, with the faults that are due.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let mut answer = self.answer_with_faults(request);
        let left = REQUESTS_PER_MINUTE - number % REQUESTS_PER_MINUTE;
        answer.headers.push(("X-RateLimit-Limit", REQUESTS_PER_MINUTE.to_string()));
        answer.headers.push(("X-RateLimit-Remaining", left.to_string()));
        answer
    }

    fn answer_with_faults(&self, request: &Request) -> Answer {
        if request.headers.get("authorization") != Some(&self.authorization) {
            return Answer::json(401, &json!({"code": 401, "message": "Client must be authenticated"}));
        }
        let faults = &self.args.faults;
        if faults.strike(Fault::Throttle) {
            let mut answer = Answer::json(429, &json!({"code": 429, "message": "Rate limit exceeded"}));
            answer.headers.push(("Retry-After", self.args.retry_after.to_string()));
            return answer;
        }
        if faults.strike(Fault::Error) {
            return Answer::new(500, "text/html", b"<html>Something went wrong</html>".to_vec());
        }
        let mut answer = self.route(request);
        let holds_records = answer.status == 200 && answer.body.len() > 400;
        if holds_records && faults.strike(Fault::Truncated) {
            answer.manner = Manner::Truncated;
        } else if holds_records && faults.strike(Fault::Broken) {
            answer.body.truncate(answer.body.len() / 2);
            answer.body.extend_from_slice(b"<html>Bad gateway</html>");
        } else if faults.strike(Fault::Slow) {
            answer.manner = Manner::Slow;
        }
        answer
    }

    fn route(&self, request: &Request) -> Answer {
        let parts: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
        // The gateway of version 3 has a prefix of its own.
        let parts = parts.strip_prefix(&["marketplace"]).unwrap_or(&parts);
        let vendor = self.args.vendor.as_str();
        let rest = match parts {
            ["rest", "3", "developer-space", "vendor", asked] if *asked == vendor => {
                return Answer::json(200, &json!({"developerId": DEVELOPER}));
            }
            ["rest", "2", "vendors", asked, "reporting", rest @ ..] if *asked == vendor => rest,
            ["rest", "3", "reporting", "developer-space", DEVELOPER, rest @ ..] => rest,
            ["rest", "2", "vendors", ..] | ["rest", "3", ..] => {
                return Answer::json(403, &json!({"code": 403, "message": "Not a vendor of this user"}));
            }
            _ => return not_found("No such resource"),
        };
        let (kind, rest) = match rest {
            ["sales", "transactions", rest @ ..] => (Kind::Transactions, rest),
            ["licenses", rest @ ..] => (Kind::Licenses, rest),
            _ => return not_found("No such report"),
        };
        let (filter, is_csv) = match parameters(request) {
            Ok(parameters) => parameters,
            Err(message) => return Answer::json(400, &json!({"code": 400, "message": message})),
        };
        match (request.method.as_str(), rest) {
            ("GET", []) => self.list(kind, &filter, request),
            ("GET", ["export"]) => self.export(kind, &filter, is_csv.unwrap_or(true)),
            ("POST", ["async", "export"]) => self.start(kind, filter, is_csv.unwrap_or(true), request),
            ("GET", ["async", "export", id, "status"]) => self.status(id, request),
            ("GET", ["async", "export", id]) => self.download(id),
            _ => not_found("No such resource"),
        }
    }

    fn chosen(&self, kind: Kind, filter: &Filter) -> impl Iterator<Item = &Record> {
        self.records[kind as usize].records.iter().filter(|record| filter.takes(record))
    }

    fn list(&self, kind: Kind, filter: &Filter, request: &Request) -> Answer {
        let number = |name, usual| match request.parameter(name) {
            Some(text) => text.parse::<usize>().map_err(|_| format!("{name} is not a number")),
            None => Ok(usual),
        };
        let (mut offset, limit) = match (number("offset", 0), number("limit", PAGE_USUAL)) {
            (Ok(offset), Ok(limit)) if (1..=PAGE_MAX).contains(&limit) => (offset, limit),
            (Err(message), _) | (_, Err(message)) => {
                return Answer::json(400, &json!({"code": 400, "message": message}));
            }
            _ => return Answer::json(400, &json!({"code": 400, "message": "limit must be from 1 to 50"})),
        };
        let asked = offset;
        if offset == 0 {
            self.is_moved.store(false, Ordering::SeqCst);
        } else if self.args.faults.strike(Fault::Duplicate) {
            offset = offset.saturating_sub(limit);
        } else if self.args.faults.strike(Fault::Shift) {
            self.is_moved.store(true, Ordering::SeqCst);
        }
        if self.is_moved.load(Ordering::SeqCst) {
            offset = offset.saturating_sub(1);
        }
        let mut records = self.chosen(kind, filter).skip(offset);
        let page: Vec<&str> = records.by_ref().take(limit).map(|record| &*record.json).collect();
        let link = |offset: usize| {
            let mut query: Vec<String> = request
                .query
                .iter()
                .filter(|(name, _)| name != "offset")
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            query.push(format!("offset={offset}"));
            json!({"href": format!("{}?{}", request.path, query.join("&"))})
        };
        let mut links = json!({"self": link(asked)});
        if records.next().is_some() {
            links["next"] = link(asked + page.len());
        }
        let name = if kind == Kind::Transactions { "transactions" } else { "licenses" };
        let body = format!("{{\"_links\":{links},\"{name}\":[{}]}}", page.join(","));
        Answer::new(200, "application/json", body.into_bytes())
    }

    fn export(&self, kind: Kind, filter: &Filter, is_csv: bool) -> Answer {
        if !is_csv {
            let all: Vec<&str> = self.chosen(kind, filter).map(|record| &*record.json).collect();
            return Answer::new(200, "application/json", format!("[{}]", all.join(",")).into_bytes());
        }
        let Some(header) = &self.records[kind as usize].csv_header else {
            return Answer::json(406, &json!({"code": 406, "message": "This sample was given no CSV"}));
        };
        let mut body = header.clone();
        for record in self.chosen(kind, filter) {
            body.push_str(&record.csv);
        }
        Answer::new(200, "text/csv", body.into_bytes())
    }

    fn start(&self, kind: Kind, filter: Filter, is_csv: bool, request: &Request) -> Answer {
        let mut exports = self.exports.lock().expect("no thread dies with the exports in hand");
        let id = exports.last_key_value().map_or(1, |(last, _)| last + 1);
        let is_failing = self.args.faults.strike(Fault::Failed);
        exports.insert(id, Export { kind, filter, is_csv, polls: 0, is_failing });
        if exports.len() > EXPORTS_MAX {
            exports.pop_first();
        }
        let path = format!("{}/{id}", request.path);
        Answer::json(
            200,
            &json!({
                "_links": {"self": {"href": request.path}, "status": {"href": format!("{path}/status")},
                    "download": {"href": path}},
                "export": {"id": id.to_string()},
            }),
        )
    }

    fn status(&self, id: &str, request: &Request) -> Answer {
        let mut exports = self.exports.lock().expect("no thread dies with the exports in hand");
        let export = id.parse().ok().and_then(|id: u64| exports.get_mut(&id));
        let Some(export) = export else { return not_found("No such export") };
        export.polls += 1;
        let status = match export.polls {
            1 => "QUEUED",
            polls if polls <= POLLS => "IN_PROGRESS",
            _ if export.is_failing => "FAILED",
            _ => "COMPLETED",
        };
        Answer::json(
            200,
            &json!({"_links": {"self": {"href": request.path}}, "export": {"id": id, "status": status}}),
        )
    }

    fn download(&self, id: &str) -> Answer {
        let mut exports = self.exports.lock().expect("no thread dies with the exports in hand");
        let number = id.parse().unwrap_or(0);
        let Some(export) = exports.get(&number) else { return not_found("No such export") };
        if export.polls <= POLLS {
            return not_found("Export is being processed");
        }
        if self.args.faults.strike(Fault::Expired) {
            exports.remove(&number);
            return not_found("No such export");
        }
        self.export(export.kind, &export.filter, export.is_csv)
    }
}

fn not_found(message: &str) -> Answer {
    Answer::json(404, &json!({"code": 404, "message": message}))
}

/// The filter of a request, and whether it asks for CSV.
fn parameters(request: &Request) -> Result<(Filter, Option<bool>), String> {
    let mut filter = Filter::default();
    let mut is_csv = None;
    for (name, value) in &request.query {
        let day = || {
            value.get(..10).and_then(|text| text.parse::<Day>().ok()).ok_or(format!("{name} is not a date"))
        };
        match name.as_str() {
            "startDate" => filter.start = Some(day()?),
            "endDate" => filter.end = Some(day()?),
            "lastUpdated" => filter.updated = Some(day()?),
            "hosting" => filter.hosting.push(value.clone()),
            "addon" => filter.addon.push(value.clone()),
            "accept" => match value.as_str() {
                "csv" => is_csv = Some(true),
                "json" => is_csv = Some(false),
                _ => return Err("accept is csv or json".to_owned()),
            },
            // The real one takes more; what this one does not know changes nothing here.
            _ => {}
        }
    }
    Ok((filter, is_csv))
}
