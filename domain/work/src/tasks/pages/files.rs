//! Files: what comes with a form, and what a page shows of them.

use super::common::{back, quietly};
use crate::attachments::{self, Attachment, AttachmentKind};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base::id::{AttachmentId, TaskId};
use base::{Error, Limit, Result};
use blobs::BlobRef;
use maud::{Markup, html};
use tokio_util::io::ReaderStream;
use web::{App, Auth, Path, ui};

/// A form with files, which are on the disk already.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The texts, by the names of their fields.
    pub texts: Vec<(String, String)>,
    /// The files, with the names that they came with.
    pub files: Vec<(String, BlobRef)>,
}

/// Files that one form may bring.
const FILES: usize = 20;

fn broken(error: &axum::extract::multipart::MultipartError) -> Error {
    Error::invalid("form.malformed", format!("the form cannot be read: {}", error.body_text()))
}

/// Reads a form as a browser sends it, with files or without.
pub(super) async fn read(app: &App, request: Request) -> Result<Sent> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/") {
        let web::Form(texts) = web::Form::from_request(request, app).await.map_err(|problem| problem.0)?;
        return Ok(Sent { texts, files: Vec::new() });
    }
    let mut parts = Multipart::from_request(request, app).await.map_err(|error| {
        Error::invalid("form.malformed", format!("the form cannot be read: {}", error.body_text()))
    })?;
    let mut sent = Sent::default();
    let mut room = app.limits.count(Limit::BodyBytes);
    while let Some(mut part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let key = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        if let Some(name) = name {
            let mut file = app.blobs.begin(app.limits.get(Limit::AttachmentBytes)).await?;
            let mut is_empty = true;
            while let Some(piece) = part.chunk().await.map_err(|error| broken(&error))? {
                is_empty &= piece.is_empty();
                file.write(&piece).await?;
            }
            // A file field that nobody touched comes as a file without name and content.
            if !(is_empty && name.is_empty()) {
                sent.files
                    .push((if name.is_empty() { "file".to_owned() } else { name }, file.finish().await?));
            }
            if sent.files.len() > FILES {
                return Err(Error::invalid(
                    "files.too_many",
                    format!("Attach at most {FILES} files at once"),
                ));
            }
            continue;
        }
        let mut bytes = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(|error| broken(&error))? {
            room = room
                .checked_sub(piece.len())
                .ok_or_else(|| Error::too_large("body.too_large", "the form is too large"))?;
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::invalid("form.malformed", "the form holds text that is not UTF-8"))?;
        sent.texts.push((key, text));
    }
    Ok(sent)
}

impl Sent {
    /// A text of the form; empty when it has none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.texts.iter().find(|(name, _)| name == key).map_or("", |(_, text)| text)
    }
}

/// Hangs files on a task.
pub(super) async fn attach(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    request: Request,
) -> web::Result<Response> {
    let next = back(request.headers(), &format!("/tasks/{task}"));
    let sent = read(&app, request).await?;
    let mut tx = app.db.write(&actor).await?;
    for (name, blob) in &sent.files {
        attachments::add_file(&mut tx, task, name, &blob.hash, blob.size).await?;
    }
    if !sent.text("url").trim().is_empty() {
        attachments::add_link(&mut tx, task, sent.text("url"), sent.text("url")).await?;
    }
    tx.commit().await?;
    Ok(quietly(&next))
}

/// Takes a file off a task.
pub(super) async fn detach(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, attachment)): Path<(TaskId, AttachmentId)>,
    headers: HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let found = attachments::get(&mut tx, attachment).await?;
    if found.task.id != task {
        return Err(Error::missing("attachment.unknown", "this file hangs on another task").into());
    }
    attachments::delete(&mut tx, attachment).await?;
    tx.commit().await?;
    Ok(ui::done(&back(&headers, &format!("/tasks/{task}")), &format!("{} is deleted", found.name)))
}

/// The kind of a picture that browsers show, by its name. What is in it does not matter: it is never run.
fn picture(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next().unwrap_or_default().to_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        "avif" => Some("image/avif"),
        _ => None,
    }
}

/// Whether a page can show it as a picture.
pub(super) fn is_picture(attachment: &Attachment) -> bool {
    attachment.kind == AttachmentKind::File && picture(&attachment.name).is_some()
}

/// Sends a file: pictures to be seen, everything else to be kept. Never as a page of this site.
pub(super) async fn show(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(attachment): Path<AttachmentId>,
) -> web::Result<Response> {
    let found = attachments::get(&mut app.db.read(&actor).await?, attachment).await?;
    if let Some(url) = &found.url {
        return Ok(Redirect::to(url).into_response());
    }
    let gone = || Error::missing("attachment.gone", "the content of this file is not there any more");
    let file = app.blobs.file(found.blob.as_deref().ok_or_else(gone)?).await?;
    let mut response = Response::new(Body::from_stream(ReaderStream::new(file)));
    let kind = picture(&found.name);
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.unwrap_or("application/octet-stream")));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    // Whoever may not see the task any more must not find it in a shared cache.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    if let Some(size) = found.size {
        headers.insert(header::CONTENT_LENGTH, size.into());
    }
    let coded: String =
        found
            .name
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
    let way = if kind.is_some() { "inline" } else { "attachment" };
    if let Ok(value) = HeaderValue::from_str(&format!("{way}; filename*=UTF-8''{coded}")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn size(bytes: i64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        ..1_000_000 => format!("{} kB", (bytes + 500) / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// The files of a task.
pub(super) fn list(task: TaskId, files: &[Attachment], can_edit: bool) -> Markup {
    html! {
        @if !files.is_empty() {
            h3 { "Files " span.faint { (files.len()) } }
            ul.files {
                @for file in files {
                    li {
                        a.file href={ "/attachments/" (file.id) } target=[is_picture(file).then_some("_blank")] {
                            @if is_picture(file) { img.ft src={ "/attachments/" (file.id) } alt="" loading="lazy" width="34" height="38"; }
                            @else { span.ft aria-hidden="true" { (file.name.rsplit('.').next().filter(|end| end.len() <= 4 && file.name.contains('.')).unwrap_or("link")) } }
                            span.grow { span.clip { (file.name) } small { @if let Some(bytes) = file.size { (size(bytes)) } @else { (file.url.as_deref().unwrap_or_default()) } } }
                        }
                        @if can_edit {
                            form method="post" action={ "/tasks/" (task) "/files/" (file.id) "/delete" } data-morph="#task" {
                                button.btn.quiet.icon.sm aria-label={ "Delete " (file.name) } { (ui::icon("x")) }
                            }
                        }
                    }
                }
            }
        }
    }
}
