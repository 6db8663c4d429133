//! Commits, ranges and answers as JSON.

use crate::git::{Answer, Commit, Range, Rule};
use crate::{Mirrors, Repository, repository};
use axum::extract::State;
use base::{Actor, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument};
use web::{App, Auth, Json, Path, Query};

pub(crate) fn routes() -> web::api::Routes {
    web::api::Routes::new()
        .routes(routes!(contains))
        .routes(routes!(commits))
        .routes(routes!(commit))
        .routes(routes!(range))
}

/// The two commits of a question.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContainsQuery {
    /// The commit whose history is searched: an id, the beginning of one, a branch or a tag.
    commit: String,
    /// The commit that is looked for in it.
    ancestor: String,
}

/// An answer and what it rests on.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ContainsAnswer)]
pub(crate) struct ContainsView {
    /// The answer; treat `unknown` like the worse of the other two.
    answer: Answer,
    /// What it rests on.
    rule: Rule,
    /// The answer in words.
    sentence: String,
    /// The full id of the commit, when it is known.
    commit: Option<String>,
    /// The full id of the ancestor, when it is known.
    ancestor: Option<String>,
}

/// Which history is listed.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommitsQuery {
    /// An id, the beginning of one, a branch or a tag; the default branch when absent.
    r#ref: Option<String>,
    /// How many commits at most, 1 to 100; 50 when absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The ends of a range.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RangeQuery {
    /// Where it starts; absent for everything up to `to`.
    from: Option<String>,
    /// Where it ends; the default branch when absent.
    to: Option<String>,
    /// How many commits are listed at most, 1 to 100; 50 when absent. `count` counts all.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

async fn seen(app: &App, actor: &Actor, name: &str) -> Result<Repository> {
    let mut tx = app.db.read(actor).await?;
    repository::view(&mut tx, name).await
}

/// The full id, or nothing when there is no such commit or the repository cannot tell; an ambiguous name stays an error.
async fn full_id(app: &App, repository: &Repository, rev: &str) -> Result<Option<String>> {
    match app.part::<Mirrors>()?.resolve_known(&app.db, repository, rev).await {
        Ok(id) => Ok(Some(id)),
        Err(error) if matches!(error.code(), "commit.unknown" | "repository.shallow") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether one commit contains another.
#[utoipa::path(get, path = "/repositories/{name}/contains", tag = "repositories",
    params(("name" = String, Path, description = "The repository"), ContainsQuery),
    responses((status = 200, body = ContainsView), (status = "4XX", body = ProblemDocument)))]
async fn contains(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Query(query): Query<ContainsQuery>,
) -> web::Result<Json<ContainsView>> {
    let repository = seen(&app, &actor, &name).await?;
    let commit = full_id(&app, &repository, &query.commit).await?;
    let ancestor = full_id(&app, &repository, &query.ancestor).await?;
    // Asked with what was given, an unknown commit is told from a repository that cannot be read.
    let asked = |known: &Option<String>, given: String| known.clone().unwrap_or(given);
    let (left, right) = (asked(&commit, query.commit), asked(&ancestor, query.ancestor));
    let found = app.part::<Mirrors>()?.contains(&app.db, &repository, &left, &right).await?;
    let verb = match found.answer {
        Answer::Yes => "contains",
        Answer::No => "does not contain",
        Answer::Unknown => "may or may not contain",
    };
    let sentence = format!("{} {verb} {}, because {}", short(&left), short(&right), found.rule.because());
    Ok(Json(ContainsView { answer: found.answer, rule: found.rule, sentence, commit, ancestor }))
}

/// As much of an id as people read, and of anything else not too much.
fn short(rev: &str) -> String {
    let chars = if crate::git::is_full_id(rev) { 12 } else { 60 };
    rev.chars().take(chars).collect()
}

/// Lists the history of a commit, branch or tag, children before parents.
#[utoipa::path(get, path = "/repositories/{name}/commits", tag = "repositories",
    params(("name" = String, Path, description = "The repository"), CommitsQuery),
    responses((status = 200, body = Listing<Commit>), (status = "4XX", body = ProblemDocument)))]
async fn commits(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Query(query): Query<CommitsQuery>,
) -> web::Result<Json<Listing<Commit>>> {
    let limit = PageQuery { limit: query.limit, cursor: None }.limit(&app.limits)?;
    let repository = seen(&app, &actor, &name).await?;
    let mirrors = app.part::<Mirrors>()?;
    let (of, skip) = match query.cursor {
        Some(cursor) => place(&cursor)?,
        None => (query.r#ref.unwrap_or_else(|| "HEAD".to_owned()), 0),
    };
    let of = mirrors.resolve_known(&app.db, &repository, &of).await?;
    let mut data = mirrors.history(&repository, &of, skip, limit + 1).await?;
    let has_more = data.len() > limit;
    data.truncate(limit);
    // The commit is part of the cursor, so that a branch which moves meanwhile shifts nothing.
    Ok(Json(Listing { data, next: has_more.then(|| format!("{of}:{}", skip + limit)) }))
}

fn place(cursor: &str) -> Result<(String, usize)> {
    let parsed =
        cursor.split_once(':').and_then(|(of, skip)| Some((of.to_owned(), skip.parse::<u32>().ok()?)));
    match parsed {
        Some((of, skip)) if crate::git::is_full_id(&of) => Ok((of, skip as usize)),
        _ => Err(Error::invalid(
            "cursor.invalid",
            "this cursor was not given out by this list; start again without one",
        )),
    }
}

/// Shows the one commit that an id, the beginning of one, a branch or a tag means.
#[utoipa::path(get, path = "/repositories/{name}/commits/{rev}", tag = "repositories",
    params(("name" = String, Path, description = "The repository"), ("rev" = String, Path, description = "What means the commit")),
    responses((status = 200, body = Commit), (status = "4XX", body = ProblemDocument)))]
async fn commit(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((name, rev)): Path<(String, String)>,
) -> web::Result<Json<Commit>> {
    let repository = seen(&app, &actor, &name).await?;
    let mirrors = app.part::<Mirrors>()?;
    let id = mirrors.resolve_known(&app.db, &repository, &rev).await?;
    let found = mirrors.history(&repository, &id, 0, 1).await?.into_iter().next();
    Ok(Json(
        found.ok_or_else(|| Error::missing("commit.missing", format!("the commit {id} cannot be shown")))?,
    ))
}

/// What going from one commit to another brings.
#[utoipa::path(get, path = "/repositories/{name}/range", tag = "repositories",
    params(("name" = String, Path, description = "The repository"), RangeQuery),
    responses((status = 200, body = Range), (status = "4XX", body = ProblemDocument)))]
async fn range(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Query(query): Query<RangeQuery>,
) -> web::Result<Json<Range>> {
    let limit = PageQuery { limit: query.limit, cursor: None }.limit(&app.limits)?;
    let repository = seen(&app, &actor, &name).await?;
    let mirrors = app.part::<Mirrors>()?;
    let to = mirrors.resolve_known(&app.db, &repository, query.to.as_deref().unwrap_or("HEAD")).await?;
    let from = match &query.from {
        Some(from) => Some(mirrors.resolve_known(&app.db, &repository, from).await?),
        None => None,
    };
    Ok(Json(mirrors.range(&repository, from.as_deref(), &to, limit).await?))
}
