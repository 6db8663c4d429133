//! `renewals report`: a month's report and its figures.

use super::asked::{self, Asked};
use super::restated;
use crate::figures::{Event, Figures};
use crate::statistics::{self, Judgement, Light, Policy};
use crate::{Error, Month, Result, analysis, report};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a report may be asked for.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    asked: Asked,
    /// The month that the report is about [default: the one before --as-of]
    #[arg(long, value_name = "MONTH")]
    month: Option<Month>,
    /// Where to write the report as one HTML file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where to write the figures as JSON; `-` is the standard output
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The figures of an earlier report: what they said otherwise is listed
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Without names of customers, partners, licences and contacts: for showing it outside
    #[arg(long)]
    anonymous: bool,
    /// A rate below this is red whatever is usual, such as 0.6
    #[arg(long, value_name = "RATE", value_parser = rate)]
    floor: Option<f64>,
    /// Shows in the chart what happened on a day: a release, a change of prices
    #[arg(long, value_name = "DAY=TEXT", value_parser = event)]
    event: Vec<Event>,
    /// What is usual is learned from this month on: after a change that is there to stay
    #[arg(long, value_name = "MONTH")]
    rebase: Option<Month>,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err("a rate lies within 0 and 1".to_string()) }
}

fn event(text: &str) -> Result<Event, String> {
    let (day, what) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
    let what = what.trim().to_string();
    if what.is_empty() {
        Err("it does not say what happened".to_string())
    } else {
        Ok(Event { day: day.parse()?, what })
    }
}

/// The exit code that says: done, and the light is red.
const RED: u8 = 10;

/// Figures and what the statistics say of them, as JSON.
#[derive(Debug, Serialize)]
struct Document<'a> {
    light: Light,
    headline: &'a Option<statistics::judgement::Headline>,
    value: &'a statistics::judgement::Value,
    #[serde(flatten)]
    figures: &'a Figures,
    judgement: &'a Judgement,
}

/// Makes the report of a month.
pub fn run(args: Args) -> Result<ExitCode> {
    if args.out.is_none() && args.json.is_none() {
        return Err(Error::input("name a file for the report (--out), for the figures (--json), or both"));
    }
    let question = args.asked.question(args.month, true)?;
    let mut figures = analysis::figures(&question)?;
    if let Some(previous) = &args.previous {
        figures.restated = restated::since(previous, &figures)?;
    }
    figures.events = args.event.clone();
    figures.events.sort();
    if args.anonymous {
        figures = report::anonymous::of(&figures);
    }
    let judgement = statistics::judge_by(&figures, Policy { floor: args.floor, rebased: args.rebase });
    // The page and the figures are two renderings of the same: each is made and written by a thread of its own.
    std::thread::scope(|scope| {
        let json = scope.spawn(|| match &args.json {
            Some(path) => {
                let to = (path.as_os_str() != "-").then_some(path.as_path());
                asked::write(to, &json(&figures, &judgement)?)
            }
            None => Ok(()),
        });
        let page = match &args.out {
            Some(path) => asked::write(Some(path), report::html(&figures, &judgement).as_bytes()),
            None => Ok(()),
        };
        page.and(json.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    tell(&figures, &judgement);
    Ok(if judgement.light == Light::Red { ExitCode::from(RED) } else { ExitCode::SUCCESS })
}

fn json(figures: &Figures, judgement: &Judgement) -> Result<Vec<u8>> {
    let document = Document {
        light: judgement.light,
        headline: &judgement.headline,
        value: &judgement.value,
        figures,
        judgement,
    };
    let mut text = serde_json::to_vec_pretty(&document).map_err(|e| Error::failed(e.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// Says in a line or two what came out.
fn tell(figures: &Figures, judgement: &Judgement) {
    for headline in [&judgement.headline, &judgement.early].into_iter().flatten() {
        eprintln!("renewals: {}: {}", headline.month, headline.sentence);
    }
    let bad = figures.quality.bad_records;
    if let Some(example) = figures.quality.bad_examples.first() {
        eprintln!("renewals: {bad} bad records were skipped, such as {example}");
    }
}
