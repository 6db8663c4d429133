//! `/webhooks`: subscriptions, and the letters that carry their events.
//!
//! Creation shakes hands first: a secret is posted to the target, which has to send it back, while the creating request waits. No
//! transaction is open meanwhile. Letters are signed with that secret over their exact bytes.

use crate::call::Call;
use crate::events;
use crate::routes::{Route, route};
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::fields::Want;
use crate::wire::record::{Record, named};
use crate::wire::value::{self, Data, bad};
use base::id::WebhookId;
use base::{Actor, Error, Result};
use db::Tx;
use hmac::{Hmac, KeyInit, Mac};
use notify::Outgoing;
use serde_json::{Value, json};
use sha2::Sha256;
use web::App;
use work::happenings::Action;
use work::webhooks::{self, Filter, NewWebhook, Webhook};

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/webhooks" => list),
    route!(POST "/webhooks" => create),
    route!(GET "/webhooks/{webhook}" => get),
    route!(PUT "/webhooks/{webhook}" => change),
    route!(DELETE "/webhooks/{webhook}" => delete),
];

const SECRET: &str = "X-Hook-Secret";
const SIGNATURE: &str = "X-Hook-Signature";

fn filter(value: &Value) -> Result<Filter> {
    let Value::Object(filter) = value else { return Err(bad("filters", "Not an object")) };
    let action = match value::text(filter, "action")?.flatten() {
        Some(word) => Some(Action::parse(&word).map_err(|error| bad("filters.action", error.message()))?),
        None => None,
    };
    let fields = match filter.get("fields") {
        Some(Value::Array(fields)) => {
            Some(fields.iter().filter_map(|field| field.as_str().map(str::to_owned)).collect())
        }
        _ => None,
    };
    Ok(Filter {
        kind: value::text(filter, "resource_type")?.flatten(),
        subtype: value::text(filter, "resource_subtype")?.flatten(),
        action,
        fields,
    })
}

fn filters(data: &Data) -> Result<Vec<Filter>> {
    match data.get("filters") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(filters)) => filters.iter().map(filter).collect(),
        Some(_) => Err(bad("filters", "Not a list")),
    }
}

fn show_filter(filter: &Filter) -> Value {
    let mut shown = serde_json::Map::new();
    shown.insert("resource_type".to_owned(), json!(filter.kind));
    shown.insert("resource_subtype".to_owned(), json!(filter.subtype));
    shown.insert("action".to_owned(), json!(filter.action));
    shown.insert("fields".to_owned(), json!(filter.fields));
    Value::Object(shown)
}

async fn record(tx: &mut Tx, it: &Webhook, want: Want<'_>) -> Result<Value> {
    let time = |at: Option<base::Time>| at.map(|at| at.to_string());
    let name = events::name_of(tx, &it.resource).await?;
    Ok(Record::new("webhook", it.id, want)
        .compact("active", true)
        .compact("resource", named(&it.resource.kind, it.resource.id, &name, want.of("resource")))
        .compact("target", it.target.as_str())
        .full("created_at", it.created_at.to_string())
        .full("filters", it.filters.iter().map(show_filter).collect::<Value>())
        .full("last_success_at", time(it.last_success_at))
        .full("last_failure_at", time(it.last_failure_at))
        .full("last_failure_content", it.last_failure.clone().unwrap_or_default())
        .full("delivery_retry_count", it.failures)
        .full("next_attempt_after", time(it.next_try_at))
        .full("failure_deletion_timestamp", time(it.ends_at()))
        .done())
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let workspace = call.query.id("workspace")?.ok_or_else(|| value::missing_input("workspace"))?;
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, workspace).await?;
    let resource = match call.query.id::<i64>("resource")? {
        Some(id) => Some(events::resource(&mut tx, id).await?),
        None => None,
    };
    let found = webhooks::list(&mut tx, resource.as_ref()).await?;
    let listed = call.cut(found, |webhook| webhook.id.0)?;
    let mut records = Vec::with_capacity(listed.items.len());
    for webhook in &listed.items {
        records.push(record(&mut tx, webhook, call.fields.compact()).await?);
    }
    call.list(&listed, records)
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let webhook = webhooks::get(&mut tx, call.id("webhook")?).await?;
    Ok(Answer::ok(record(&mut tx, &webhook, call.fields.full()).await?))
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let id: i64 = value::required_id(&call.data, "resource")?;
    let target =
        value::text(&call.data, "target")?.flatten().ok_or_else(|| value::missing_input("target"))?;
    let filters = filters(&call.data)?;
    let mut tx = call.read().await?;
    let resource = events::resource(&mut tx, id).await.map_err(|error| fault::in_body("resource", error))?;
    webhooks::check(&mut tx, &resource, &filters).await.map_err(|error| fault::in_body("resource", error))?;
    drop(tx);
    let secret = base::random::bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    shake_hands(&call.shared.outgoing, &target, &secret).await?;
    let mut tx = call.write().await?;
    let new = NewWebhook { resource, target, filters, secret: secret.clone() };
    let webhook = webhooks::create(&mut tx, new).await?;
    let record = record(&mut tx, &webhook, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "webhooks").with(SECRET, secret))
}

/// Posts the secret; whoever sends it back in the same header wants the letters.
async fn shake_hands(outgoing: &Outgoing, target: &str, secret: &str) -> Result<()> {
    let failed = |what: String| {
        bad("target", format!("The remote server did not respond with the handshake secret: {what}"))
    };
    outgoing.check(target).map_err(|error| match error.kind() {
        base::Kind::Denied => Error::denied("asana.target", format!("target: {target} {}", error.message())),
        _ => bad("target", error.message()),
    })?;
    let header = (SECRET, secret.to_owned());
    let reply = outgoing
        .post(target, &[header], b"{}".to_vec(), SECRET)
        .await
        .map_err(|error| failed(error.message().to_owned()))?;
    if !reply.is_accepted() {
        return Err(failed(format!("it answered {}", reply.status)));
    }
    match reply.header.is_some_and(|echo| base::secret::same_bytes(echo.trim().as_bytes(), secret.as_bytes()))
    {
        true => Ok(()),
        false => Err(failed(format!("the header {SECRET} did not come back"))),
    }
}

/// Only filters can change, all at once.
async fn change(call: &Call<'_>) -> Result<Answer> {
    let id: WebhookId = call.id("webhook")?;
    let mut tx = call.write().await?;
    let webhook = match call.data.contains_key("filters") {
        true => webhooks::set_filters(&mut tx, id, filters(&call.data)?).await?,
        false => webhooks::get(&mut tx, id).await?,
    };
    let record = record(&mut tx, &webhook, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    webhooks::delete(&mut tx, call.id("webhook")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends what waits for one subscription.
pub async fn deliver(app: &App, outgoing: &Outgoing, webhook: WebhookId) -> Result<()> {
    let mut tx = app.db.write(&Actor::system()).await?;
    let parcel = webhooks::claim(&mut tx, webhook).await?;
    tx.commit().await?;
    let Some(parcel) = parcel else { return Ok(()) };
    let body = json!({ "events": parcel.events }).to_string().into_bytes();
    let header = (SIGNATURE, signature(&parcel.webhook.secret, &body));
    let outcome = outgoing.post(&parcel.webhook.target, &[header], body, SECRET).await;
    let mut tx = app.db.write(&Actor::system()).await?;
    match outcome {
        Ok(reply) if reply.is_accepted() => webhooks::delivered(&mut tx, &parcel).await?,
        Ok(reply) => webhooks::failed(&mut tx, &parcel, &format!("{} {}", reply.status, reply.body)).await?,
        Err(error) => webhooks::failed(&mut tx, &parcel, error.message()).await?,
    }
    tx.commit().await
}

/// The subscription that a chore is about.
pub fn in_payload(payload: &Value) -> Result<WebhookId> {
    let id = payload["webhook"].as_str().and_then(|text| text.parse().ok());
    id.ok_or_else(|| Error::bug("asana.chore", "a chore names no webhook"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_signed_over_its_bytes() {
        assert_eq!(
            signature("key", b"The quick brown fox jumps over the lazy dog"),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
        );
    }

    #[test]
    fn filters_are_read_in_their_words() {
        let read = |value: Value| filters(&value.as_object().cloned().expect("an object"));
        let read_one = read(
            json!({"filters": [{"resource_type": "task", "action": "changed", "fields": ["completed"]}]}),
        )
        .expect("readable");
        assert_eq!(
            read_one,
            [Filter {
                kind: Some("task".to_owned()),
                subtype: None,
                action: Some(Action::Changed),
                fields: Some(vec!["completed".to_owned()])
            }]
        );
        assert!(read(json!({})).expect("none").is_empty());
        assert!(
            read(json!({"filters": "task"})).is_err()
                && read(json!({"filters": [{"action": "exploded"}]})).is_err()
        );
    }
}
