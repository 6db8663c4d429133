//! Forms at `/api/v1/projects/{project}/forms` and `/api/v1/forms/{form}`.

use super::{Form, FormChange, Question};
use crate::forms;
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{FormId, ProjectId, SectionId, UserId};
use base::{Secret, Time};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Result};

/// A question of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes `Question` in the document")]
struct QuestionJson {
    /// What names its answer: letters, digits, - and _. Another service's name for it (Field1) is a good one.
    key: String,
    label: String,
    #[schema(required = false)]
    help: String,
    /// line, text, email, number, date, choice or choices.
    kind: String,
    /// What may be chosen.
    #[schema(required = false)]
    options: Vec<String>,
    #[schema(required = false)]
    is_required: bool,
    /// Where the answer goes: name, notes, due_on or field:ID.
    target: String,
}

/// A form.
#[derive(Serialize, ToSchema)]
struct FormJson {
    #[schema(value_type = String)]
    id: FormId,
    #[schema(value_type = String)]
    project: ProjectId,
    #[schema(value_type = Option<String>)]
    section: Option<SectionId>,
    name: String,
    description: String,
    /// What is said after a submission.
    thanks: String,
    is_open: bool,
    /// Where people fill it in.
    url: String,
    /// Where other services send their submissions.
    hook_url: String,
    /// Whether those must bring a handshake key.
    has_handshake: bool,
    #[schema(value_type = Vec<QuestionJson>)]
    questions: Vec<Question>,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = Option<String>)]
    created_by: Option<UserId>,
}

impl FormJson {
    fn new(app: &App, form: Form) -> Self {
        Self {
            id: form.id,
            project: form.project,
            section: form.section,
            name: form.name,
            description: form.description,
            thanks: form.thanks,
            is_open: form.is_open,
            url: app.link(&format!("/forms/{}", form.token)),
            hook_url: app.link(&format!("/hooks/form/{}", form.token)),
            has_handshake: form.has_handshake,
            questions: form.questions,
            created_at: form.created_at,
            created_by: form.created_by,
        }
    }
}

/// Null and absent differ: null clears.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

/// What a form is to be; what is absent stays.
#[derive(Deserialize, ToSchema)]
struct FormChangeJson {
    name: Option<String>,
    description: Option<String>,
    thanks: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    section: Option<Option<SectionId>>,
    is_open: Option<bool>,
    /// The key that another service's submissions must bring; null asks for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    handshake_key: Option<Option<Secret>>,
    #[schema(value_type = Option<Vec<QuestionJson>>)]
    questions: Option<Vec<Question>>,
}

impl From<FormChangeJson> for FormChange {
    fn from(it: FormChangeJson) -> Self {
        Self {
            name: it.name,
            description: it.description,
            thanks: it.thanks,
            section: it.section,
            is_open: it.is_open,
            handshake_key: it.handshake_key,
            questions: it.questions,
        }
    }
}

/// The forms of a project.
#[utoipa::path(get, path = "/projects/{project}/forms", tag = "forms", params(("project" = String, Path)),
    responses((status = 200, body = Listing<FormJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Json<Listing<FormJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let found = forms::list(&mut tx, project).await?;
    let data = found.into_iter().map(|form| FormJson::new(&app, form)).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Makes a form.
#[utoipa::path(post, path = "/projects/{project}/forms", tag = "forms", params(("project" = String, Path)),
    request_body = FormChangeJson, responses((status = 201, body = FormJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Json(new): Json<FormChangeJson>,
) -> Result<ShowsSecret<(StatusCode, Json<FormJson>)>> {
    let mut tx = app.db.write(&actor).await?;
    let form = forms::create(&mut tx, project, new.into()).await?;
    tx.commit().await?;
    Ok(ShowsSecret((StatusCode::CREATED, Json(FormJson::new(&app, form)))))
}

/// One form.
#[utoipa::path(get, path = "/forms/{form}", tag = "forms", params(("form" = String, Path)),
    responses((status = 200, body = FormJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(form): Path<FormId>) -> Result<Json<FormJson>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(FormJson::new(&app, forms::get(&mut tx, form).await?)))
}

/// Changes a form.
#[utoipa::path(patch, path = "/forms/{form}", tag = "forms", params(("form" = String, Path)),
    request_body = FormChangeJson, responses((status = 200, body = FormJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(form): Path<FormId>,
    Json(change): Json<FormChangeJson>,
) -> Result<ShowsSecret<Json<FormJson>>> {
    let mut tx = app.db.write(&actor).await?;
    let form = forms::change(&mut tx, form, change.into()).await?;
    tx.commit().await?;
    Ok(ShowsSecret(Json(FormJson::new(&app, form))))
}

/// Deletes a form; the tasks that it made stay.
#[utoipa::path(delete, path = "/forms/{form}", tag = "forms", params(("form" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(State(app): State<App>, Auth(actor): Auth, Path(form): Path<FormId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    forms::delete(&mut tx, form).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(get, change, delete))
}
