//! The inbox: what is new about the tasks that concern me.

mod preferences;
mod rows;
#[cfg(test)]
mod tests;

use super::{Filter, Item};
use crate::inbox;
use crate::page::Page as Part;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base::id::{AnyId, TaskId};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{Frame, Page, Undo, done, done_with_undo, inbox_count, press};
use web::{App, Auth, Path, Query, Result};

/// How many items one page shows.
const SHOWN: usize = 100;

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/inbox", get(list))
        .route("/inbox/count", get(count))
        .route("/inbox/read-all", post(read_all))
        .route("/inbox/archive-all", post(archive_all))
        .route("/inbox/undo-all/{batch}", post(undo_all))
        .route("/inbox/{item}/{what}", post(mark))
        .merge(preferences::pages())
}

/// Which items are shown.
#[derive(Debug, Default, Deserialize)]
struct Shown {
    show: Option<String>,
    after: Option<String>,
    /// The task in the pane.
    task: Option<TaskId>,
}

impl Shown {
    fn filter(&self) -> Filter {
        match self.show.as_deref() {
            Some("unread") => Filter { unread: true, archived: false },
            Some("archived") => Filter { unread: false, archived: true },
            _ => Filter::default(),
        }
    }

    fn address(&self) -> &'static str {
        match self.show.as_deref() {
            Some("unread") => "/inbox?show=unread",
            Some("archived") => "/inbox?show=archived",
            _ => "/inbox",
        }
    }
}

async fn list(State(app): State<App>, frame: Frame, Query(shown): Query<Shown>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let filter = shown.filter();
    let page = Part { after: shown.after.clone(), limit: SHOWN };
    let found = inbox::list(&mut tx, filter, &page).await?;
    let unread = inbox::count_unread(&mut tx).await?;
    let content = html! {
        nav.tabs #inbox-tabs aria-label="Inbox" data-live=(web::live::OWN) {
            (tab("Inbox", "/inbox", shown.address()))
            (tab(&if unread > 0 { format!("Unread {unread}") } else { "Unread".to_owned() }, "/inbox?show=unread", shown.address()))
            (tab("Archived", "/inbox?show=archived", shown.address()))
        }
        div #inbox-list data-live=(web::live::OWN) data-steady {
            @if found.items.is_empty() { (nothing(filter)) } @else {
                ul { @for item in &found.items { (rows::row(&frame, item, &shown)) } }
            }
            @if let Some(next) = &found.next {
                p.news-foot { a.btn href=(older(shown.address(), next)) { "Older" } }
            }
        }
    };
    let actions = html! {
        div.row #inbox-acts data-live=(web::live::OWN) {
            @if unread > 0 { (press("/inbox/read-all", "quiet not-s", "Mark all as read")) }
            @if !filter.archived && !found.items.is_empty() { (press("/inbox/archive-all", "", "Archive all")) }
        }
        a.btn.quiet.icon href="/settings/notifications" aria-label="Choose what you are told of" title="Choose what you are told of" { (web::ui::icon("settings")) }
    };
    let pane =
        crate::tasks::pages::beside(&app, &mut tx, &frame, shown.task, shown.address().to_owned()).await?;
    Ok(frame.page(Page::new("Inbox").actions(actions).split(content, pane)))
}

fn older(address: &str, next: &str) -> String {
    let sign = if address.contains('?') { '&' } else { '?' };
    // The key of a row is two numbers and a bar.
    format!("{address}{sign}after={}", next.replace('|', "%7C"))
}

fn tab(name: &str, href: &str, here: &str) -> Markup {
    html! { a href=(href) aria-current=[(href == here).then_some("page")] { (name) } }
}

fn nothing(filter: Filter) -> Markup {
    let (title, sentence) = match filter {
        Filter { archived: true, .. } => {
            ("Nothing is archived", "What you put away from the inbox is kept here.")
        }
        Filter { unread: true, .. } => ("Nothing is unread", "You have seen everything that concerns you."),
        Filter { .. } => (
            "Nothing is waiting for you",
            "Tasks that are given to you, comments that mention you, and news of tasks that you follow arrive here.",
        ),
    };
    html! {
        div.empty {
            h2 { (title) } p { (sentence) }
            p { a href="/settings/notifications" { "Choose what you are told of" } }
        }
    }
}

/// The way to the inbox alone, for the sidebar of any page.
async fn count(State(app): State<App>, Auth(actor): Auth) -> Result<Markup> {
    let mut tx = app.db.read(&actor).await?;
    let unread = inbox::count_unread(&mut tx).await?;
    Ok(inbox_count(u64::try_from(unread).unwrap_or(0)))
}

/// Where the list was, and what an undo makes of an item.
#[derive(Debug, Default, Deserialize)]
struct Told {
    show: Option<String>,
    #[serde(default)]
    unread: bool,
    /// Nothing is to be said about it: whoever opens a task has read its news.
    #[serde(default)]
    quiet: bool,
}

async fn mark(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((item, what)): Path<(AnyId, String)>,
    Query(told): Query<Told>,
) -> Result<Response> {
    let (unread, archived) = match what.as_str() {
        "read" => (Some(false), None),
        "unread" => (Some(true), None),
        "archive" => (None, Some(true)),
        "unarchive" => (Some(told.unread), Some(false)),
        _ => return Err(base::Error::missing("path.unknown", "there is nothing at this address").into()),
    };
    let mut tx = app.db.write(&actor).await?;
    let before = inbox::get(&mut tx, item).await?;
    let after = inbox::mark(&mut tx, item, unread, archived).await?;
    tx.commit().await?;
    if told.quiet {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let shown = Shown { show: told.show, ..Shown::default() };
    Ok(said(&shown, &before, &after))
}

fn said(shown: &Shown, before: &Item, after: &Item) -> Response {
    let back = |what: &str| {
        let show = shown.show.as_deref().filter(|show| ["unread", "archived"].contains(show));
        let show = show.map_or(String::new(), |show| format!("&show={show}"));
        Undo(format!("/inbox/{}/{what}?unread={}{show}", after.id, before.is_unread))
    };
    match (before.is_archived, after.is_archived) {
        (false, true) => done_with_undo(shown.address(), "Archived", back("unarchive")),
        (true, false) => done_with_undo(shown.address(), "Back in the inbox", back("archive")),
        _ if before.is_unread == after.is_unread => done(shown.address(), "It was so already"),
        _ if after.is_unread => done_with_undo(shown.address(), "Marked as unread", back("read")),
        _ => done_with_undo(shown.address(), "Marked as read", back("unread")),
    }
}

async fn read_all(State(app): State<App>, Auth(actor): Auth) -> Result<Response> {
    all(&app, &actor, false).await
}

async fn archive_all(State(app): State<App>, Auth(actor): Auth) -> Result<Response> {
    all(&app, &actor, true).await
}

async fn all(app: &App, actor: &base::Actor, archived: bool) -> Result<Response> {
    let mut tx = app.db.write(actor).await?;
    let batch = inbox::mark_all(&mut tx, archived).await?;
    tx.commit().await?;
    let items = if batch.count == 1 { "1 item is".to_owned() } else { format!("{} items are", batch.count) };
    let text = format!("{items} {}", if archived { "archived" } else { "marked as read" });
    Ok(done_with_undo("/inbox", &text, Undo(format!("/inbox/undo-all/{}", batch.id))))
}

async fn undo_all(State(app): State<App>, Auth(actor): Auth, Path(batch): Path<AnyId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    inbox::undo_all(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(done("/inbox", "The inbox is as it was"))
}
