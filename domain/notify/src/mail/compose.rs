//! A mail as it goes out: headers and both bodies. No text that somebody wrote can make a header of its own.

use super::Letter;
use crate::message;
use base::id::AnyId;
use base::{Error, Result, Time};
use lettre::Message as Mail;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use std::time::{Duration, SystemTime};
use url::Url;

/// The most of a text that becomes a header.
const HEADER_CHARS: usize = 200;

/// A text on one line, without anything that ends or bends a header.
pub(super) fn line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(HEADER_CHARS) {
        Some((cut, _)) => format!("{}…", &words[..cut]),
        None => words,
    }
}

/// What a name may consist of within an id.
fn atom(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let atom: String = kept.take(60).collect();
    let atom = atom.trim_matches('-').to_owned();
    if atom.is_empty() { "signalbox".to_owned() } else { atom }
}

/// The name of this server within ids.
fn host(public_url: &Url) -> String {
    let host = public_url.host_str().unwrap_or("localhost");
    host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect()
}

fn message_id(delivery: AnyId, public_url: &Url) -> String {
    format!("<{delivery}.signalbox@{}>", host(public_url))
}

fn raw(name: &str, value: &str) -> Result<HeaderValue> {
    let name = HeaderName::new_from_ascii(name.to_owned())
        .map_err(|error| Error::bug("mail.header", "the name of a header is not one").because(error))?;
    Ok(HeaderValue::new(name, line(value)))
}

pub(super) fn mail(letter: &Letter<'_>, from: &Mailbox, public_url: &Url, now: Time) -> Result<Mail> {
    let (delivery, message) = (letter.delivery, letter.message);
    let link = |path: &str| format!("{}{path}", public_url.as_str().trim_end_matches('/'));
    let address = super::valid_address(letter.address)?;
    let address = address.parse().map_err(|_| Error::invalid("mail.address", "it is not a mail address"))?;
    // A name that is the address itself would stand there twice.
    let name = Some(line(&delivery.recipient)).filter(|name| !name.is_empty() && !name.contains('@'));
    let list = atom(&message.list);
    let mut mail = Mail::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(format!("[Signalbox] {}", line(&message.title)))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.millis()).unwrap_or(0)))
        .message_id(Some(message_id(delivery.id, public_url)))
        .raw_header(raw("List-Id", &format!("{} <{list}.{}>", atom(&message.list), host(public_url)))?)
        // Who answers on holiday does not answer a program.
        .raw_header(raw("Auto-Submitted", "auto-generated")?)
        .raw_header(raw("X-Auto-Response-Suppress", "All")?)
        .raw_header(raw("X-Signalbox-Kind", &message.kind)?)
        .raw_header(raw("X-Signalbox-About", &message.about.to_string())?)
        .raw_header(raw("X-Signalbox-Delivery", &delivery.id.to_string())?);
    if let Some(first) = letter.reply_to {
        let first = message_id(first, public_url);
        mail = mail.in_reply_to(first.clone()).references(first);
    }
    if let Some(path) = &message.stop_path {
        mail = mail.raw_header(raw("List-Unsubscribe", &format!("<{}>", link(path)))?);
    }
    for (name, value) in &message.headers {
        mail = mail.raw_header(raw(&format!("X-Signalbox-{name}"), value)?);
    }
    let body = MultiPart::alternative_plain_html(message::text(message, link), message::html(message, link));
    mail.multipart(body)
        .map_err(|error| Error::invalid("mail.message", "the mail cannot be made").because(error))
}
