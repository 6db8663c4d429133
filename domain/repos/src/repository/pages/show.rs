//! A repository: its commits and where they are, or what lies between two of them.

use super::list::said;
use super::{lamp, may_change};
use crate::git::Commit;
use crate::places::{Place, Places};
use crate::repository::{self, Repository, State};
use crate::{Mirrors, SHOWN};
use axum::extract::State as Part;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use web::ui::{self, Frame, Page};
use web::{App, Path, Query, Result};

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Look {
    /// A branch, a tag or a commit whose history it is; the default branch otherwise.
    #[serde(default)]
    of: String,
    /// How many of its commits are left out.
    #[serde(default)]
    skip: usize,
    /// The ends of a range.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Commits in a list, and where they are.
struct Listing {
    tip: String,
    commits: Vec<Commit>,
    has_more: bool,
    /// How many there are, of a range.
    count: Option<(u64, u64)>,
    /// For each place, the listed commits that it does not have; nothing when that cannot be said.
    lacking: Vec<Option<BTreeSet<String>>>,
}

/// A commit's id as a link to its page.
pub(crate) fn sha(repository: &str, id: &str) -> Markup {
    html! { a.sha href=(page_link(repository, id)) { (short(id)) } }
}

/// The address of a commit's page.
fn page_link(repository: &str, id: &str) -> String {
    format!("/repositories/{repository}/commits/{id}")
}

fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// The page.
pub(super) async fn show(
    Part(app): Part<App>,
    Path(name): Path<String>,
    Query(look): Query<Look>,
    frame: Frame,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let found = repository::view(&mut tx, &name).await?;
    let places = (app.part::<Places>()?.0)(&mut tx, found.id).await?;
    drop(tx);
    let listing = listing(app.part::<Mirrors>()?, &found, &places, &look).await;
    let home = format!("/repositories/{}", found.name);
    let (aspect, meaning) = lamp(&found);
    let is_empty = found.hosted && found.state == State::Ready && found.fetched_at.is_none();
    let can_change = may_change(&frame.actor, &found);
    let content = html! {
        div #repository data-live={ "repository." (found.id) " environment deployment" } {
            div.note.row.state {
                (ui::lamp_named(aspect, meaning))
                span.grow { (said(&frame, &found)) " " span.mono.faint { (found.address) } }
            }
            @if found.hosted { (super::hosted::clone_address(&app, &found)) }
            @if !is_empty { (ranges(&home, &look, &places)) }
            @match &listing {
                Err(_) if is_empty => (super::hosted::first_push(&app, &found)),
                Ok(listing) => (commits(&frame, &found, listing, &places, &look)),
                Err(_) if found.state == State::New => { div.empty { h2 { "Not read yet" } p { "Its commits appear here as soon as it was read. This page changes by itself." } } },
                Err(error) => { p.note.red { (error.message()) } },
            }
        }
    };
    let actions = html! {
        @if can_change { a.btn.quiet.icon.sm href={ (home) "/settings" } aria-label="Settings" title="Settings" { (ui::icon("settings")) } }
        @if !found.hosted { form method="post" action={ (home) "/fetch" } data-morph { button.btn.sm { (ui::icon("rotate-cw")) " Read now" } } }
    };
    Ok(frame.page(
        Page::new(&found.name).crumb("Repositories", "/repositories").actions(actions).content(content),
    ))
}

/// The form that asks for a range; a GET form, so that the address can be sent to somebody.
fn ranges(home: &str, look: &Look, places: &[Place]) -> Markup {
    html! {
        form.row.wrap.ranges method="get" action=(home) role="search" {
            label.row { span { "From" } input.input.sm.mono name="from" value=(look.from) placeholder="nothing" list="places"; }
            label.row { span { "to" } input.input.sm.mono name="to" value=(look.to) placeholder="default branch" list="places"; }
            datalist #places { @for place in places { @if let Some(commit) = &place.commit { option value=(commit) { (place.name) } } } }
            button.btn.sm { "Compare" }
            @if !look.from.is_empty() || !look.to.is_empty() || !look.of.is_empty() { a.btn.quiet.sm href=(home) { "All commits" } }
        }
    }
}

async fn listing(
    mirrors: &Mirrors,
    found: &Repository,
    places: &[Place],
    look: &Look,
) -> base::Result<Listing> {
    let mirror = mirrors.mirror(found.id);
    let is_range = !look.from.trim().is_empty() || !look.to.trim().is_empty();
    let wanted = if is_range { look.to.trim() } else { look.of.trim() };
    let tip = if wanted.is_empty() { mirrors.tip(found).await? } else { mirror.resolve(wanted).await? };
    let mut listing = if is_range {
        let from = match look.from.trim() {
            "" => None,
            from => Some(mirror.resolve(from).await?),
        };
        let range = mirrors.brought(found, from.as_deref(), &tip).await?;
        Listing {
            tip,
            commits: range.commits.clone(),
            has_more: false,
            count: Some((range.count, range.leaving)),
            lacking: Vec::new(),
        }
    } else {
        let page = mirrors.page_of(found, &tip, look.skip).await?;
        let commits = page.iter().take(SHOWN).cloned().collect();
        Listing { tip, commits, has_more: page.len() > SHOWN, count: None, lacking: Vec::new() }
    };
    for place in places {
        let lacking = match &place.commit {
            Some(commit) => mirrors.brought(found, Some(commit), &listing.tip).await.ok(),
            None => None,
        };
        // Beyond what a range lists nothing is claimed.
        let is_known = |range: &Arc<crate::Range>| range.count <= SHOWN as u64 || look.skip == 0;
        let lacking = lacking.filter(is_known);
        listing
            .lacking
            .push(lacking.map(|range| range.commits.iter().map(|commit| commit.id.clone()).collect()));
    }
    Ok(listing)
}

fn commits(frame: &Frame, found: &Repository, listing: &Listing, places: &[Place], look: &Look) -> Markup {
    let home = format!("/repositories/{}", found.name);
    let branch = found.default_branch().unwrap_or("the default branch");
    html! {
        section.block {
            div.block-head {
                h2 {
                    @match listing.count {
                        Some((count, leaving)) => {
                            "Range " span.count { (count) @if count == 1 { " commit" } @else { " commits" } @if leaving > 0 { ", " (leaving) " would leave" } }
                        }
                        None => { "Commits " span.count { "on " (if look.of.is_empty() { branch } else { look.of.as_str() }) } },
                    }
                }
                @if !places.is_empty() {
                    span.push.t-s.faint.not-s { "Dots: " @for (n, place) in places.iter().enumerate() { @if n > 0 { ", " } (place.name) } }
                }
            }
            @if listing.commits.is_empty() { p.dim { "There is nothing between the two." } }
            ul.rows { @for commit in &listing.commits { (row(frame, found, listing, places, commit)) } }
            @if listing.count.is_some_and(|(count, _)| count > listing.commits.len() as u64) { p.dim { "The first " (listing.commits.len()) " are listed." } }
            @if listing.has_more {
                p { a href={ (home) "?of=" (listing.tip) "&skip=" (look.skip + SHOWN) } { "Older commits" } }
            }
        }
    }
}

fn row(frame: &Frame, found: &Repository, listing: &Listing, places: &[Place], commit: &Commit) -> Markup {
    let has = |n: usize| {
        listing.lacking.get(n).and_then(Option::as_ref).map(|lacking| !lacking.contains(&commit.id))
    };
    let on: Vec<&str> = places
        .iter()
        .enumerate()
        .filter(|(n, _)| has(*n) == Some(true))
        .map(|(_, place)| place.name.as_str())
        .collect();
    let meaning =
        if on.is_empty() { "on no environment".to_owned() } else { format!("on {}", on.join(", ")) };
    // The same name has the same colour everywhere.
    let number = commit.author.bytes().fold(7_i64, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000_003);
    html! {
        li.commit.dated {
            (sha(&found.name, &commit.id))
            a.plain.clip href=(page_link(&found.name, &commit.id)) { (commit.title) }
            span.st.row {
                @for place in places.iter().filter(|place| place.commit.as_deref() == Some(&commit.id)) { a.chip.green href=(place.href) { (place.name) } }
                @if !places.is_empty() {
                    span.mini role="img" aria-label=(meaning) title=(meaning) { @for n in 0..places.len() { i class=[(has(n) == Some(true)).then_some("on")] {} } }
                }
            }
            (ui::avatar(base::id::UserId(number), &commit.author, ""))
            span.when.t-s.faint { (frame.time(commit.committed_at)) }
        }
    }
}
