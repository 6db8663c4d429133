//! Files: logs and what runs kept; and the way from Bamboo's addresses to the pages for people.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, no_plan, no_result, part_keys, part_of, run_of, seen};
use crate::keys::Number;
use crate::routes::{Route, route};
use crate::show::artifact::segment;
use crate::show::log::{Entry, Reader};
use crate::show::result::Detail;
use crate::show::words;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use base::id::PartId;
use base::{Error, Result, Right};
use futures_util::stream::{self, StreamExt};
use jobs::attempts::{Artifact, Attempt};
use jobs::jobs::Job;
use jobs::runs::{self, LogPart, Run, State};
use std::collections::VecDeque;
use web::App;

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(file "/download/{job}/build_logs/{file}" => log),
    route!(file "/browse/{key}" => browse),
    route!(file "/browse/{key}/artifact/{place}/{name}" => artifact),
    route!(file "/browse/{key}/artifact/{place}/{name}/{*path}" => artifact),
    route!(file "/browse/{key}/latestSuccessful/artifact/{place}/{name}" => of_latest),
    route!(file "/browse/{key}/latestSuccessful/artifact/{place}/{name}/{*path}" => of_latest),
    route!(file "/artifact/{plan}/{place}/{build}/{name}" => by_build),
    route!(file "/artifact/{plan}/{place}/{build}/{name}/{*path}" => by_build),
];

/// Bytes of a log that are read at once.
const STEP: usize = 1_048_576;

/// The tries whose output is the log of a run, or of one of its parts.
pub fn tries(detail: &Detail, only: Option<PartId>) -> Vec<Attempt> {
    let wanted = detail.parts.iter().filter(|part| only.is_none_or(|only| only == part.id));
    wanted.filter_map(|part| detail.attempts.get(&part.id).cloned()).collect()
}

/// Reads the output of tries as the lines of a log, some at a time, so that a log of any size needs little memory.
pub struct Lines {
    app: App,
    rest: VecDeque<Attempt>,
    now: Option<(LogPart, Reader, i64)>,
}

impl Lines {
    /// Of these tries, one after the other.
    pub fn new(app: &App, tries: Vec<Attempt>) -> Self {
        Self { app: app.clone(), rest: tries.into(), now: None }
    }

    /// The next lines; none at the end.
    pub async fn more(&mut self) -> Result<Option<Vec<Entry>>> {
        loop {
            let Some((part, reader, at)) = &mut self.now else {
                let Some(attempt) = self.rest.pop_front() else { return Ok(None) };
                let reader = Reader::new(attempt.leased_at);
                self.now = Some((LogPart { part: attempt.part, attempt, from: 0 }, reader, 0));
                continue;
            };
            let parts = std::slice::from_ref(part);
            let bytes = runs::read_log(&self.app.db, &self.app.blobs, parts, *at, STEP).await?;
            if bytes.is_empty() {
                // What a try has begun to print is no line before it is over.
                let last = reader.end().filter(|_| part.attempt.state.is_over());
                self.now = None;
                if let Some(last) = last {
                    return Ok(Some(vec![last]));
                }
                continue;
            }
            *at += bytes.len() as i64;
            let entries = reader.take(&bytes);
            if !entries.is_empty() {
                return Ok(Some(entries));
            }
        }
    }
}

/// `download/LAB-PROV-PACK/build_logs/LAB-PROV-PACK-4.log`; with the keys of a plan, the logs of all its jobs in order.
async fn log(call: &Call<'_>) -> Result<Answer> {
    let file = call.param("file");
    let text = file.strip_suffix(".log").unwrap_or(file);
    let (_, meant) = call.meant(text).await?;
    let number = meant.number.ok_or_else(|| no_result(text))?;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::Log).await, || no_plan(text))?;
    let run = run_of(&mut tx, &job, number, Right::Log, text).await?;
    let detail = Detail::load(&mut tx, &job, &run).await?;
    drop(tx);
    let only = match &meant.part {
        None => None,
        Some(name) => {
            let models = part_keys(detail.parts.iter().map(|part| &part.model));
            let place =
                part_of(&models, name).and_then(|(key, _)| models.iter().position(|(own, _)| own == key));
            Some(place.and_then(|place| detail.parts.get(place)).ok_or_else(|| no_result(text))?.id)
        }
    };
    let lines = Lines::new(call.app, tries(&detail, only));
    let pieces = stream::unfold(lines, |mut lines| async move {
        match lines.more().await {
            Ok(None) => None,
            Ok(Some(entries)) => Some((Ok(entries.iter().map(Entry::line).collect::<String>()), lines)),
            Err(error) => Some((Err(error), lines)),
        }
    });
    // Whoever sends it may ask once more after its end.
    let mut response = Response::new(Body::from_stream(pieces.fuse()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(Answer::Whole(response))
}

async fn artifact(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("key");
    let (_, meant) = call.meant(text).await?;
    let number = meant.number.ok_or_else(|| no_result(text))?;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::Log).await, || no_plan(text))?;
    let run = run_of(&mut tx, &job, number, Right::Log, text).await?;
    drop(tx);
    kept(call, &job, &run).await
}

/// The newest result that was successful.
async fn of_latest(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("key");
    let (_, meant) = call.meant(text).await?;
    successful(call, meant.plan.id, text).await
}

async fn successful(call: &Call<'_>, job: base::id::JobId, text: &str) -> Result<Answer> {
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, job, Right::Log).await, || no_plan(text))?;
    let run = runs::page(&mut tx, job.id, &[State::Succeeded], 0, 1).await?.into_iter().next();
    let run = run.ok_or_else(|| no_result(&format!("{text}/latestSuccessful")))?;
    drop(tx);
    kept(call, &job, &run).await
}

/// `artifact/LAB-PROV/shared/build-00004/report/index.html`, and `build-latest` and `build-latestSuccessful`.
async fn by_build(call: &Call<'_>) -> Result<Answer> {
    let (text, build) = (call.param("plan"), call.param("build"));
    let (_, meant) = call.meant(text).await?;
    let word = build.strip_prefix("build-").unwrap_or(build);
    if word.eq_ignore_ascii_case("latestSuccessful") {
        return successful(call, meant.plan.id, text).await;
    }
    let number = Number::parse(word).ok_or_else(|| no_result(&format!("{text}/{build}")))?;
    let mut tx = call.read().await?;
    let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::Log).await, || no_plan(text))?;
    let run = run_of(&mut tx, &job, number, Right::Log, text).await?;
    drop(tx);
    kept(call, &job, &run).await
}

/// What a rule kept: the file, when it is one or a path is named; otherwise a list of them.
async fn kept(call: &Call<'_>, job: &Job, run: &Run) -> Result<Answer> {
    let (place, name, path) = (call.param("place"), call.param("name"), call.param("path"));
    let mut tx = call.read().await?;
    let detail = Detail::load(&mut tx, job, run).await?;
    drop(tx);
    let models = part_keys(detail.parts.iter().map(|part| &part.model));
    let only = match place {
        "shared" => None,
        other => {
            let found =
                part_of(&models, other).and_then(|(key, _)| models.iter().position(|(own, _)| own == key));
            let found = found.and_then(|at| detail.parts.get(at));
            Some(found.ok_or_else(|| no_file(name, path))?.id)
        }
    };
    let own: Vec<&Artifact> = detail
        .artifacts
        .iter()
        .filter(|artifact| artifact.name == name && only.is_none_or(|part| part == artifact.part))
        .collect();
    let found = match (path, own.as_slice()) {
        ("", [one]) => Some(*one),
        ("", _) => None,
        (path, all) => Some(by_path(all, path).ok_or_else(|| no_file(name, path))?),
    };
    match found {
        Some(artifact) => {
            runs::sent(call.app, artifact, true).await.map(Answer::Whole).map_err(|problem| problem.0)
        }
        None if own.is_empty() => Err(no_file(name, path)),
        None => Ok(Answer::Whole(listing(call, name, &own)?)),
    }
}

fn no_file(name: &str, path: &str) -> Error {
    Error::missing("bamboo.artifact", format!("This result has no file {path:.200} in {name:.100}"))
}

/// The file with this path, or the only one that ends with it.
fn by_path<'a>(all: &[&'a Artifact], path: &str) -> Option<&'a Artifact> {
    let exact = all.iter().find(|artifact| artifact.path == path);
    exact.copied().or_else(|| {
        let end = format!("/{path}");
        let mut ending = all.iter().filter(|artifact| artifact.path.ends_with(&end));
        ending.next().filter(|_| ending.next().is_none()).copied()
    })
}

/// The files of a rule as links, as a folder of a web server is listed.
fn listing(call: &Call<'_>, name: &str, all: &[&Artifact]) -> Result<Response<Body>> {
    let here = call.link(call.path.trim_start_matches('/'));
    let item = |artifact: &&Artifact| {
        let path = artifact.path.split('/').map(segment).collect::<Vec<_>>().join("/");
        let (href, shown) = (words::html(&format!("{here}/{path}")), words::html(&artifact.path));
        format!("<li><a href=\"{href}\">{shown}</a> {}</li>", words::html(&words::size(artifact.size)))
    };
    let (name, items) = (words::html(name), all.iter().map(item).collect::<String>());
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{name}</title></head><body><h1>{name}</h1><ul>{items}</ul></body></html>"
    );
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}

/// The page of a plan or a result: people follow links that scripts put into mails.
async fn browse(call: &Call<'_>) -> Result<Answer> {
    let text = call.param("key");
    let found = call.meant(text).await;
    let to = match found {
        Err(error) if error.is_missing() => {
            let catalogue = Catalogue::load(call.app).await?;
            let project = catalogue.project_of(text).ok_or(error)?;
            format!("/repositories/{}", project.name)
        }
        other => {
            let (_, meant) = other?;
            let mut tx = call.read().await?;
            let job = seen(jobs::jobs::require(&mut tx, meant.plan.id, Right::View).await, || no_plan(text))?;
            match meant.number {
                Some(number) => {
                    format!("/runs/{}", run_of(&mut tx, &job, number, Right::View, text).await?.id)
                }
                None => format!("/jobs/{}", job.name),
            }
        }
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::try_from(call.app.link(&to))
        .map_err(|error| Error::bug("bamboo.link", "an address is no header").because(error))?;
    response.headers_mut().insert(header::LOCATION, to);
    Ok(Answer::Whole(response))
}
