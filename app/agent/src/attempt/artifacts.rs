//! Finding the files that are kept and bringing them to the server, by the hash of their content.

use super::pattern::Pattern;
use crate::contract::{Artifact, ArtifactRule};
use crate::server::{Backoff, Refusal, Server};
use base::id::AttemptId;
use reqwest::Method;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many files one attempt may keep.
const FILES_MAX: usize = 10_000;

/// A file to keep, found in the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub file: PathBuf,
    pub artifact: Artifact,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Search {
    pub found: Vec<Found>,
    /// Sentences about rules that found nothing though they had to.
    pub missing: Vec<String>,
    /// Sentences about what was left out.
    pub left_out: Vec<String>,
}

/// Looks for what `rules` name in `work`. Links are not followed out of it, and folders are not entered by links at all.
pub fn search(work: &Path, rules: &[ArtifactRule]) -> Search {
    let mut search = Search::default();
    let Ok(work) = work.canonicalize() else { return search };
    let mut files = Vec::new();
    if !rules.is_empty() {
        walk(&work, &mut Vec::new(), &mut files);
        files.sort();
    }
    let mut taken = BTreeSet::new();
    for rule in rules {
        let Some(pattern) = Pattern::parse(&rule.pattern) else {
            search
                .missing
                .push(format!("The pattern {:?} of {} leads out of the workspace", rule.pattern, rule.name));
            continue;
        };
        let before = search.found.len();
        for path in &files {
            let names: Vec<&str> = path.split('/').collect();
            if !pattern.matches(&names) || !taken.insert((rule.name.clone(), path.clone())) {
                continue;
            }
            if search.found.len() == FILES_MAX {
                search.left_out.push(format!("Only the first {FILES_MAX} files are kept"));
                return search;
            }
            match examine(&work, path, &rule.name) {
                Ok(found) => search.found.push(found),
                Err(why) => search.left_out.push(format!("{path} is not kept: {why}")),
            }
        }
        if rule.required && search.found.len() == before {
            search.missing.push(format!("No file matches {:?}, which {} requires", rule.pattern, rule.name));
        }
    }
    search
}

fn walk(folder: &Path, names: &mut Vec<String>, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        // A name that is not text has no place in a list of names.
        let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else { continue };
        names.push(name);
        if kind.is_dir() {
            walk(&entry.path(), names, files);
        } else {
            files.push(names.join("/"));
        }
        names.pop();
    }
}

fn examine(work: &Path, path: &str, name: &str) -> Result<Found, String> {
    let file = work.join(path).canonicalize().map_err(|e| e.to_string())?;
    if !file.starts_with(work) {
        return Err("it is a link that leads out of the workspace".to_owned());
    }
    if !std::fs::metadata(&file).is_ok_and(|found| found.is_file()) {
        return Err("it is no file".to_owned());
    }
    let (size, sha256) = digest(&file).map_err(|e| e.to_string())?;
    let media_type = media_type(path).to_owned();
    Ok(Found {
        file,
        artifact: Artifact { name: name.to_owned(), path: path.to_owned(), size, sha256, media_type },
    })
}

/// How long a file is, and the hash of its content.
pub fn digest(file: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            break;
        }
        hash.update(&piece[..n]);
        size += n as u64;
    }
    Ok((size, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

fn media_type(path: &str) -> &'static str {
    let end = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match end.as_str() {
        "html" | "htm" => "text/html",
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "css" => "text/css",
        "js" => "text/javascript",
        "json" => "application/json",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "webp" => "image/webp",
        "zip" => "application/zip",
        "gz" | "tgz" => "application/gzip",
        "tar" => "application/x-tar",
        _ => "application/octet-stream",
    }
}

/// Brings one file, unless the server has its content already.
pub async fn bring(server: &Server, attempt: AttemptId, epoch: i64, found: &Found) -> Result<(), Refusal> {
    let about = |method| {
        let rest = format!("files/{}", found.artifact.sha256);
        server.about(method, attempt, epoch, &rest)
    };
    let mut backoff = Backoff::default();
    loop {
        let tried = match Server::send(about(Method::HEAD)).await {
            Ok(_) => return Ok(()),
            Err(Refusal::Refused { status: 404, .. }) => put(about(Method::PUT), found).await,
            Err(refusal) => Err(refusal),
        };
        match tried {
            Err(refusal) if refusal.is_passing() => backoff.pause().await,
            other => return other,
        }
    }
}

async fn put(request: reqwest::RequestBuilder, found: &Found) -> Result<(), Refusal> {
    let file = tokio::fs::File::open(&found.file)
        .await
        .map_err(|e| Refusal::Strange(format!("{} cannot be read: {e}", found.artifact.path)))?;
    let body = reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::with_capacity(file, 1 << 16));
    let request = request
        .header("Content-Type", "application/octet-stream")
        .header("Content-Length", found.artifact.size)
        .body(body);
    Server::send(request).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str, required: bool) -> ArtifactRule {
        ArtifactRule { name: "report".to_owned(), pattern: pattern.to_owned(), required }
    }

    #[test]
    fn files_are_found_and_links_do_not_lead_out() {
        let work = std::env::temp_dir().join(format!("artifacts-{}", base::random::word::<12>()));
        std::fs::create_dir_all(work.join("out/inner")).expect("folders");
        std::fs::write(work.join("out/a.html"), "<p>").expect("written");
        std::fs::write(work.join("out/inner/b.html"), "b").expect("written");
        std::os::unix::fs::symlink("/etc/passwd", work.join("out/passwd.html")).expect("a link");
        std::os::unix::fs::symlink("/etc", work.join("out/etc")).expect("a link");
        std::os::unix::fs::symlink("a.html", work.join("out/same.html")).expect("a link");
        let search =
            super::search(&work, &[rule("out/**/*.html", true), rule("*.pdf", true), rule("/etc/*", false)]);
        let paths: Vec<_> = search.found.iter().map(|found| found.artifact.path.as_str()).collect();
        assert_eq!(paths, ["out/a.html", "out/inner/b.html", "out/same.html"]);
        assert_eq!(search.found[0].artifact.media_type, "text/html");
        assert_eq!(
            search.found[1].artifact.sha256,
            "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
        );
        assert_eq!(search.missing.len(), 2, "{:?}", search.missing);
        assert_eq!(search.left_out.len(), 1, "{:?}", search.left_out);
        std::fs::remove_dir_all(work).expect("removed");
    }
}
