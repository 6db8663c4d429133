//! Repositories as JSON.

use super::asked::{check_target, fetch_now};
use super::{CredentialKind, Hook, NewCredential, NewRepository, Repository, RepositoryChange, State};
use crate::git::RefChange;
use crate::{Mirrors, repository};
use axum::extract::State as Part;
use axum::http::StatusCode;
use base::id::RepositoryId;
use base::{Secret, Time};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Query};

pub(crate) fn routes() -> web::api::Routes {
    web::api::Routes::new()
        .routes(routes!(list, register))
        .routes(routes!(show, change, remove))
        .routes(routes!(fetch))
        .routes(routes!(renew_hook))
}

/// A repository.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Repository)]
pub(crate) struct RepositoryView {
    /// Its id.
    #[schema(value_type = String)]
    id: RepositoryId,
    /// Its name.
    name: String,
    /// Where it is fetched from.
    url: String,
    /// The branch that `HEAD` means.
    default_branch: Option<String>,
    /// What sort of credential is stored. The credential itself is never shown.
    credential: Option<CredentialKind>,
    /// Seconds between two looks at the remote; 0 for never.
    poll_seconds: u64,
    /// What is known of it.
    state: State,
    /// Why it is unreadable.
    problem: Option<String>,
    /// When it was tried last.
    #[schema(value_type = Option<String>, format = DateTime)]
    attempted_at: Option<Time>,
    /// When it was fetched last.
    #[schema(value_type = Option<String>, format = DateTime)]
    fetched_at: Option<Time>,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// Where pushes are announced; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook: Option<HookView>,
}

/// Where pushes are announced. Shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RepositoryHook)]
pub(crate) struct HookView {
    /// The address to give to the hosting service.
    url: String,
    /// The secret to give to it.
    secret: String,
}

/// What a fetch found.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RepositoryFetched)]
pub(crate) struct FetchedView {
    /// The repository as it is now.
    repository: RepositoryView,
    /// How many refs changed.
    count: usize,
    /// The first of them.
    changes: Vec<RefChange>,
}

/// What is to be registered.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewRepository)]
pub(crate) struct NewBody {
    /// Its name: letters, digits, `-`, `_` and `.`.
    name: String,
    /// https://host/path, ssh://user@host/path, user@host:path; for administrators also an absolute path on the server.
    url: String,
    /// The default branch, when it is not to be the remote's.
    default_branch: Option<String>,
    /// What proves that Signalbox may read it.
    credential: Option<NewCredential>,
    /// Seconds between two looks at the remote, 10 to 604800, or 0 for never; 60 when absent.
    poll_seconds: Option<u64>,
}

/// What is to change; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = RepositoryChange)]
pub(crate) struct ChangeBody {
    /// Its name.
    name: Option<String>,
    /// Where it is fetched from. Another host loses the stored credential.
    url: Option<String>,
    /// The default branch; null for the remote's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    default_branch: Option<Option<String>>,
    /// The credential; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<NewCredential>)]
    credential: Option<Option<NewCredential>>,
    /// Seconds between two looks at the remote.
    poll_seconds: Option<u64>,
}

/// What a new hook is to be.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewRepositoryHook)]
pub(crate) struct HookBody {
    /// The secret, when the sender gives it out itself (GitLab's signing token); otherwise one is made.
    #[schema(value_type = Option<String>)]
    secret: Option<Secret>,
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

fn rendered(repository: Repository) -> RepositoryView {
    RepositoryView {
        default_branch: repository.default_branch().map(str::to_owned),
        id: repository.id,
        name: repository.name,
        url: repository.address,
        credential: repository.credential,
        poll_seconds: repository.poll_s,
        state: repository.state,
        problem: repository.problem,
        attempted_at: repository.attempted_at,
        fetched_at: repository.fetched_at,
        created_at: repository.made_at,
        hook: None,
    }
}

fn rendered_hook(app: &App, hook: &Hook) -> HookView {
    HookView { url: app.link(&format!("/hooks/git/{}", hook.token)), secret: hook.secret.reveal().to_owned() }
}

/// Lists repositories.
#[utoipa::path(get, path = "/repositories", tag = "repositories", params(PageQuery),
    responses((status = 200, body = Listing<RepositoryView>), (status = "4XX", body = ProblemDocument)))]
async fn list(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Query(page): Query<PageQuery>,
) -> web::Result<Json<Listing<RepositoryView>>> {
    let (limit, after) = (page.limit(&app.limits)?, page.after()?);
    let mut tx = app.db.read(&actor).await?;
    let found = repository::list(&mut tx, after, limit + 1).await?;
    let found = found.into_iter().map(rendered).collect();
    Ok(Json(Listing::from_overfull(found, limit, |repository| repository.id.to_string())))
}

/// Registers a repository. The first fetch follows by itself; the hook's secret is shown only here.
#[utoipa::path(post, path = "/repositories", tag = "repositories", request_body = NewBody,
    responses((status = 201, body = RepositoryView), (status = "4XX", body = ProblemDocument)))]
async fn register(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Json(body): Json<NewBody>,
) -> web::Result<ShowsSecret<(StatusCode, Json<RepositoryView>)>> {
    let mirrors = app.part::<Mirrors>()?;
    check_target(mirrors, &actor, &body.url).await?;
    let new = NewRepository {
        name: body.name,
        address: body.url,
        default_branch: body.default_branch,
        credential: body.credential,
        poll_s: body.poll_seconds,
    };
    let mut tx = app.db.write(&actor).await?;
    let (made, hook) = repository::register(&mut tx, mirrors.sealing(), new).await?;
    tx.commit().await?;
    let view = RepositoryView { hook: Some(rendered_hook(&app, &hook)), ..rendered(made) };
    Ok(ShowsSecret((StatusCode::CREATED, Json(view))))
}

/// Shows a repository.
#[utoipa::path(get, path = "/repositories/{name}", tag = "repositories", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = RepositoryView), (status = "4XX", body = ProblemDocument)))]
async fn show(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> web::Result<Json<RepositoryView>> {
    let mut tx = app.db.read(&actor).await?;
    Ok(Json(rendered(repository::view(&mut tx, &name).await?)))
}

/// Changes a repository.
#[utoipa::path(patch, path = "/repositories/{name}", tag = "repositories", request_body = ChangeBody,
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = RepositoryView), (status = "4XX", body = ProblemDocument)))]
async fn change(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(body): Json<ChangeBody>,
) -> web::Result<Json<RepositoryView>> {
    let mirrors = app.part::<Mirrors>()?;
    if let Some(url) = &body.url {
        check_target(mirrors, &actor, url).await?;
    }
    let wanted = RepositoryChange {
        name: body.name,
        address: body.url,
        default_branch: body.default_branch,
        credential: body.credential,
        poll_s: body.poll_seconds,
    };
    let mut tx = app.db.write(&actor).await?;
    let changed = repository::change(&mut tx, mirrors.sealing(), &name, wanted).await?;
    tx.commit().await?;
    Ok(Json(rendered(changed)))
}

/// Removes a repository and its mirror.
#[utoipa::path(delete, path = "/repositories/{name}", tag = "repositories", params(("name" = String, Path, description = "Its name")),
    responses((status = 204), (status = "4XX", body = ProblemDocument)))]
async fn remove(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> web::Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    repository::remove(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Fetches a repository now and tells what changed.
#[utoipa::path(post, path = "/repositories/{name}/fetch", tag = "repositories", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = FetchedView), (status = "4XX", body = ProblemDocument)))]
async fn fetch(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
) -> web::Result<Json<FetchedView>> {
    let (fetched, repository) = fetch_now(&app, &actor, &name).await?;
    let repository = rendered(repository);
    Ok(Json(FetchedView { repository, count: fetched.n_changed, changes: fetched.changes }))
}

/// Makes a new address and secret for pushes; the old address ends at once.
#[utoipa::path(post, path = "/repositories/{name}/hook", tag = "repositories", request_body = HookBody,
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = HookView), (status = "4XX", body = ProblemDocument)))]
async fn renew_hook(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Json(body): Json<HookBody>,
) -> web::Result<ShowsSecret<Json<HookView>>> {
    let mirrors = app.part::<Mirrors>()?;
    let mut tx = app.db.write(&actor).await?;
    let hook = repository::renew_hook(&mut tx, mirrors.sealing(), &name, body.secret).await?;
    tx.commit().await?;
    Ok(ShowsSecret(Json(rendered_hook(&app, &hook))))
}
