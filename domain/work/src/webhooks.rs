//! Webhooks: subscriptions to what happens to a thing and to everything in it, sent to an address.
//!
//! A follower of the journal writes what matches into the queue of each subscription; a chore per subscription sends the queue. How an
//! event looks and how it is signed is the business of the door that made the subscription: it renders events for the queue and does the
//! sending, which must not happen inside a transaction. What succeeded and failed, and when to try again, is kept here.
//!
//! A subscription whose address fails for a whole day is deleted. Nothing is sent twice after it was acknowledged, and nothing is sent
//! to somebody who may not see the thing any more.

mod delivery;
mod store;

pub use delivery::{CHORE, Parcel, Render, claim, delivered, failed, follower};

use crate::{projects, tasks};
use base::id::{UserId, WebhookId};
use base::{Error, Limit, Result, Right, Time};
use db::Tx;
use journal::Subject;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// How long an address may fail before its subscription is deleted.
pub const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

/// What a subscription lets through: every condition that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// What the thing is ("task").
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// What kind of it ("milestone", "comment_added").
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subtype: Option<String>,
    /// What happened to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<crate::happenings::Action>,
    /// Which field changed, one of these; of changes only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fields: Option<Vec<String>>,
}

/// A subscription.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What it is about.
    pub resource: Subject,
    /// Where events are sent.
    pub target: String,
    /// What is let through; everything when there are none.
    pub filters: Vec<Filter>,
    /// What letters are signed with; the receiver has it from the handshake.
    pub secret: String,
    /// When it was made.
    pub created_at: Time,
    /// Whose it is.
    pub created_by: UserId,
    /// When a letter was last accepted.
    pub last_success_at: Option<Time>,
    /// When a letter was last refused or lost.
    pub last_failure_at: Option<Time>,
    /// What the address said then.
    pub last_failure: Option<String>,
    /// How often it has failed since it last succeeded.
    pub failures: i64,
    /// Since when it has been failing.
    pub failing_since: Option<Time>,
    /// When it is tried again.
    pub next_try_at: Option<Time>,
    /// The newest entry of the journal when it was made.
    pub(crate) since_seq: i64,
}

impl Webhook {
    /// When it is deleted unless the address recovers.
    pub fn ends_at(&self) -> Option<Time> {
        self.failing_since.map(|since| since.plus(PATIENCE))
    }
}

/// What a new subscription is to be.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// What it is about.
    pub resource: Subject,
    /// Where events are sent.
    pub target: String,
    /// What is let through.
    pub filters: Vec<Filter>,
    /// What letters are signed with.
    pub secret: String,
}

fn subject(webhook: WebhookId) -> Subject {
    Subject::new("webhook", webhook)
}

fn unknown(webhook: WebhookId) -> Error {
    Error::missing("webhook.unknown", format!("there is no webhook {webhook}"))
}

fn require_owner(tx: &Tx) -> Result<UserId> {
    people::rights::require_scope(tx, Right::View)?;
    people::users::require_signed_in(tx)
}

/// Checks that the actor may watch `resource` so. Before the handshake, and again when the subscription is written.
pub async fn check(tx: &mut Tx, resource: &Subject, filters: &[Filter]) -> Result<()> {
    require_owner(tx)?;
    sees(tx, resource).await?;
    let is_wide = matches!(resource.kind.as_ref(), "workspace" | "team");
    if is_wide && filters.is_empty() {
        return Err(Error::invalid(
            "webhook.filters",
            format!("a webhook on a {} needs filters", resource.kind),
        ));
    }
    for filter in filters {
        let is_change = filter.action.is_none_or(|action| action == crate::happenings::Action::Changed);
        if filter.fields.is_some() && !is_change {
            return Err(Error::invalid("webhook.filters", "fields only go with the action changed"));
        }
        if is_wide && matches!(filter.kind.as_deref(), Some("task" | "story")) {
            return Err(Error::invalid(
                "webhook.filters",
                format!("a webhook on a {} gets no events of tasks and stories", resource.kind),
            ));
        }
    }
    let count = store::count(tx, resource).await?;
    tx.limits().check(Limit::WebhooksPerResource, count + 1, "the resource")?;
    Ok(())
}

/// Checks that the actor sees `resource`.
pub async fn sees(tx: &mut Tx, resource: &Subject) -> Result<()> {
    match resource.kind.as_ref() {
        "project" => projects::require(tx, resource.id.into(), Right::View).await.map(drop),
        "task" => tasks::get(tx, resource.id.into()).await.map(drop),
        "tag" => crate::tags::get(tx, resource.id.into()).await.map(drop),
        "team" => people::teams::get(tx, resource.id.into()).await.map(drop),
        "user" if tx.actor().user == Some(resource.id.into()) => Ok(()),
        "workspace" if people::workspace::current(tx).await?.id.0 == resource.id => Ok(()),
        kind => Err(Error::missing("resource.unknown", format!("there is no {kind} {}", resource.id))),
    }
}

/// Makes a subscription whose address has shown that it wants it. The first letter, without events, follows at once.
pub async fn create(tx: &mut Tx, new: NewWebhook) -> Result<Webhook> {
    check(tx, &new.resource, &new.filters).await?;
    let webhook = Webhook {
        id: tx.new_id(),
        resource: new.resource,
        target: new.target,
        filters: new.filters,
        secret: new.secret,
        created_at: tx.now(),
        created_by: require_owner(tx)?,
        last_success_at: None,
        last_failure_at: None,
        last_failure: None,
        failures: 0,
        failing_since: None,
        next_try_at: None,
        since_seq: journal::head(tx).await?,
    };
    store::insert(tx, &webhook).await?;
    delivery::schedule(tx, webhook.id, tx.now()).await?;
    let data = json!({"target": webhook.target, "resource": webhook.resource, "filters": webhook.filters});
    journal::enter(tx, "webhook.created", subject(webhook.id), &[], data);
    Ok(webhook)
}

/// Returns a subscription of the actor's.
pub async fn get(tx: &mut Tx, webhook: WebhookId) -> Result<Webhook> {
    let owner = require_owner(tx)?;
    let found = store::by_id(tx, webhook).await?;
    found.filter(|found| found.created_by == owner).ok_or_else(|| unknown(webhook))
}

/// Lists the actor's subscriptions, by id; only those on one thing when it is given.
pub async fn list(tx: &mut Tx, resource: Option<&Subject>) -> Result<Vec<Webhook>> {
    let owner = require_owner(tx)?;
    let mut found = store::of_owner(tx, owner).await?;
    found.retain(|webhook| resource.is_none_or(|resource| webhook.resource == *resource));
    Ok(found)
}

/// Replaces what a subscription lets through.
pub async fn set_filters(tx: &mut Tx, webhook: WebhookId, filters: Vec<Filter>) -> Result<Webhook> {
    let mut found = get(tx, webhook).await?;
    check(tx, &found.resource.clone(), &filters).await?;
    let old = std::mem::replace(&mut found.filters, filters);
    store::set_filters(tx, &found).await?;
    let data = json!({"field": "filters", "old": old, "new": found.filters});
    journal::enter(tx, "webhook.changed", subject(webhook), &[], data);
    Ok(found)
}

/// Ends a subscription; what waited to be sent is dropped.
pub async fn delete(tx: &mut Tx, webhook: WebhookId) -> Result<()> {
    let found = get(tx, webhook).await?;
    store::delete(tx, webhook).await?;
    journal::enter(
        tx,
        "webhook.deleted",
        subject(webhook),
        &[],
        json!({"target": found.target, "resource": found.resource}),
    );
    Ok(())
}
