//! The page frame and the small components that every domain's pages use.

use crate::assets;
use base::{Actor, Time};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

/// An icon of the sprite; the word beside it is its name.
pub fn icon(name: &str) -> Markup {
    let href = format!("{}#i-{name}", assets::path("icons.svg"));
    html! { svg.ic aria-hidden="true" { use href=(href) {} } }
}

/// An instant, for people and for programs.
pub fn time(at: Time) -> Markup {
    html! { time datetime=(at) { (at.timestamp().strftime("%-d %b %Y %H:%M UTC")) } }
}

/// What a list says when there is nothing in it: what would be here, and how it gets here.
pub fn empty(sentence: &str) -> Markup {
    html! { p.dim { (sentence) } }
}

fn head(title: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { (title) " · Signalbox" }
        link rel="stylesheet" href=(assets::path("app.css"));
        link rel="icon" href=(assets::path("favicon.svg"));
    }
}

/// A page for somebody who is signed in. `content` has the page's sections; the title is its `h1`.
pub fn page(actor: &Actor, title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme="auto" {
            head { (head(title)) }
            body {
                a.skip href="#content" { "Skip to content" }
                div.app {
                    nav.side aria-label="Main" {
                        a.brand href="/" { "Signalbox" }
                        div.nav {
                            a href="/" { (icon("activity")) " Home" }
                            a href="/my-tasks" { (icon("circle-check")) " My tasks" }
                            a href="/inbox" { (icon("inbox")) " Inbox" }
                            h2 { "Operations" }
                            a href="/environments" { (icon("lock")) " Environments" }
                            a href="/projects" { (icon("list")) " Projects" }
                            a href="/repositories" { (icon("git-commit-horizontal")) " Repositories" }
                        }
                        div.side-foot.nav {
                            a href="/audit-log" { (icon("scroll-text")) " Audit log" }
                            div.me {
                                span.grow { (actor.name) }
                                form method="post" action="/logout" { button.btn.quiet.sm { "Sign out" } }
                            }
                        }
                    }
                    div.main {
                        header.head { div.crumbs { span aria-current="page" { (title) } } }
                        main.body.wide #content { h1 { (title) } (content) }
                    }
                }
            }
        }
    }
}

/// A page for somebody who is not signed in: the sign-in, the set-up, a public form.
pub fn door(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme="auto" {
            head { (head(title)) }
            body {
                div.door { main.door-form { (content) } }
            }
        }
    }
}

/// The page of an answer that went wrong.
pub(crate) fn error_page(status: StatusCode, message: &str) -> Markup {
    let title = match status {
        StatusCode::NOT_FOUND => "Nothing here",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        s if s.is_server_error() => "Something went wrong",
        _ => "That did not work",
    };
    let sentence = if status.is_server_error() {
        "Something went wrong inside Signalbox. Nothing was lost; the log says more."
    } else {
        message
    };
    door(title, html! { h1 { (title) } p { (sentence) } p { a href="/" { "Go to the first page" } } })
}
