//! Search at `/api/v1/search`, and the typeahead at `/api/v1/typeahead`.

use super::{Among, Days, SearchFilter, SortBy};
use crate::search;
use crate::tasks::TaskKind;
use crate::typeahead::{self, Noun};
use axum::extract::State;
use base::id::{AnyId, ProjectId, TaskId, UserId};
use base::{Date, Limit, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Query, Result};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words that all occur in the name or the notes.
    q: Option<String>,
    /// Only open ones (false) or completed ones (true).
    completed: Option<bool>,
    /// An id, an e-mail address, or "me".
    assignee: Option<String>,
    /// Only those in this project.
    #[param(value_type = Option<String>)]
    project: Option<ProjectId>,
    /// Due on this day or before.
    #[param(value_type = Option<String>)]
    due_before: Option<Date>,
    /// due_date, created_at, completed_at, likes, modified_at or relevance (the default with words).
    #[param(value_type = Option<String>)]
    sort_by: Option<SortBy>,
    /// The other way round.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    ascending: bool,
    /// At most so many, 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

/// A task that was found.
#[derive(Serialize, ToSchema)]
struct FoundJson {
    #[schema(value_type = String)]
    id: TaskId,
    name: String,
    /// default_task, milestone, approval or custom.
    #[schema(value_type = String)]
    kind: TaskKind,
    completed: bool,
    #[schema(value_type = Option<String>)]
    assignee: Option<UserId>,
    #[schema(value_type = Option<String>)]
    due_on: Option<Date>,
    #[schema(value_type = String)]
    modified_at: Time,
    url: String,
}

/// Finds tasks.
#[utoipa::path(get, path = "/search", tag = "tasks", params(SearchQuery),
    responses((status = 200, body = Listing<FoundJson>), (status = "default", body = ProblemDocument)))]
async fn find(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Listing<FoundJson>>> {
    app.quota.take(&app.limits, Limit::SearchesPerMinute, actor.token.map_or(0, |token| token.0))?;
    let mut tx = app.db.read(&actor).await?;
    let assignee = match &query.assignee {
        Some(text) => Among::any(vec![people::users::find(&mut tx, text).await?.id]),
        None => Among::default(),
    };
    let by_words = query.q.as_ref().map(|_| SortBy::Relevance);
    let wanted = SearchFilter {
        sort_by: query.sort_by.or(by_words),
        text: query.q,
        completed: query.completed,
        assignee,
        projects: Among::any(query.project.into_iter().collect()),
        due_on: Days { before: query.due_before, ..Days::default() },
        ascending: query.ascending,
        limit: query.limit,
        ..SearchFilter::default()
    };
    let found = search::find(&mut tx, &wanted).await?;
    let data = found.into_iter().map(|task| FoundJson {
        url: app.link(&format!("/tasks/{}", task.id)),
        completed: task.is_completed(),
        id: task.id,
        name: task.name,
        kind: task.kind,
        assignee: task.assignee,
        due_on: task.due_on,
        modified_at: task.modified_at,
    });
    Ok(Json(Listing { data: data.collect(), next: None }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TypeaheadQuery {
    /// task (the default), project, user, tag, custom_field or team.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    noun: Option<Noun>,
    /// What was typed so far.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    query: String,
    /// At most so many, 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    count: Option<usize>,
}

/// Something whose name matches.
#[derive(Serialize, ToSchema)]
struct HitJson {
    #[schema(value_type = String)]
    id: AnyId,
    /// What it is.
    #[schema(value_type = String)]
    r#type: Noun,
    name: String,
}

/// Finds names that contain what was typed so far.
#[utoipa::path(get, path = "/typeahead", tag = "tasks", params(TypeaheadQuery),
    responses((status = 200, body = Listing<HitJson>), (status = "default", body = ProblemDocument)))]
async fn complete(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(query): Query<TypeaheadQuery>,
) -> Result<Json<Listing<HitJson>>> {
    let mut tx = app.db.read(&actor).await?;
    let noun = query.noun.unwrap_or(Noun::Task);
    let hits = typeahead::find(&mut tx, noun, &query.query, query.count.unwrap_or(20)).await?;
    let data =
        hits.into_iter().map(|hit| HitJson { id: AnyId(hit.id), r#type: hit.noun, name: hit.name }).collect();
    Ok(Json(Listing { data, next: None }))
}

pub(crate) fn api() -> Routes {
    Routes::new().routes(routes!(find)).routes(routes!(complete))
}
