//! Where strangers submit: the page of a form, and the door for other services.

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
        Ok(_) => Ok(ui::door(&form.name, thanks(&form)).into_response()),
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
    html! { div { h1 { (form.name) } p role="status" { (form.thanks) } } }
}

fn shown(form: &Form, given: &[(String, String)], problem: Option<&str>) -> Markup {
    let entry = base::random::word::<24>();
    ui::door(
        &form.name,
        html! {
            form method="post" action=(format!("/forms/{}", form.token)) {
                h1 { (form.name) }
                @for line in form.description.lines() { p.dim { (line) } }
                @if let Some(problem) = problem { p.note role="alert" data-is="red" { (problem) } }
                input type="hidden" name=(ENTRY) value=(entry);
                @for question in &form.questions { (asked(question, given)) }
                button.btn.primary.block { "Submit" }
            }
        },
    )
}

fn asked(question: &Question, given: &[(String, String)]) -> Markup {
    let values: Vec<&str> =
        given.iter().filter(|(key, _)| *key == question.key).map(|(_, value)| value.as_str()).collect();
    let value = values.first().copied().unwrap_or_default();
    let (key, required) = (&question.key, question.is_required);
    let line = |kind: &str| html! { input.input type=(kind) name=(key) value=(value) required[required] step=[(kind == "number").then_some("any")]; };
    let caption = html! {
        span { (question.label) @if required { " " abbr title="needs an answer" { "*" } } }
        @if !question.help.is_empty() { small.dim { (question.help) } }
    };
    if question.kind == QuestionKind::Choices {
        return html! {
            fieldset.field {
                legend { (caption) }
                @for option in &question.options {
                    label.row { input type="checkbox" name=(key) value=(option) checked[values.contains(&option.as_str())]; " " (option) }
                }
            }
        };
    }
    html! {
        label.field {
            (caption)
            @match question.kind {
                QuestionKind::Text => textarea.input name=(key) rows="5" required[required] { (value) },
                QuestionKind::Choice => select.input name=(key) required[required] {
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
