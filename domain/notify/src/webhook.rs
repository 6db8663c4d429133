//! The channel to addresses on the web: JSON, signed as Standard Webhooks has it, so that receivers can check it with libraries that exist.
//!
//! `webhook-id` is the delivery's: it stays the same when a letter is sent again, so that a receiver can drop what it has. A redirect is not
//! followed. What is refused with 4xx has failed, but for 408, 425 and 429; anything else is tried again, not before `Retry-After`.

mod store;

use crate::deliveries::Delivery;
use crate::deliveries::run::Outcome;
use crate::message::Message;
use crate::outgoing::Outgoing;
use base::{Error, Limit, Limits, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use db::Tx;
use hmac::{Hmac, KeyInit as _, Mac as _};
use journal::Subject;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use web::App;

/// How long the old key signs beside a new one.
const OVERLAP: Duration = Duration::from_secs(86_400);

/// The keys that sign now, the newest first. The first is made when it is needed.
pub async fn keys(tx: &mut Tx) -> Result<Vec<String>> {
    let known = store::signing_keys(tx).await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let key = new_key();
    let now = tx.now();
    store::add_signing_key(tx, &key, now).await?;
    Ok(vec![key])
}

/// The key that receivers check signatures with, if anything was signed yet. For administrators.
pub async fn key(tx: &mut Tx) -> Result<Option<String>> {
    people::rights::require_admin(tx).await?;
    Ok(store::signing_keys(tx).await?.into_iter().next())
}

/// Makes a new key. The old one signs beside it for a day. For administrators.
pub async fn renew_key(tx: &mut Tx) -> Result<String> {
    people::rights::require_admin(tx).await?;
    let key = new_key();
    let end = tx.now().plus(OVERLAP);
    store::add_signing_key(tx, &key, end).await?;
    let workspace = people::workspace::current(tx).await?;
    let subject = Subject::new("workspace", workspace.id.0);
    journal::enter(tx, "workspace.signing_key_renewed", subject, &[], json!({"name": workspace.name}));
    Ok(key)
}

fn new_key() -> String {
    format!("whsec_{}", BASE64.encode(base::random::bytes::<32>()))
}

/// `v1,<base64>` for each key.
fn signature(keys: &[String], id: &str, at: i64, body: &[u8]) -> Result<String> {
    let sign = |key: &String| {
        let bytes = BASE64.decode(key.trim_start_matches("whsec_"));
        let bytes = bytes.map_err(|error| Error::bug("webhook.key", "a key is base64").because(error))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).expect("HMAC takes keys of every length");
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(body);
        Ok(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
    };
    Ok(keys.iter().map(sign).collect::<Result<Vec<_>>>()?.join(" "))
}

fn body(app: &App, delivery: &Delivery, message: &Message) -> Value {
    let link = app.link(&message.path);
    json!({
        "id": delivery.id,
        "type": message.kind,
        "timestamp": delivery.made_at,
        "about": message.about,
        "title": message.title,
        // Chat services show the member `text` of what is posted to them; they read `<`, `>` and `&` as markup.
        "text": format!("{}\n{link}", message.sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
        "url": link,
        "data": message.data,
    })
}

pub(crate) async fn post(
    app: &App,
    web: &Outgoing,
    address: &str,
    delivery: &Delivery,
    message: &Message,
    keys: &[String],
) -> Outcome {
    let body = body(app, delivery, message).to_string().into_bytes();
    let id = delivery.id.to_string();
    let at = app.clock.now().millis() / 1_000;
    let signature = match signature(keys, &id, at, &body) {
        Ok(signature) => signature,
        Err(error) => return Outcome::Again(error.message().to_owned(), None),
    };
    let headers =
        [("webhook-id", id), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)];
    match web.post(address, &headers, body, "retry-after").await {
        Ok(reply) => judge(&app.limits, reply.status, reply.header.as_deref(), &reply.body),
        // Where it must not go it never goes; who does not answer may answer later.
        Err(error) if matches!(error.kind(), base::Kind::Denied | base::Kind::Invalid) => {
            Outcome::Failed(format!("The address {}", error.message()))
        }
        Err(error) => Outcome::Again(error.message().to_owned(), None),
    }
}

fn judge(limits: &Limits, status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let said = format!("{status} {body}");
    let after = retry_after.and_then(|text| text.trim().parse::<u64>().ok());
    let after =
        after.map(|seconds| Duration::from_secs(seconds.min(limits.get(Limit::WebhookRetryAfterSeconds))));
    match status {
        200..=299 => Outcome::Sent(said),
        408 | 425 | 429 | 500.. => Outcome::Again(said, after),
        300..=399 => Outcome::Failed(format!("{status}: redirects are not followed")),
        _ => Outcome::Failed(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_signed_as_standard_webhooks_has_it() {
        // The example of the specification.
        let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let body = br#"{"test": 2432232314}"#;
        let signed =
            signature(std::slice::from_ref(&key), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed.expect("signed"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let both = signature(&[key.clone(), key], "a", 1, body).expect("signed");
        assert_eq!(both.split(' ').count(), 2, "while keys change both sign");
    }

    #[test]
    fn refusals_are_final_unless_the_address_says_otherwise() {
        let again = |wait: Option<u64>| wait.map(Duration::from_secs);
        for (status, after, expected) in [
            (204, None, Outcome::Sent("204 x".to_owned())),
            (302, None, Outcome::Failed("302: redirects are not followed".to_owned())),
            (404, None, Outcome::Failed("404 x".to_owned())),
            (410, None, Outcome::Failed("410 x".to_owned())),
            (429, Some("90"), Outcome::Again("429 x".to_owned(), again(Some(90)))),
            (503, Some("Fri, 31 Dec 1999 23:59:59 GMT"), Outcome::Again("503 x".to_owned(), None)),
        ] {
            assert_eq!(judge(&Limits::default(), status, after, "x"), expected, "{status}");
        }
    }
}
