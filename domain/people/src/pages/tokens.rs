//! Tokens: mine, and for administrators those of anybody. The text of a new one is shown once.

use super::sessions::{Whose, address};
use crate::tokens::{self, NewToken, Token};
use crate::users::User;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::TokenId;
use base::{Error, Right, Secret, Time};
use maud::{Markup, html};
use std::time::Duration;
use web::ui::{self, Frame, Page, done};
use web::{App, Auth, Pairs, Path, Query, Result};

const HERE: &str = "/settings/tokens";

pub(super) fn pages() -> Router<App> {
    Router::new().route(HERE, get(shown).post(make)).route("/settings/tokens/{token}/revoke", post(revoke))
}

/// What a right is as the scope of a token.
fn meaning(right: Right) -> &'static str {
    match right {
        Right::View => "look at things",
        Right::Comment => "comment",
        Right::Edit => "change tasks and projects",
        Right::Admin => "change who may do what",
        Right::Deploy => "deploy",
        Right::Lock => "lock and release",
        Right::Override => "override a blocker",
        Right::Log => "read the output of runs",
        Right::Run => "run jobs",
        Right::Schedule => "pause and resume jobs",
        Right::Secrets => "set the secrets of jobs",
    }
}

/// How long a new token lasts: the value, and its words.
const LENGTHS: [(&str, &str); 5] = [
    ("30", "for 30 days"),
    ("90", "for 90 days"),
    ("365", "for a year"),
    ("7", "for a week"),
    ("", "until it is revoked"),
];

async fn shown(State(app): State<App>, frame: Frame, Query(whose): Query<Whose>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let user = whose.find(&mut tx).await?;
    let all = tokens::list(&mut tx, user.id).await?;
    Ok(page(&frame, &user, &all, None))
}

fn page(frame: &Frame, user: &User, all: &[Token], made: Option<(&Token, &Secret)>) -> Markup {
    let is_mine = frame.actor.user == Some(user.id);
    let content = html! {
        @if let Some((token, secret)) = made {
            (ui::once(&format!("The token {} is made", token.name), secret.reveal(), "Copy it now: it is shown only this once. Whoever has it may do what it allows."))
        }
        p.lead { "A token is how a script proves who it is, in the native API, in the compatible ones, and to git. It may do what " @if is_mine { "you" } @else { (user.name) } " may do, or only some of it." }
        @if all.is_empty() { (ui::empty("There is no token yet. Make one below for the script that needs it.")) } @else { (table(frame, user, all)) }
        section.block { div.block-head { h2 { "New token" } } @if user.active { (form(user)) } @else { p.dim { (user.name) " is deactivated and gets no tokens." } } }
    };
    let page = if is_mine {
        Page::new("Tokens")
    } else {
        Page::new("Tokens")
            .crumb("People", "/settings/people")
            .crumb(&user.name, format!("/settings/people/{}", user.id))
    };
    ui::settings(frame, page, HERE, content)
}

fn scopes(token: &Token) -> String {
    match &token.scopes {
        None => "everything its owner may".to_owned(),
        Some(rights) => rights.iter().map(|right| meaning(*right)).collect::<Vec<_>>().join(", "),
    }
}

fn table(frame: &Frame, user: &User, all: &[Token]) -> Markup {
    html! {
        table.table.cards {
            thead { tr { th { "Name" } th { "May" } th { "Last used" } th { "Ends" } th { span.vh { "Actions" } } } }
            tbody {
                @for token in all {
                    tr {
                        td.strong.long { (token.name) }
                        td.dim data-label="May" { (scopes(token)) }
                        td.dim data-label="Last used" { @if let Some(at) = token.last_used_at { (frame.time(at)) } @else { "never" } }
                        td.dim data-label="Ends" { (ends(frame, token.expires_at)) }
                        td.acts {
                            form.one method="post" action={ (HERE) "/" (token.id) "/revoke?user=" (user.id) } data-morph {
                                button.btn.sm.danger aria-label={ "Revoke " (token.name) } { "Revoke" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn ends(frame: &Frame, at: Option<Time>) -> Markup {
    html! {
        @match at {
            Some(at) if at <= frame.now => (ui::chip("amber", "has ended")),
            Some(at) => (frame.time(at)),
            None => "when revoked",
        }
    }
}

fn form(user: &User) -> Markup {
    html! {
        form.form method="post" action=(HERE) data-morph {
            input type="hidden" name="user" value=(user.id);
            (ui::field("Name", "name", "text", "", "What it is for, such as \"nightly report\".", None))
            fieldset {
                legend { "It may" }
                div { label.tick { input.check type="radio" name="reach" value="all" checked; " everything that its owner may" } }
                div { label.tick { input.check type="radio" name="reach" value="some"; " only this:" } }
                div.ticks { @for right in Right::ALL { (ui::tick("scope", right.as_str(), false, meaning(*right))) } }
            }
            label.field { span { "It lasts" } select.input name="days" { @for (days, words) in LENGTHS { (ui::option(days, words, days == "90")) } } }
            (ui::refusal())
            div.row { button.btn.primary { "Make token" } }
        }
    }
}

fn wanted(pairs: &Pairs, now: Time) -> base::Result<NewToken> {
    let scopes = pairs.all("scope").map(Right::parse).collect::<base::Result<Vec<_>>>()?;
    let scopes = match pairs.get("reach") {
        "some" if scopes.is_empty() => {
            return Err(Error::invalid("token.scopes", "Tick at least one thing that the token may do"));
        }
        "some" => Some(scopes),
        "all" if scopes.is_empty() => None,
        // Ticked and then forgotten: the narrower reading is the safe one.
        _ => Some(scopes),
    };
    let days = pairs.filled("days").map(str::parse::<u64>).transpose();
    let days = days.ok().filter(|days| days.is_none_or(|days| (1..=3_650).contains(&days)));
    let days = days.ok_or_else(|| {
        Error::invalid("token.days", "A token lasts 1 to 3650 days, or until it is revoked")
    })?;
    let expires_at = days.map(|days| now.plus(Duration::from_secs(days * 86_400)));
    Ok(NewToken { name: pairs.get("name").to_owned(), scopes, expires_at })
}

async fn make(State(app): State<App>, frame: Frame, pairs: Pairs) -> Result<Markup> {
    let mut tx = app.db.write(&frame.actor).await?;
    let user = crate::users::find(&mut tx, pairs.filled("user").unwrap_or("me")).await?;
    let new = wanted(&pairs, tx.now())?;
    let (token, secret) = tokens::create(&mut tx, user.id, new).await?;
    let all = tokens::list(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(page(&frame, &user, &all, Some((&token, &secret))))
}

async fn revoke(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(token): Path<TokenId>,
    Query(whose): Query<Whose>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let user = whose.find(&mut tx).await?;
    tokens::revoke(&mut tx, user.id, token).await?;
    tx.commit().await?;
    Ok(done(&address(&actor, HERE, &user), "The token is revoked and stops working at once"))
}
