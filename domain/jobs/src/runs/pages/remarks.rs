//! What people say about a run, and the labels that they put on it.

use super::load::View;
use crate::runs::remarks;
use crate::words::Reader;
use axum::extract::State;
use axum::response::Response;
use base::id::{AnyId, RunId};
use base::{Limits, Right};
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Frame};
use web::{App, Auth, Form, Path, Result};

/// The labels, each with a button that takes it off, and a field for another.
pub(super) fn labels(view: &View) -> Markup {
    let may = view.rights.contains(Right::Run);
    let path = format!("/runs/{}/labels", view.run.id);
    html! {
        @if may || !view.labels.is_empty() {
            section.block #labels {
                div.block-head { h2 { "Labels" } }
                @if !view.labels.is_empty() {
                    div.row.wrap {
                        @for label in &view.labels {
                            span.chip {
                                span.clip title=(label) { (label) }
                                @if may {
                                    form.remove method="post" action={ (path) "/remove" } data-morph {
                                        button name="name" value=(label) aria-label={ "Take off the label " (label) } title="Take off" { (ui::icon("x")) }
                                    }
                                }
                            }
                        }
                    }
                }
                @if may {
                    form.row method="post" action=(path) data-morph data-reset {
                        (ui::refusal())
                        input.input.grow name="name" maxlength="255" required aria-label="A label" placeholder="release-1.4" autocomplete="off";
                        button.btn.sm { "Add" }
                    }
                }
            }
        }
    }
}

/// What was said, oldest first, and a field to say more.
pub(super) fn comments(view: &View, frame: &Frame, reader: Reader<'_>) -> Markup {
    let most = Limits::default().count(base::Limit::TextChars);
    let path = format!("/runs/{}/comments", view.run.id);
    let me = frame.actor.user;
    html! {
        @if me.is_some() || !view.comments.is_empty() {
            section.block #comments {
                div.block-head { h2 { "Comments" } }
                ul.talk.remarks {
                    @for comment in &view.comments {
                        li {
                            @if let Some(user) = comment.user { (ui::avatar(user, &comment.user_name, "sm")) }
                            div {
                                div.by {
                                    b.strong.clip { (comment.user_name) }
                                    span.t-s.faint.num.nowrap { (reader.at(comment.made_at)) }
                                    @if me.is_some() && (comment.user == me || view.rights.contains(Right::Admin)) {
                                        form.remove method="post" action={ (path) "/" (comment.id) "/remove" } data-morph {
                                            button aria-label={ "Remove the comment of " (comment.user_name) } title="Remove" { (ui::icon("x")) }
                                        }
                                    }
                                }
                                p.text { (comment.text) }
                            }
                        }
                    }
                }
                @if me.is_some() {
                    form method="post" action=(path) data-morph data-reset {
                        (ui::refusal())
                        textarea.input name="text" rows="2" maxlength=(most) required aria-label="A comment" placeholder="What do others need to know of this run?" {}
                        div.row { button.btn.sm.push { "Comment" } }
                    }
                }
            }
        }
    }
}

/// A comment.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    text: String,
}

/// Says something.
pub(super) async fn say(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Form(said): Form<Said>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    remarks::comment(&mut tx, id, &said.text).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{id}#comments"), "Your comment is there"))
}

/// Takes back what was said.
pub(super) async fn unsay(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, comment)): Path<(RunId, AnyId)>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    remarks::uncomment(&mut tx, id, comment).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{id}#comments"), "The comment is removed"))
}

/// A label.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Puts a label on.
pub(super) async fn label(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Form(named): Form<Named>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    remarks::label(&mut tx, id, &named.name).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{id}#labels"), "The label is on it"))
}

/// Takes a label off.
pub(super) async fn unlabel(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<RunId>,
    Form(named): Form<Named>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    remarks::unlabel(&mut tx, id, &named.name).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{id}#labels"), "The label is off"))
}
