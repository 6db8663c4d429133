//! Users at `/api/v1/users`.

use super::{NewUser, User, UserChange, UserFilter};
use crate::{links, passwords, users};
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use base::id::{TeamId, UserId};
use base::{Actor, Error, Role, Secret, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Auth, Json, Path, Query, Result};

/// A person or a machine account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserJson {
    #[schema(value_type = String)]
    id: UserId,
    /// The same id under the name that trackers give it.
    #[schema(value_type = String)]
    gid: UserId,
    email: String,
    name: String,
    /// admin, member or guest.
    #[schema(value_type = String)]
    role: Role,
    /// Whether they may still come in.
    active: bool,
    /// The IANA name of their time zone.
    time_zone: String,
    /// The address of their photo.
    photo: Option<String>,
    #[schema(value_type = String)]
    created_at: Time,
}

impl UserJson {
    pub(crate) fn new(app: &App, user: User) -> Self {
        let photo = user
            .photo
            .as_deref()
            .map(|hash| app.link(&format!("/api/v1/users/{}/photo?v={:.12}", user.id, hash)));
        Self {
            id: user.id,
            gid: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            active: user.active,
            time_zone: user.time_zone,
            photo,
            created_at: user.created_at,
        }
    }
}

/// A new user.
#[derive(Debug, Deserialize, ToSchema)]
struct NewUserJson {
    email: String,
    /// Without one, the first part of the address.
    name: Option<String>,
    /// admin, member (the default) or guest.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// Without one they set it through a link.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
}

/// What changes; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
struct UserChangeJson {
    name: Option<String>,
    email: Option<String>,
    /// admin, member or guest; for administrators.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// False ends their sessions and tokens at once; for administrators.
    active: Option<bool>,
    time_zone: Option<String>,
    /// A new password of one's own.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// The password that it replaces.
    #[schema(value_type = Option<String>)]
    current_password: Option<Secret>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UserQuery {
    /// Only members of this team.
    #[param(value_type = Option<String>)]
    team: Option<TeamId>,
    /// Only those whose name or address contains this.
    q: Option<String>,
    /// Deactivated ones too.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    include_inactive: bool,
}

/// A link that works once.
#[derive(Debug, Serialize, ToSchema)]
struct LinkJson {
    /// Whoever opens it sets the password; it is shown only now.
    url: String,
}

/// The path part that names a user: an id, an address, or "me".
pub(crate) struct Named(pub String);

impl FromRequestParts<App> for Named {
    type Rejection = web::Problem;
    async fn from_request_parts(parts: &mut request::Parts, app: &App) -> Result<Self> {
        #[derive(Deserialize)]
        struct Part {
            user: String,
        }
        let Path(part) = Path::<Part>::from_request_parts(parts, app).await?;
        Ok(Self(part.user))
    }
}

/// The people, by id.
#[utoipa::path(get, path = "/users", tag = "people", params(PageQuery, UserQuery),
    responses((status = 200, body = Listing<UserJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(page): Query<PageQuery>,
    Query(wanted): Query<UserQuery>,
) -> Result<Json<Listing<UserJson>>> {
    let limit = page.limit(&app.limits)?;
    let filter = UserFilter {
        team: wanted.team,
        query: wanted.q.filter(|query| !query.is_empty()),
        include_inactive: wanted.include_inactive,
        after: Some(UserId(page.after()?)),
        limit: limit + 1,
    };
    let mut tx = app.db.read(&actor).await?;
    let found = users::list(&mut tx, &filter).await?;
    let data: Vec<_> = found.into_iter().map(|user| UserJson::new(&app, user)).collect();
    Ok(Json(Listing::from_overfull(data, limit, |user| user.id.to_string())))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", tag = "people", request_body = NewUserJson,
    responses((status = 201, body = UserJson), (status = "default", body = ProblemDocument)))]
async fn create(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(new): Json<NewUserJson>,
) -> Result<(StatusCode, Json<UserJson>)> {
    let password = match new.password {
        Some(password) => Some(passwords::hash(password).await?),
        None => None,
    };
    let new = NewUser { email: new.email, name: new.name, role: new.role.unwrap_or(Role::Member), password };
    let mut tx = app.db.write(&actor).await?;
    let user = users::create(&mut tx, new).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(UserJson::new(&app, user))))
}

/// One user: an id, an e-mail address, or "me".
#[utoipa::path(get, path = "/users/{user}", tag = "people", params(("user" = String, Path, description = "An id, an e-mail address, or me")),
    responses((status = 200, body = UserJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Named(user): Named) -> Result<Json<UserJson>> {
    let mut tx = app.db.read(&actor).await?;
    let user = users::find(&mut tx, &user).await?;
    Ok(Json(UserJson::new(&app, user)))
}

/// Changes a user: oneself, or for administrators anybody.
#[utoipa::path(patch, path = "/users/{user}", tag = "people", params(("user" = String, Path, description = "An id, an e-mail address, or me")),
    request_body = UserChangeJson, responses((status = 200, body = UserJson), (status = "default", body = ProblemDocument)))]
async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
    Json(change): Json<UserChangeJson>,
) -> Result<Json<UserJson>> {
    let password = match change.password {
        Some(password) => Some(new_password(&app, &actor, &user, change.current_password, password).await?),
        None => None,
    };
    let mut tx = app.db.write(&actor).await?;
    let id = users::find(&mut tx, &user).await?.id;
    let change = UserChange {
        email: change.email,
        name: change.name,
        role: change.role,
        active: change.active,
        time_zone: change.time_zone,
        photo: None,
    };
    let user = users::change(&mut tx, id, change).await?;
    if let Some(password) = password {
        users::set_password(&mut tx, id, &password).await?;
    }
    tx.commit().await?;
    Ok(Json(UserJson::new(&app, user)))
}

/// Checks the current password of the actor before the transaction that sets the new one.
pub(crate) async fn new_password(
    app: &App,
    actor: &Actor,
    user: &str,
    current: Option<Secret>,
    new: Secret,
) -> base::Result<passwords::PasswordHash> {
    let mut tx = app.db.read(actor).await?;
    let user = users::find(&mut tx, user).await?;
    if actor.user != Some(user.id) {
        let message = "Nobody chooses a password for somebody else; make a password link for them";
        return Err(Error::denied("password.not_yours", message));
    }
    let stored = users::password_of(&mut tx, &user.email).await?.and_then(|(_, stored)| stored);
    drop(tx);
    let is_right = match (&stored, current) {
        (None, _) => true,
        (Some(_), Some(current)) => passwords::verify(stored, current).await?,
        (Some(_), None) => false,
    };
    if !is_right {
        return Err(Error::denied("password.current", "The current password is not right"));
    }
    passwords::hash(new).await
}

/// Makes a link with which a user sets their password. For administrators; it works once, for seven days.
#[utoipa::path(post, path = "/users/{user}/password-link", tag = "people", params(("user" = String, Path)),
    responses((status = 201, body = LinkJson), (status = "default", body = ProblemDocument)))]
async fn password_link(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
) -> Result<ShowsSecret<(StatusCode, Json<LinkJson>)>> {
    let mut tx = app.db.write(&actor).await?;
    let id = users::find(&mut tx, &user).await?.id;
    let link = links::make_password(&mut tx, id).await?;
    tx.commit().await?;
    let shown = LinkJson { url: app.link(&format!("/password/{}", link.reveal())) };
    Ok(ShowsSecret((StatusCode::CREATED, Json(shown))))
}

/// The largest photo: it is shown at the size of a stamp.
const PHOTO_BYTES: usize = 2 << 20;

/// What an image is, by its first bytes; the name and type that a client claims are not looked at.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// Checks that this can be a photo.
pub(crate) fn check_photo(image: &[u8]) -> base::Result<()> {
    if image.len() > PHOTO_BYTES {
        return Err(Error::too_large("photo.too_large", format!("A photo has at most {PHOTO_BYTES} bytes")));
    }
    match image_type(image) {
        Some(_) => Ok(()),
        None => Err(Error::invalid("photo.type", "A photo is a PNG, JPEG, GIF or WebP image")),
    }
}

/// Sets a photo: the body is a PNG, JPEG, GIF or WebP image of at most 2 MB.
#[utoipa::path(put, path = "/users/{user}/photo", tag = "people", params(("user" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = UserJson), (status = "default", body = ProblemDocument)))]
async fn set_photo(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
    body: axum::body::Body,
) -> Result<Json<UserJson>> {
    let image = axum::body::to_bytes(body, PHOTO_BYTES).await.map_err(|error| {
        Error::too_large("photo.too_large", format!("A photo has at most {PHOTO_BYTES} bytes")).because(error)
    })?;
    check_photo(&image)?;
    let mut tx = app.db.read(&actor).await?;
    let id = users::find(&mut tx, &user).await?.id;
    drop(tx);
    let blob = app.blobs.put(&image).await?;
    put_photo(&app, &actor, id, Some(blob.hash.to_string())).await
}

/// Takes a photo away.
#[utoipa::path(delete, path = "/users/{user}/photo", tag = "people", params(("user" = String, Path)),
    responses((status = 200, body = UserJson), (status = "default", body = ProblemDocument)))]
async fn remove_photo(
    State(app): State<App>,
    Auth(actor): Auth,
    Named(user): Named,
) -> Result<Json<UserJson>> {
    let mut tx = app.db.read(&actor).await?;
    let id = users::find(&mut tx, &user).await?.id;
    drop(tx);
    put_photo(&app, &actor, id, None).await
}

async fn put_photo(app: &App, actor: &Actor, id: UserId, photo: Option<String>) -> Result<Json<UserJson>> {
    let mut tx = app.db.write(actor).await?;
    let user = users::change(&mut tx, id, UserChange { photo: Some(photo), ..UserChange::default() }).await?;
    tx.commit().await?;
    Ok(Json(UserJson::new(app, user)))
}

/// A user's photo.
#[utoipa::path(get, path = "/users/{user}/photo", tag = "people", params(("user" = String, Path)),
    responses((status = 200, content_type = "image/*", body = Vec<u8>), (status = "default", body = ProblemDocument)))]
async fn photo(State(app): State<App>, Auth(actor): Auth, Named(user): Named) -> Result<Response> {
    let mut tx = app.db.read(&actor).await?;
    let user = users::find(&mut tx, &user).await?;
    drop(tx);
    let hash =
        user.photo.ok_or_else(|| Error::missing("photo.missing", format!("{} has no photo", user.name)))?;
    let image = app.blobs.read(&hash).await?;
    let mut headers = HeaderMap::new();
    let kind = image_type(&image).unwrap_or("application/octet-stream");
    headers.insert(
        header::CONTENT_TYPE,
        kind.parse().map_err(|error| Error::bug("photo.type", "a type is a header").because(error))?,
    );
    headers.insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("private, max-age=86400"));
    Ok((headers, image).into_response())
}

pub(crate) fn api() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change))
        .routes(routes!(password_link))
        .routes(routes!(photo, set_photo, remove_photo))
}
