//! One item of the inbox.

use super::Shown;
use crate::inbox::{Item, Reason};
use maud::{Markup, html};
use web::ui::{self, Frame};

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Assigned => "it is yours",
        Reason::Mentioned => "you are mentioned",
        Reason::Follows => "you follow this",
        Reason::Project => "you follow the project",
        Reason::Liked => "you wrote it",
        Reason::Asked => "you asked to be told",
        Reason::Concerns => "it concerns you",
    }
}

/// An item: who did what to which task, why I am told, when, and what I can do about it.
pub(super) fn row(frame: &Frame, item: &Item, shown: &Shown) -> Markup {
    let address = shown.address();
    let sign = if address.contains('?') { '&' } else { '?' };
    let is_open = item.task.is_some() && shown.task == item.task;
    let query = address.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    let tone = if item.reason == Reason::Mentioned { "blue" } else { "" };
    html! {
        li.news.unread[item.is_unread] id={ "item-" (item.id) } aria-current=[is_open.then_some("true")] {
            span.mark { @if item.is_unread { span.vh { "Unread: " } } }
            @if let Some(actor) = item.actor { (ui::avatar(actor, &item.actor_name, "lg")) } @else { (machine()) }
            div.what.grow {
                @match item.task {
                    Some(task) => a.ttl.clip href={ (address) (sign) "task=" (task) } data-pane { @if item.is_completed { s { (item.title) } } @else { (item.title) } },
                    None => a.ttl.clip href=(item.path) { (item.title) },
                }
                p.clip { (item.actor_name) " " (item.text) @if item.news > 1 { " · " (item.news) " news" } }
            }
            span.why { (ui::chip(tone, why(item.reason))) }
            span.when { (frame.time(item.at)) }
            div.row.acts {
                @if item.is_unread { (act(item, "read", &query, "check", "Mark as read", "u")) }
                @else { (act(item, "unread", &query, "eye", "Mark as unread", "u")) }
                @if item.is_archived { (act(item, "unarchive", &query, "undo-2", "Put back into the inbox", "e")) }
                @else { (act(item, "archive", &query, "box", "Archive", "e")) }
            }
        }
    }
}

fn machine() -> Markup {
    html! { span.av.lg.bot aria-hidden="true" { (ui::icon("bot")) } }
}

fn act(item: &Item, what: &str, query: &str, icon: &str, words: &str, key: &str) -> Markup {
    html! {
        form.one method="post" action={ "/inbox/" (item.id) "/" (what) (query) } data-morph data-read[what == "read"] {
            button.btn.quiet.icon.sm data-key=(key) aria-label={ (words) ": " (item.title) } title={ (words) " (" (key) ")" } { (ui::icon(icon)) }
        }
    }
}
