//! Repositories as JSON.

mod shapes;

use super::asked::{check_target, fetch_now};
use super::{Hook, NewHosted, NewRepository, Repository, RepositoryChange};
use crate::{Mirrors, repository};
use axum::extract::State as Part;
use axum::http::StatusCode;
use shapes::{ChangeBody, Confirmed, FetchedView, HookBody, HookView, NewBody, RepositoryView};
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
