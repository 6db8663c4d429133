//! Deliveries at `/api/v1/deliveries`. For administrators.

use super::{Attempt, Channel, Delivery, Filter, State as Outcome};
use crate::message::Message;
use axum::extract::State;
use axum::http::StatusCode;
use base::id::{AnyId, UserId};
use base::{Actor, Error, Result as Plain, Role, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{Listing, PageQuery, ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// One message to one recipient.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryJson {
    #[schema(value_type = String)]
    id: AnyId,
    channel: Channel,
    /// Who it is for, as people read it.
    recipient: String,
    /// Where it goes; null for inboxes, and where that is a secret.
    address: Option<String>,
    /// The person, when it is one.
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// What sort of news it is, like `job.failed`.
    kind: String,
    /// What it is about, like `run:12`.
    about: String,
    title: String,
    state: Outcome,
    #[schema(value_type = String)]
    state_at: Time,
    /// Why it is in that state.
    sentence: Option<String>,
    attempts: i64,
    /// When it is tried next.
    #[schema(value_type = Option<String>)]
    next_at: Option<Time>,
    #[schema(value_type = String)]
    made_at: Time,
}

impl From<Delivery> for DeliveryJson {
    fn from(it: Delivery) -> Self {
        Self {
            id: it.id,
            channel: it.channel,
            recipient: it.recipient,
            address: it.address,
            user: it.user,
            kind: it.kind,
            about: it.about.to_string(),
            title: it.title,
            state: it.state,
            state_at: it.state_at,
            sentence: it.sentence,
            attempts: it.attempts,
            next_at: it.next_at,
            made_at: it.made_at,
        }
    }
}

/// One try.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
struct AttemptJson {
    number: i64,
    #[schema(value_type = String)]
    at: Time,
    took_ms: u64,
    /// `sent`, `again`, `failed`, `held` or `withdrawn`.
    outcome: String,
    /// What the other side answered, or why nothing came back.
    answer: String,
}

impl From<Attempt> for AttemptJson {
    fn from(it: Attempt) -> Self {
        let took_ms = u64::try_from(it.took.as_millis()).unwrap_or(u64::MAX);
        Self { number: it.number, at: it.at, took_ms, outcome: it.outcome, answer: it.answer }
    }
}

/// A delivery with its tries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryDetails)]
struct DetailsJson {
    #[serde(flatten)]
    delivery: DeliveryJson,
    /// The tries, oldest first.
    tries: Vec<AttemptJson>,
    /// What it says, as plain text.
    text: String,
}

/// Which deliveries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// `waiting`, `sent`, `failed`, `held` or `withdrawn`.
    state: Option<String>,
    /// `mail`, `inbox` or `webhook`.
    channel: Option<String>,
    /// What they are about, like `run:12`.
    about: Option<String>,
}

impl Wanted {
    fn filter(&self, page: &PageQuery, limit: usize) -> Plain<Filter> {
        let before = match page.after()? {
            0 => None,
            id => Some(AnyId(id)),
        };
        Ok(Filter {
            state: self.state.as_deref().map(Outcome::parse).transpose()?,
            channel: self.channel.as_deref().map(Channel::parse).transpose()?,
            about: self.about.as_deref().map(str::parse).transpose()?,
            before,
            limit: limit + 1,
        })
    }
}

/// What was told to whom, newest first.
#[utoipa::path(get, path = "/deliveries", tag = "deliveries", params(PageQuery, Wanted),
    responses((status = 200, body = Listing<DeliveryJson>), (status = "default", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(page): Query<PageQuery>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Listing<DeliveryJson>>> {
    let limit = page.limit(&app.limits)?;
    let mut tx = app.db.read(&actor).await?;
    let found = super::list(&mut tx, &wanted.filter(&page, limit)?).await?;
    let data = found.into_iter().map(DeliveryJson::from).collect();
    Ok(Json(Listing::from_overfull(data, limit, |it: &DeliveryJson| it.id.to_string())))
}

/// One delivery, with its tries and what it says.
#[utoipa::path(get, path = "/deliveries/{id}", tag = "deliveries", params(("id" = String, Path)),
    responses((status = 200, body = DetailsJson), (status = "default", body = ProblemDocument)))]
async fn get(State(app): State<App>, Auth(actor): Auth, Path(id): Path<AnyId>) -> Result<Json<DetailsJson>> {
    let mut tx = app.db.read(&actor).await?;
    let delivery = super::get(&mut tx, id).await?;
    let (tries, message) = super::details(&mut tx, id).await?;
    Ok(Json(DetailsJson {
        delivery: delivery.into(),
        tries: tries.into_iter().map(AttemptJson::from).collect(),
        text: text(&app, &message),
    }))
}

pub(super) fn text(app: &App, message: &Message) -> String {
    crate::message::text(message, |path| app.link(path))
}

/// Sends something again that failed or was held.
#[utoipa::path(post, path = "/deliveries/{id}/resend", tag = "deliveries", params(("id" = String, Path)),
    responses((status = 200, body = DeliveryJson), (status = "default", body = ProblemDocument)))]
async fn resend(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<AnyId>,
) -> Result<Json<DeliveryJson>> {
    let mut tx = app.db.write(&actor).await?;
    let delivery = super::resend(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(delivery.into()))
}

/// How many deliveries were sent again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResentDeliveries)]
struct ResentJson {
    count: usize,
}

/// Sends everything that was held for want of a mail server.
#[utoipa::path(post, path = "/deliveries/resend-held", tag = "deliveries",
    responses((status = 200, body = ResentJson), (status = "default", body = ProblemDocument)))]
async fn resend_held(State(app): State<App>, Auth(actor): Auth) -> Result<Json<ResentJson>> {
    Ok(Json(ResentJson { count: send_held(&app, &actor).await? }))
}

/// Sends everything that is held, some hundred in one transaction.
pub(super) async fn send_held(app: &App, actor: &Actor) -> Plain<usize> {
    if app.part::<crate::Outlets>()?.mail.is_none() {
        people::rights::require_role(&app.db.read(actor).await?, Role::Admin)?;
        return Err(no_server());
    }
    let mut all = 0;
    loop {
        let mut tx = app.db.write(actor).await?;
        let count = super::resend_held(&mut tx).await?;
        tx.commit().await?;
        all += count;
        if count == 0 {
            return Ok(all);
        }
    }
}

/// Where a test mail goes.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TestMail)]
struct TestJson {
    /// The address; one's own when absent.
    to: Option<String>,
}

/// Sends a mail that only shows that mail arrives.
#[utoipa::path(post, path = "/deliveries/test", tag = "deliveries", request_body = TestJson,
    responses((status = 201, body = DeliveryJson), (status = "default", body = ProblemDocument)))]
async fn test(
    State(app): State<App>,
    Auth(actor): Auth,
    Json(body): Json<TestJson>,
) -> Result<(StatusCode, Json<DeliveryJson>)> {
    let mut tx = app.db.write(&actor).await?;
    let to = match body.to {
        Some(to) => to,
        None => {
            let me = people::users::require_signed_in(&tx)?;
            people::users::get(&mut tx, me).await?.email
        }
    };
    if app.part::<crate::Outlets>()?.mail.is_none() {
        return Err(no_server().into());
    }
    let id = super::send_test(&mut tx, &to).await?;
    let delivery = super::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(delivery.into())))
}

pub(super) fn no_server() -> Error {
    Error::conflict(
        "mail.no_server",
        "No mail server is set: whoever runs the server sets SIGNALBOX_MAIL_SERVER, like smtps://mail.example.com",
    )
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(test))
        .routes(routes!(resend_held))
        .routes(routes!(get))
        .routes(routes!(resend))
}
