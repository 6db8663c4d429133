//! The audit log: who did what, for administrators. What is asked for stands in the address, so that it can be sent to somebody.

mod facts;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base::id::UserId;
use base::{Date, Error, Time};
use journal::{Entry, Query as Wanted, Subject, Verdict};
use maud::{Markup, html};
use people::users::{User, UserFilter};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Query, Result};

/// The routes of these pages.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/audit-log", get(audit_log))
}

const SHOWN: usize = 100;
/// People offered in the list.
const OFFERED: usize = 500;

/// Nouns that the list offers; any other can be written into the address.
const NOUNS: [&str; 23] = [
    "attachment",
    "deployment",
    "delivery",
    "environment",
    "field",
    "form",
    "grant",
    "inbox",
    "lock",
    "project",
    "repository",
    "rule",
    "section",
    "session",
    "status_update",
    "story",
    "tag",
    "task",
    "team",
    "token",
    "user",
    "webhook",
    "workspace",
];

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    person: Option<String>,
    noun: Option<String>,
    verb: Option<String>,
    about: Option<String>,
    day: Option<String>,
    before: Option<String>,
    verify: Option<String>,
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

impl Asked {
    fn wanted(&self, frame: &Frame) -> base::Result<Wanted> {
        let mut wanted = Wanted { newest_first: true, limit: SHOWN + 1, ..Wanted::default() };
        wanted.actor = filled(&self.person).map(str::parse::<UserId>).transpose()?;
        wanted.verb = match (filled(&self.noun), filled(&self.verb)) {
            (Some(noun), None) => Some(format!("{noun}.")),
            (Some(noun), Some(verb)) if !verb.contains('.') => Some(format!("{noun}.{verb}")),
            (_, verb) => verb.map(str::to_owned),
        };
        wanted.subject = filled(&self.about).map(str::parse::<Subject>).transpose()?;
        if let Some(day) = filled(&self.day) {
            let (from, to) = bounds(day, frame)?;
            (wanted.from, wanted.to) = (Some(from), Some(to));
        }
        let before = |text: &str| {
            text.parse::<i64>().map_err(|_| Error::invalid("before.invalid", "Start again from the newest"))
        };
        wanted.before = filled(&self.before).map(before).transpose()?;
        Ok(wanted)
    }

    fn is_narrow(&self) -> bool {
        [&self.person, &self.noun, &self.verb, &self.about, &self.day]
            .into_iter()
            .any(|text| filled(text).is_some())
    }

    /// The same address with something else in it.
    fn address(&self, more: (&str, &str)) -> String {
        let all = [
            ("person", &self.person),
            ("noun", &self.noun),
            ("verb", &self.verb),
            ("about", &self.about),
            ("day", &self.day),
        ];
        let kept = all.into_iter().filter_map(|(name, text)| Some((name, filled(text)?)));
        format!("/audit-log?{}", ui::query(kept.chain([more])))
    }
}

/// When a day begins and ends for the reader.
fn bounds(day: &str, frame: &Frame) -> base::Result<(Time, Time)> {
    let wrong = || Error::invalid("day.invalid", "A day is written like 2026-11-22");
    let day: Date = day.parse().map_err(|_| wrong())?;
    let start = |day: Date| {
        let zoned = day.to_zoned(frame.shell.zone.clone()).map_err(|_| wrong())?;
        Ok::<Time, Error>(Time::from_millis(zoned.timestamp().as_millisecond()))
    };
    Ok((start(day)?, start(day.tomorrow().map_err(|_| wrong())?)?))
}

async fn audit_log(State(app): State<App>, frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    people::rights::require_admin(&mut tx).await?;
    let mut entries = journal::read(&mut tx, &asked.wanted(&frame)?).await?;
    let has_more = entries.len() > SHOWN;
    entries.truncate(SHOWN);
    let filter = UserFilter { include_inactive: true, limit: OFFERED, ..UserFilter::default() };
    let people = people::users::list(&mut tx, &filter).await?;
    let verdict = match asked.verify {
        Some(_) => Some(journal::verify(&mut tx).await?),
        None => None,
    };
    let content = html! {
        @if let Some(verdict) = &verdict { (said(verdict)) }
        (filters(&asked, &people))
        @if entries.is_empty() { (nothing(&asked)) } @else { (table(&frame, &asked, &entries)) }
        p.block.row {
            @if asked.before.is_some() { a.btn href=(asked.address(("before", ""))) { "Newest" } }
            @if let Some(last) = entries.last().filter(|_| has_more) { a.btn href=(asked.address(("before", &last.seq.to_string()))) { "Older" } }
        }
    };
    let actions =
        html! { a.btn href=(asked.address(("verify", "1"))) { (ui::icon("check")) " Verify the chain" } };
    Ok(frame.page(Page::new("Audit log").actions(actions).content(content)))
}

/// What the check of the chain found.
fn said(verdict: &Verdict) -> Markup {
    let count = |n: i64| super::settings::grouped(u64::try_from(n).unwrap_or(0));
    html! {
        @match &verdict.broken {
            None => div.once #verdict role="status" {
                h2 { "The record is whole" }
                p { (count(verdict.checked)) " entries are as they were sealed" @if verdict.unsealed > 0 { ", " (count(verdict.unsealed)) " newer ones are not sealed yet" } "." }
                @if !verdict.hash.is_empty() {
                    p.t-s { "Keep this hash somewhere else, and even a chain that was replaced as a whole is noticed: " }
                    div.row { input.input.mono.grow readonly value=(verdict.hash) aria-label="Hash of the newest seal"; button.btn type="button" data-copy=(verdict.hash) { (ui::icon("copy")) " Copy" } }
                }
            },
            Some(broken) => div.note.red #verdict role="alert" {
                p.strong { "The record was changed: entry " (count(broken.seq)) " is not as it was" }
                p { (broken.why) }
            },
        }
    }
}

fn filters(asked: &Asked, people: &[User]) -> Markup {
    let text = |text: &Option<String>| filled(text).unwrap_or_default().to_owned();
    let person = text(&asked.person);
    let noun = text(&asked.noun);
    html! {
        form.inline method="get" action="/audit-log" role="search" aria-label="Filter" {
            label.field { span { "Who" } select.input name="person" { (ui::option("", "Everybody", person.is_empty()))
                @for user in people { (ui::option(&user.id.to_string(), &user.name, user.id.to_string() == person)) } } }
            label.field { span { "Noun" } select.input name="noun" { (ui::option("", "Everything", noun.is_empty()))
                @if !noun.is_empty() && !NOUNS.contains(&noun.as_str()) { (ui::option(&noun, &noun, true)) }
                @for one in NOUNS { (ui::option(one, &one.replace('_', " "), one == noun)) } } }
            label.field { span { "Verb" } input.input name="verb" value=(text(&asked.verb)) placeholder="completed"; }
            label.field { span { "About" } input.input name="about" value=(text(&asked.about)) placeholder="task:1200…"; }
            label.field.narrow { span { "Day" } input.input type="date" name="day" value=(text(&asked.day)); }
            button.btn { (ui::icon("list-filter")) " Filter" }
            @if asked.is_narrow() { a.btn.quiet href="/audit-log" { "Show everything" } }
        }
    }
}

fn nothing(asked: &Asked) -> Markup {
    html! {
        div.empty {
            @if asked.is_narrow() { p { "Nothing that happened fits this. " } p { a href="/audit-log" { "Show everything" } } }
            @else { p { "Everything that anybody does is recorded here." } }
        }
    }
}

fn table(frame: &Frame, asked: &Asked, entries: &[Entry]) -> Markup {
    html! {
        div.block {
            table.table.cards.audit {
                thead { tr { th { "When" } th { "Who" } th { "What" } th { "About" } th { "Values" } } }
                tbody { @for entry in entries { (row(frame, asked, entry)) } }
            }
        }
    }
}

/// How somebody came, when it was not through these pages.
fn through(door: &str) -> Option<&'static str> {
    match door {
        "api" => Some("by token"),
        "form" => Some("by form"),
        _ => None,
    }
}

fn row(frame: &Frame, asked: &Asked, entry: &Entry) -> Markup {
    let (noun, verb) = entry.verb.split_once('.').unwrap_or(("", &entry.verb));
    let words = format!("{} {}", noun.replace('_', " "), verb.replace('_', " "));
    let about = entry.subject.to_string();
    html! {
        tr id={ "entry-" (entry.seq) } {
            td.dim.nowrap { (frame.time(entry.at)) }
            td.who {
                @match entry.actor {
                    Some(actor) => a.plain href=(Asked::default().address(("person", &actor.to_string()))) { (entry.actor_name) },
                    None => (entry.actor_name),
                }
                @if let Some(how) = through(&entry.door) { " " (ui::chip("", how)) }
            }
            td { a.plain href={ "/audit-log?" (ui::query([("noun", noun), ("verb", verb)])) } { (words) } }
            td.long {
                @match facts::link(entry) {
                    Some(href) => a href=(href) { (facts::name(entry)) },
                    None => (facts::name(entry)),
                }
                @if filled(&asked.about) != Some(about.as_str()) {
                    " " a.all href=(Asked::default().address(("about", &about))) aria-label={ "Everything about " (about) } title={ "Everything about " (about) } { svg.ic.ic-s aria-hidden="true" { (ui::svg_use("i-list-filter")) } }
                }
            }
            td { (facts::values(&entry.data)) }
        }
    }
}
