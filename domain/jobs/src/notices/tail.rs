//! The end of what the failing step printed.

use super::With;
use super::facts::Facts;
use crate::attempts::{self, Attempt, Step};
use crate::runs::{self, Part, PartState};
use base::Result;
use db::Tx;

/// Lines that are told.
const LINES: usize = 30;
/// The most of the output that they are looked for in, and of one line that is told.
const BYTES: i64 = 65_536;
const LINE_CHARS: usize = 500;

/// What failed.
pub(super) struct Failing {
    /// The name of the step, with that of its part where there are several; the part's where no step failed.
    pub at: Option<String>,
    pub attempt: Option<Attempt>,
    pub step: Option<Step>,
}

pub(super) async fn failing(tx: &mut Tx, facts: &Facts) -> Result<Option<Failing>> {
    if !facts.is_bad() {
        return Ok(None);
    }
    let parts = runs::parts(tx, facts.run.id).await?;
    let bad = |part: &&Part| matches!(part.state, PartState::Failed | PartState::TimedOut | PartState::Lost);
    let Some(part) = parts.iter().find(bad) else { return Ok(None) };
    let of_run = attempts::of_run(tx, facts.run.id).await?;
    let attempt = of_run.into_iter().rev().find(|attempt| attempt.part == part.id);
    let step = match attempt.as_ref().and_then(|attempt| Some((attempt.id, attempt.failed_step?))) {
        Some((attempt, place)) => {
            attempts::steps(tx, attempt).await?.into_iter().find(|step| step.index == place)
        }
        None => None,
    };
    let of_part = (parts.len() > 1).then(|| part.model.name.clone());
    let at = match (&step, of_part) {
        (Some(step), Some(part)) => Some(format!("{part}: {}", step.name)),
        (Some(step), None) => Some(step.name.clone()),
        (None, part) => part,
    };
    Ok(Some(Failing { at, attempt, step }))
}

/// The last lines of it, without colours and marks; none when they cannot be read, which keeps no notice back. They are masked already:
/// what an agent sends never holds a secret.
pub(super) async fn lines(with: &With, failing: Option<&Failing>) -> Vec<String> {
    let Some((step, attempt)) =
        failing.and_then(|failing| Some((failing.step.as_ref(), failing.attempt.as_ref()?)))
    else {
        return Vec::new();
    };
    match tail(with, attempt, step).await {
        Ok(lines) => lines,
        Err(error) => {
            tracing::warn!(?error, "the output of a run could not be read for a notice");
            Vec::new()
        }
    }
}

async fn tail(with: &With, attempt: &Attempt, step: Option<&Step>) -> Result<Vec<String>> {
    let end = step.and_then(|step| step.log_to).unwrap_or(attempt.log_kept).clamp(0, attempt.log_kept);
    let begin = step.and_then(|step| step.log_from).unwrap_or(0).clamp(0, end);
    let from = begin.max(end - BYTES);
    let mut bytes = Vec::new();
    while from + (bytes.len() as i64) < end {
        let at = from + bytes.len() as i64;
        let most = usize::try_from(end - at).unwrap_or(0);
        let more = attempts::read_output(&with.db, &with.blobs, attempt, at, most).await?;
        if more.is_empty() {
            break;
        }
        bytes.extend(more);
    }
    // A line whose beginning is cut off is half of something.
    let cut = match from > begin {
        true => bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1),
        false => 0,
    };
    Ok(web::lines::last_lines(&bytes[cut..], LINES).into_iter().map(shortened).collect())
}

fn shortened(line: String) -> String {
    match line.char_indices().nth(LINE_CHARS) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
