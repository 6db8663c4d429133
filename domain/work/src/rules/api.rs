//! Rules at `/api/v1/projects/{project}/rules` and `/api/v1/rules/{rule}`.

use super::{Action, Rule, RuleChange, Trigger};
use crate::rules;
use axum::extract::State;
use axum::http::StatusCode;
use base::Time;
use base::id::{ProjectId, RuleId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Result};

/// A rule: when this happens to a task of the project, then do that.
#[derive(Serialize, ToSchema)]
struct RuleJson {
    #[schema(value_type = String)]
    id: RuleId,
    #[schema(value_type = String)]
    project: ProjectId,
    name: String,
    /// `{"on": "task_added" | "completed" | "reopened"}`, `{"on": "moved_to_section", "section"}`,
    /// `{"on": "field_changed", "field", "to"?}` or `{"on": "commented", "contains"?}`.
    #[schema(value_type = Object)]
    when: Trigger,
    /// Each is `{"do": "move_to_section", "section"}`, `{"do": "assign", "user"}`, `{"do": "comment", "text"}`, `{"do": "complete"}`,
    /// `{"do": "add_to_project", "project"}` or `{"do": "set_field", "field", "value"}`.
    #[schema(value_type = Vec<Object>)]
    then: Vec<Action>,
    enabled: bool,
    #[schema(value_type = String)]
    created_at: Time,
    #[schema(value_type = Option<String>)]
    created_by: Option<UserId>,
    /// How often it ran.
    runs: i64,
    #[schema(value_type = Option<String>)]
    ran_at: Option<Time>,
    /// What went wrong the last time.
    problem: Option<String>,
}

impl From<Rule> for RuleJson {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id,
            project: rule.project,
            name: rule.name,
            when: rule.trigger,
            then: rule.actions,
            enabled: rule.is_enabled,
            created_at: rule.created_at,
            created_by: rule.created_by,
            runs: rule.runs,
            ran_at: rule.ran_at,
            problem: rule.problem,
        }
    }
}

/// What a rule is to be; what is absent stays.
#[derive(Deserialize, ToSchema)]
struct RuleChangeJson {
    name: Option<String>,
    /// See the rule itself; needed for a new one.
    #[schema(value_type = Option<Object>)]
    when: Option<Trigger>,
    /// See the rule itself; needed for a new one.
    #[schema(value_type = Option<Vec<Object>>)]
    then: Option<Vec<Action>>,
    enabled: Option<bool>,
}

impl From<RuleChangeJson> for RuleChange {
    fn from(it: RuleChangeJson) -> Self {
        Self { name: it.name, trigger: it.when, actions: it.then, is_enabled: it.enabled }
    }
}

/// The rules of a project, in the order in which they run.
#[utoipa::path(get, path = "/projects/{project}/rules", tag = "rules", params(("project" = String, Path)),
    responses((status = 200, body = Listing<RuleJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
) -> Result<Json<Listing<RuleJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let data = rules::list(&mut tx, project).await?.into_iter().map(RuleJson::from).collect();
    Ok(Json(Listing { data, next: None }))
}

/// Makes a rule.
#[utoipa::path(post, path = "/projects/{project}/rules", tag = "rules", params(("project" = String, Path)),
    request_body = RuleChangeJson, responses((status = 201, body = RuleJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(project): Path<ProjectId>,
    Json(new): Json<RuleChangeJson>,
) -> Result<(StatusCode, Json<RuleJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let rule = rules::create(&mut tx, project, new.into()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(rule.into())))
}

/// One rule.
#[utoipa::path(get, path = "/rules/{rule}", tag = "rules", params(("rule" = String, Path)),
    responses((status = 200, body = RuleJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(rule): Path<RuleId>) -> Result<Json<RuleJson>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(rules::get(&mut tx, rule).await?.into()))
}

/// Changes a rule.
#[utoipa::path(patch, path = "/rules/{rule}", tag = "rules", params(("rule" = String, Path)),
    request_body = RuleChangeJson, responses((status = 200, body = RuleJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(rule): Path<RuleId>,
    Json(change): Json<RuleChangeJson>,
) -> Result<Json<RuleJson>> {
    let mut tx = app.db.write(&actor).await?;
    let rule = rules::change(&mut tx, rule, change.into()).await?;
    tx.commit().await?;
    Ok(Json(rule.into()))
}

/// Deletes a rule.
#[utoipa::path(delete, path = "/rules/{rule}", tag = "rules", params(("rule" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemDocument)))]
async fn delete(State(app): State<App>, Auth(actor): Auth, Path(rule): Path<RuleId>) -> Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    rules::delete(&mut tx, rule).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(get, change, delete))
}
