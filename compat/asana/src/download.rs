//! Files behind signed addresses: `download_url` works for whoever has it, without a token, for a short time.

use crate::call::Call;
use crate::wire::seal::Seal;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use base::id::AttachmentId;
use base::{Actor, Error, Result, Time};
use std::time::Duration;
use tokio_util::io::ReaderStream;
use web::App;

/// How long an address works: a few minutes, for clients that read the record first and the file when they get to it.
const VALID: Duration = Duration::from_secs(15 * 60);

const PURPOSE: &str = "download";

/// The address of an attachment's file.
pub fn address(call: &Call<'_>, attachment: AttachmentId) -> String {
    let ends = call.app.clock.now().plus(VALID).millis();
    let token = call.seal.close(PURPOSE, &format!("{attachment} {ends}"));
    call.app.link(&format!("/api/1.0/download/{token}"))
}

fn opened(seal: &Seal, token: &str, now: Time) -> Option<AttachmentId> {
    let text = seal.open(PURPOSE, token)?;
    let (attachment, ends) = text.split_once(' ')?;
    (ends.parse::<i64>().ok()? > now.millis()).then_some(AttachmentId(attachment.parse().ok()?))
}

/// Sends the file, as something to keep and never as a page of this site.
pub async fn send(app: &App, seal: &Seal, token: &str) -> Result<Response<Body>> {
    let gone = || {
        Error::missing("asana.download", "This address has expired; read the attachment again for a new one")
    };
    let attachment = opened(seal, token, app.clock.now()).ok_or_else(gone)?;
    let mut tx = app.db.read(&Actor::system()).await?;
    let attachment = work::attachments::get_signed(&mut tx, attachment).await?;
    drop(tx);
    let blob = attachment.blob.ok_or_else(gone)?;
    let file = app.blobs.file(&blob).await?;
    let mut response = Response::new(Body::from_stream(ReaderStream::new(file)));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Some(size) = attachment.size {
        headers.insert(header::CONTENT_LENGTH, size.into());
    }
    if let Ok(value) = HeaderValue::from_str(&disposition(&attachment.name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn disposition(name: &str) -> String {
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_opens_one_attachment_for_a_while() {
        let seal = Seal::new(b"k");
        let token = seal.close(PURPOSE, "12 1000");
        assert_eq!(opened(&seal, &token, Time::from_millis(999)), Some(AttachmentId(12)));
        assert_eq!(opened(&seal, &token, Time::from_millis(1_000)), None);
        assert_eq!(opened(&seal, "made-up", Time::from_millis(0)), None);
        assert_eq!(opened(&seal, &seal.close("page /tasks", "12 1000"), Time::from_millis(0)), None);
        assert_eq!(disposition("a\"b\r\n.txt"), "attachment; filename*=UTF-8''a%22b%0D%0A%2Etxt");
    }
}
