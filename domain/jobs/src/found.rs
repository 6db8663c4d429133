//! Jobs in the palette: where each is, and running it.

#[cfg(test)]
mod tests;

use crate::access::Viewer;
use crate::jobs;
use base::{Result, Right};
use db::Tx;
use web::finders::{Finder, Found};

/// Findings that are shown: a job and running it are two.
const FEW: usize = 5;

/// Finds jobs by their titles and names.
pub const FIND: Finder = |tx, words| Box::pin(find(tx, words));

/// `run nightly` finds what can be run; `nightly` finds the job, too.
async fn find(tx: &mut Tx, words: &str) -> Result<Vec<Found>> {
    let words = words.trim().to_lowercase();
    let (wants_run, words) = match words.split_once(' ') {
        Some(("run", rest)) => (true, rest.trim().to_owned()),
        _ => (false, words),
    };
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let viewer = Viewer::load(tx).await?;
    let mut found = Vec::new();
    for job in jobs::fitting(tx, &words).await? {
        let held = crate::access::rights_on(tx, &viewer, &job).await?;
        if !held.contains(Right::View) {
            continue;
        }
        if !wants_run {
            found.push(Found {
                href: format!("/jobs/{}", job.name),
                icon: "play",
                name: job.title.clone(),
                noun: "Job",
            });
        }
        if held.contains(Right::Run) && job.refusal().is_none() {
            let href = format!("/jobs/{}?open=run", job.name);
            found.push(Found { href, icon: "play", name: format!("Run {}", job.title), noun: "Command" });
        }
        if found.len() >= FEW {
            break;
        }
    }
    Ok(found)
}
