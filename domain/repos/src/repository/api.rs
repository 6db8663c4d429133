//! Repositories as JSON.

use super::asked::{check_target, fetch_now};
use super::{
    CredentialKind, Hook, NewCredential, NewHosted, NewRepository, Pushers, Repository, RepositoryChange,
    State,
};
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
    /// Where it is fetched from; of a hosted one the address to clone and push to.
    url: String,
    /// Whether it is here and people push to it.
    hosted: bool,
    /// Who may push to a hosted one besides those who were granted to edit it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pushers: Option<Pushers>,
    /// Since when a hosted one takes no pushes.
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Time>,
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
    /// https://host/path, ssh://user@host/path, user@host:path; for administrators also an absolute path on the server. Not of a hosted one.
    #[serde(default)]
    url: String,
    /// Whether it is to be here, for people to push to.
    #[serde(default)]
    hosted: bool,
    /// Who may push to a hosted one; members when absent.
    pushers: Option<Pushers>,
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
    /// Who may push to a hosted one.
    pushers: Option<Pushers>,
    /// Whether a hosted one takes no pushes.
    archived: Option<bool>,
}

/// What must be said to remove a hosted repository.
#[derive(Deserialize, utoipa::IntoParams)]
struct Confirmed {
    /// The name of the repository, again, when it is hosted: nothing brings its commits back.
    confirm: Option<String>,
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

fn rendered(app: &App, repository: Repository) -> RepositoryView {
    let url = match repository.hosted {
        true => crate::hosted::address(app, &repository),
        false => repository.address.clone(),
    };
    RepositoryView {
        url,
        hosted: repository.hosted,
        pushers: repository.hosted.then_some(repository.pushers),
        archived_at: repository.archived_at,
        default_branch: repository.default_branch().map(str::to_owned),
        id: repository.id,
        name: repository.name,
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
    let found = found.into_iter().map(|repository| rendered(&app, repository)).collect();
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
    if body.hosted {
        let made = host(&app, &actor, body).await?;
        return Ok(ShowsSecret((StatusCode::CREATED, Json(rendered(&app, made)))));
    }
    if body.pushers.is_some() {
        return Err(super::hosted::only("What is fetched from elsewhere takes no pushes here").into());
    }
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
    let view = RepositoryView { hook: Some(rendered_hook(&app, &hook)), ..rendered(&app, made) };
    Ok(ShowsSecret((StatusCode::CREATED, Json(view))))
}

/// Makes a hosted repository, and its folder at once so that the first push finds it.
async fn host(app: &App, actor: &base::Actor, body: NewBody) -> base::Result<Repository> {
    if !body.url.is_empty() || body.credential.is_some() || body.poll_seconds.is_some() {
        return Err(super::hosted::only(
            "A hosted repository is here: it has no url, no credential and no poll_seconds",
        ));
    }
    let new = NewHosted {
        name: body.name,
        default_branch: body.default_branch,
        pushers: body.pushers.unwrap_or_default(),
    };
    super::asked::make(app, actor, new).await
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
    Ok(Json(rendered(&app, repository::view(&mut tx, &name).await?)))
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
        pushers: body.pushers,
        archived: body.archived,
    };
    let mut tx = app.db.write(&actor).await?;
    let changed = repository::change(&mut tx, mirrors.sealing(), &name, wanted).await?;
    tx.commit().await?;
    Ok(Json(rendered(&app, changed)))
}

/// Removes a repository and its mirror. A hosted one is gone for good, so its name is asked for again.
#[utoipa::path(delete, path = "/repositories/{name}", tag = "repositories", params(("name" = String, Path, description = "Its name"), Confirmed),
    responses((status = 204), (status = "4XX", body = ProblemDocument)))]
async fn remove(
    Part(app): Part<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Query(said): Query<Confirmed>,
) -> web::Result<StatusCode> {
    let mut tx = app.db.write(&actor).await?;
    repository::remove(&mut tx, &name, said.confirm.as_deref()).await?;
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
    let repository = rendered(&app, repository);
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
