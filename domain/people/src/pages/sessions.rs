//! Where I am signed in; for administrators, where anybody is.

use super::parts::counted;
use crate::sessions::{self, Session};
use crate::users::{self, User};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::AnyId;
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame, Page, done};
use web::{App, Auth, Path, Query, Result};

const HERE: &str = "/settings/sessions";

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(shown))
        .route("/settings/sessions/end-others", post(end_others))
        .route("/settings/sessions/{session}/end", post(end))
}

/// Whose; oneself when it is not said.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Whose {
    user: Option<String>,
}

impl Whose {
    pub async fn find(&self, tx: &mut Tx) -> base::Result<User> {
        users::find(tx, self.user.as_deref().unwrap_or("me")).await
    }
}

/// The address of a page of somebody; without a name when it is the reader's own.
pub(super) fn address(frame: &base::Actor, page: &str, user: &User) -> String {
    if frame.user == Some(user.id) { page.to_owned() } else { format!("{page}?user={}", user.id) }
}

/// What a browser calls itself, in two words.
fn browser(agent: &str) -> String {
    let among = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let program = among(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = among(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

async fn shown(
    State(app): State<App>,
    frame: Frame,
    headers: HeaderMap,
    Query(whose): Query<Whose>,
) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let user = whose.find(&mut tx).await?;
    let is_mine = frame.actor.user == Some(user.id);
    let all = sessions::list(&mut tx, user.id).await?;
    let here = sessions::of_request(&mut tx, &headers).await?.map(|session| session.id);
    let others = all.iter().filter(|session| Some(session.id) != here).count();
    let content = html! {
        p.lead { "Each browser that is signed in has a session. It ends after 30 days without use, with a new password, or when you end it here." }
        @if all.is_empty() { (ui::empty("Nobody is signed in under this name.")) } @else { (table(&frame, &all, here)) }
        @if others > 0 && is_mine {
            p.block { (ui::press("/settings/sessions/end-others", "danger", "End all other sessions")) }
        }
    };
    let page = if is_mine {
        Page::new("Sessions")
    } else {
        Page::new("Sessions")
            .crumb("People", "/settings/people")
            .crumb(&user.name, format!("/settings/people/{}", user.id))
    };
    Ok(ui::settings(&frame, page, HERE, content))
}

fn table(frame: &Frame, all: &[Session], here: Option<AnyId>) -> Markup {
    html! {
        table.table.cards {
            thead { tr { th { "Browser" } th { "Address" } th { "Since" } th { "Last used" } th { span.vh { "Actions" } } } }
            tbody {
                @for session in all {
                    tr {
                        td.strong title=(session.agent) { (browser(&session.agent)) " " @if Some(session.id) == here { (ui::chip("green", "this browser")) } }
                        td.dim data-label="Address" { (session.address) }
                        td.dim data-label="Since" { (frame.time(session.created_at)) }
                        td.dim data-label="Last used" { (frame.time(session.last_seen_at)) }
                        td.acts {
                            @if Some(session.id) == here { form.one method="post" action="/logout" { button.btn.sm { "Sign out" } } }
                            @else {
                                form.one method="post" action={ "/settings/sessions/" (session.id) "/end?user=" (session.user) } data-morph {
                                    button.btn.sm aria-label={ "End the session of " (browser(&session.agent)) } { "End" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

async fn end(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(session): Path<AnyId>,
    Query(whose): Query<Whose>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let user = whose.find(&mut tx).await?;
    sessions::end(&mut tx, user.id, session).await?;
    tx.commit().await?;
    Ok(done(&address(&actor, HERE, &user), "The session is ended"))
}

async fn end_others(State(app): State<App>, Auth(actor): Auth, headers: HeaderMap) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let me = users::require_signed_in(&tx)?;
    let here = sessions::of_request(&mut tx, &headers).await?.map(|session| session.id);
    let mut count = 0;
    for session in sessions::list(&mut tx, me).await? {
        if Some(session.id) != here {
            sessions::end(&mut tx, me, session.id).await?;
            count += 1;
        }
    }
    tx.commit().await?;
    Ok(done(HERE, &format!("{} ended", counted(count, "session is", "sessions are"))))
}

#[cfg(test)]
#[test]
fn a_browser_is_told_in_two_words() {
    for (agent, told) in [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("<b>something</b>", "<b>something</b>"),
    ] {
        assert_eq!(browser(agent), told);
    }
}
