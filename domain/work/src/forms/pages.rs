//! Where strangers submit: the page of a form, and the door for other services. The pages that make forms are beneath.

mod manage;
mod questions;
#[cfg(test)]
mod tests;

use super::{Answers, Form, Question, QuestionKind, wufoo};
use crate::forms;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base::id::TaskId;
use base::{Actor, Error, Kind, Limit};
use maud::{Markup, html};
use serde::Deserialize;
use web::{App, Json, Path, Result, ui};

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/forms/{token}", get(page).post(submit_page))
        .route("/hooks/form/{token}", post(hook))
        .merge(manage::pages())
}

async fn open(app: &App, token: &str) -> base::Result<Form> {
    let mut tx = app.db.read(&Actor::stranger()).await?;
    forms::by_token(&mut tx, token).await
}

async fn submit(app: &App, form: &Form, answers: Answers) -> base::Result<TaskId> {
    app.quota.take(&app.limits, Limit::FormSubmissionsPerMinute, form.id.0)?;
    let mut tx = app.db.write(&Actor::stranger()).await?;
    // As it is now: it may have been closed in between.
    let form = forms::by_token(&mut tx, &form.token).await?;
    let task = forms::submit(&mut tx, &form, answers).await?;
    tx.commit().await?;
    Ok(task)
}

fn check_size(app: &App, body: &[u8]) -> base::Result<()> {
    let most = app.limits.count(Limit::BodyBytes);
    if body.len() <= most {
        return Ok(());
    }
    Err(Error::too_large("body.too_large", format!("the body is larger than {most} bytes")))
}

/// Reads a form-encoded body, keeping keys that come several times.
fn pairs(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

async fn page(State(app): State<App>, Path(token): Path<String>) -> Result<Markup> {
    let form = open(&app, &token).await?;
    Ok(shown(&form, &[], None))
}

/// The key under which the page sends what makes a second click the same submission.
const ENTRY: &str = "signalbox_entry";

async fn submit_page(State(app): State<App>, Path(token): Path<String>, body: Bytes) -> Result<Response> {
    check_size(&app, &body)?;
    let form = open(&app, &token).await?;
    let mut given = pairs(&body);
    let entry = given.iter().position(|(key, _)| key == ENTRY).map(|at| given.remove(at).1);
    // Only what is asked: nobody writes other things into the notes through the page.
    given.retain(|(key, _)| form.questions.iter().any(|question| question.key == *key));
    let answers =
        Answers { entry: entry.filter(|entry| !entry.is_empty()), given: given.clone(), is_checked: false };
    match submit(&app, &form, answers).await {
        Ok(_) => Ok(ui::public(&form.name, thanks(&form)).into_response()),
        Err(error) if matches!(error.kind(), Kind::Invalid | Kind::Limited { .. }) => {
            let status = if error.kind() == Kind::Invalid {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::TOO_MANY_REQUESTS
            };
            Ok((status, shown(&form, &given, Some(error.message()))).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn thanks(form: &Form) -> Markup {
    html! {
        h1 { (form.name) }
        p.said role="status" { (form.thanks) }
        p { a.btn href={ "/forms/" (form.token) } { "Send another" } }
    }
}

/// The form. What is wrong with an answer is said beside its question, when it is about one.
fn shown(form: &Form, given: &[(String, String)], problem: Option<&str>) -> Markup {
    let entry = base::random::word::<24>();
    let about = |question: &Question| problem?.strip_prefix(&format!("{}: ", question.label));
    let general = problem.filter(|_| form.questions.iter().all(|question| about(question).is_none()));
    let title = if problem.is_some() { format!("Not sent yet · {}", form.name) } else { form.name.clone() };
    ui::public(
        &title,
        html! {
            form method="post" action=(format!("/forms/{}", form.token)) {
                div { h1 { (form.name) } @if !form.description.trim().is_empty() { p.said { (form.description) } } }
                @if let Some(problem) = general { p.note.red role="alert" { (problem) } }
                input type="hidden" name=(ENTRY) value=(entry);
                @for (at, question) in form.questions.iter().enumerate() { (asked(at, question, given, about(question))) }
                @if form.questions.is_empty() { p.note { "This form asks nothing yet." } }
                @if form.questions.iter().any(|question| question.is_required) { p.t-s.dim { "What is marked with * needs an answer." } }
                button.btn.primary.block { "Send" }
            }
        },
    )
}

/// A refusal as a sentence of its own: "this needs an answer" begins small because it followed the question.
fn sentence(problem: &str) -> String {
    let mut chars = problem.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn asked(at: usize, question: &Question, given: &[(String, String)], problem: Option<&str>) -> Markup {
    let values: Vec<&str> =
        given.iter().filter(|(key, _)| *key == question.key).map(|(_, value)| value.as_str()).collect();
    let value = values.first().copied().unwrap_or_default();
    let (key, required, id, note) =
        (&question.key, question.is_required, format!("q{at}"), format!("q{at}-note"));
    let invalid = problem.map(|_| "true");
    let is_focused = problem.is_some();
    let complete = (question.kind == QuestionKind::Email).then_some("email");
    let line = |kind: &str| {
        html! {
            input.input id=(id) type=(kind) name=(key) value=(value) required[required] autocomplete=[complete] step=[(kind == "number").then_some("any")]
                aria-invalid=[invalid] aria-describedby=(note) autofocus[is_focused];
        }
    };
    let words = html! { (question.label) @if required { " " abbr title="needs an answer" { "*" } } };
    let help = html! { small id=(note) { @if let Some(problem) = problem { (sentence(problem)) } @else { (question.help) } } };
    let class = if problem.is_some() { "field bad" } else { "field" };
    if question.kind == QuestionKind::Choices {
        return html! {
            fieldset class=(class) aria-describedby=(note) {
                legend { (words) }
                (help)
                @for option in &question.options { div { (ui::tick(key, option, values.contains(&option.as_str()), option)) } }
            }
        };
    }
    html! {
        div class=(class) {
            span { label for=(id) { (words) } }
            (help)
            @match question.kind {
                QuestionKind::Text => textarea.input id=(id) name=(key) rows="5" required[required] aria-invalid=[invalid] aria-describedby=(note) autofocus[is_focused] { (value) },
                QuestionKind::Choice => select.input id=(id) name=(key) required[required] aria-invalid=[invalid] aria-describedby=(note) {
                    option value="" { "Choose" }
                    @for option in &question.options { option value=(option) selected[value == option] { (option) } }
                },
                QuestionKind::Email => (line("email")),
                QuestionKind::Number => (line("number")),
                QuestionKind::Date => (line("date")),
                QuestionKind::Line | QuestionKind::Choices => (line("text")),
            }
        }
    }
}

/// A submission as JSON: `{"entry": "7", "answers": {"name": "..."}}`.
#[derive(Deserialize)]
struct Sent {
    #[serde(alias = "EntryId")]
    entry: Option<String>,
    #[serde(default)]
    answers: std::collections::BTreeMap<String, serde_json::Value>,
}

fn from_json(body: &[u8]) -> base::Result<Answers> {
    let sent: Sent = serde_json::from_slice(body).map_err(|error| {
        Error::invalid("body.malformed", format!("the submission cannot be read: {error}"))
    })?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut given = Vec::new();
    for (key, value) in sent.answers {
        match value {
            serde_json::Value::Array(values) => {
                given.extend(values.into_iter().map(|value| (key.clone(), text(value))))
            }
            value => given.push((key, text(value))),
        }
    }
    Ok(Answers { entry: sent.entry.map(|entry| format!("hook:{entry}")), given, is_checked: false })
}

async fn hook(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<serde_json::Value>> {
    check_size(&app, &body)?;
    let form = open(&app, &token).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answers = if kind.starts_with("application/json") {
        if form.has_handshake {
            return Err(Error::denied(
                "form.handshake",
                "This form takes submissions with a handshake key only",
            )
            .into());
        }
        from_json(&body)?
    } else {
        let pairs = pairs(&body);
        if form.has_handshake || wufoo::is_one(&pairs) {
            wufoo::read(&form, &pairs)?
        } else {
            Answers { entry: None, given: pairs, is_checked: false }
        }
    };
    let task = submit(&app, &form, answers).await?;
    let url = app.link(&format!("/tasks/{task}"));
    Ok(Json(serde_json::json!({"task": {"id": task, "url": url}})))
}
