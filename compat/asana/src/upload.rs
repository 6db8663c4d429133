//! Multipart bodies: the file goes to the disk as it arrives, the rest is read like a form.
//!
//! Parts come in any order (Python sends the parent first, JavaScript the file), and a file that JavaScript sends from memory has
//! no file name; the part's own name, `file`, says what it is.

use crate::wire::body::Parsed;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use base::{Error, Limit, Limits, Result};
use blobs::{BlobRef, Blobs};
use percent_encoding::percent_decode_str;

/// A file that arrived.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name, if the client gave one.
    pub name: Option<String>,
    /// Where it is kept.
    pub blob: BlobRef,
}

fn broken(error: &MultipartError) -> Error {
    Error::invalid("asana.body", format!("Could not parse request data: {}", error.body_text()))
}

/// Reads a multipart body.
pub async fn read(request: Request, blobs: &Blobs, limits: &Limits) -> Result<(Parsed, Option<Upload>)> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|error| {
        Error::invalid("asana.body", format!("Could not parse request data: {}", error.body_text()))
    })?;
    let (mut parsed, mut upload) = (Parsed::default(), None);
    let mut room = limits.count(Limit::BodyBytes);
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let key = part.name().unwrap_or("").to_owned();
        if key == "file" || part.file_name().is_some() {
            upload = Some(keep(part, blobs, limits).await?);
            continue;
        }
        let text = small(part, &mut room).await?;
        parsed.add(&key, text);
    }
    Ok((parsed.tidied(), upload))
}

async fn keep(mut part: Field<'_>, blobs: &Blobs, limits: &Limits) -> Result<Upload> {
    let name = part.file_name().map(file_name).filter(|name| !name.is_empty());
    let mut file = blobs.begin(limits.get(Limit::AttachmentBytes)).await?;
    while let Some(piece) = part.chunk().await.map_err(|error| broken(&error))? {
        file.write(&piece).await?;
    }
    Ok(Upload { name, blob: file.finish().await? })
}

async fn small(mut part: Field<'_>, room: &mut usize) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|error| broken(&error))? {
        *room = room
            .checked_sub(piece.len())
            .ok_or_else(|| Error::too_large("body.too_large", "The body is too large"))?;
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::invalid("asana.body", "Could not parse request data: a part is not UTF-8"))
}

/// The name without folders. Names outside ASCII arrive URL-encoded from some clients; a name that only looks so stays.
fn file_name(sent: &str) -> String {
    let decoded =
        percent_decode_str(sent).decode_utf8().map_or_else(|_| sent.to_owned(), |name| name.into_owned());
    let name = if decoded.is_ascii() { sent } else { &decoded };
    name.rsplit(['/', '\\']).next().unwrap_or("").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    async fn read_body(body: &str) -> Result<(Parsed, Option<Upload>)> {
        let folder = std::env::temp_dir().join(format!("signalbox-upload-{}", base::random::word::<16>()));
        let blobs = Blobs::open(&folder).await.expect("a folder");
        let request = Request::builder()
            .header("content-type", "multipart/form-data; boundary=X")
            .body(Body::from(body.replace('\n', "\r\n")));
        let read = read(request.expect("a request"), &blobs, &Limits::default()).await;
        std::fs::remove_dir_all(folder).expect("removed");
        read
    }

    #[tokio::test]
    async fn parts_come_in_any_order_and_a_file_may_have_no_name() {
        let parent = "--X\nContent-Disposition: form-data; name=\"parent\"\n\n9\n";
        let named = "--X\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\nContent-Type: text/plain\n\nhello\n";
        let nameless = "--X\nContent-Disposition: form-data; name=\"file\"\n\nhello\n";
        for (body, name) in [
            (format!("{parent}{named}--X--\n"), Some("a.txt")),
            (format!("{named}{parent}--X--\n"), Some("a.txt")),
            (format!("{nameless}{parent}--X--\n"), None),
        ] {
            let (parsed, upload) = read_body(&body).await.expect("readable");
            let upload = upload.expect("a file");
            assert_eq!(
                (parsed.data["parent"].as_str(), upload.name.as_deref(), upload.blob.size),
                (Some("9"), name, 5)
            );
        }
        assert!(
            read_body("--X\nContent-Disposition: form-data; name=\"file\"\n\nhello").await.is_err(),
            "cut off"
        );
        assert!(read_body("").await.is_err());
    }

    #[test]
    fn file_names_lose_their_folders_and_their_encoding() {
        for (sent, kept) in [
            ("shot.png", "shot.png"),
            ("/etc/passwd", "passwd"),
            ("C:\\x\\y.txt", "y.txt"),
            ("%D0%BA%D0%BE%D1%82.png", "кот.png"),
            ("100%25.txt", "100%25.txt"),
            ("a\u{0}b", "ab"),
        ] {
            assert_eq!(file_name(sent), kept, "{sent:?}");
        }
    }
}
