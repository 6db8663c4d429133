//! Switching a job off: nothing starts it then, whoever asks. It is a pause without an end that holds for people and pushes, too, so
//! that whatever asks about pauses knows of it.

#[cfg(test)]
mod tests;

use super::{Job, Pause, require, store};
use base::id::JobId;
use base::{Error, Result, Right};
use db::Tx;
use serde_json::json;

/// Keeps everything and everybody from starting a job, until somebody enables it. Runs that go on go on.
pub async fn disable(tx: &mut Tx, id: JobId, reason: Option<&str>) -> Result<Job> {
    let mut job = require(tx, id, Right::Schedule).await?;
    if job.is_switched_off() {
        return Ok(job);
    }
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let data = json!({"name": job.name, "reason": reason});
    let by = tx.actor().name.clone();
    job.pause = Some(Pause { at: tx.now(), until: None, by, reason, is_for_all: true });
    store::set_pause(tx, &job).await?;
    journal::enter(tx, "job.disabled", job.subject(), &job.parents(), data);
    Ok(job)
}

/// Lets a job be started again. What would have started meanwhile is not made up for; a pause that it had before is over, too.
pub async fn enable(tx: &mut Tx, id: JobId) -> Result<Job> {
    let mut job = require(tx, id, Right::Schedule).await?;
    let Some(pause) = job.pause.take_if(|pause| pause.is_for_all) else { return Ok(job) };
    store::set_pause(tx, &job).await?;
    let data =
        json!({"name": job.name, "disabled_at": pause.at, "disabled_by": pause.by, "reason": pause.reason});
    journal::enter(tx, "job.enabled", job.subject(), &job.parents(), data);
    Ok(job)
}

impl Job {
    /// Whether somebody switched it off: what its file says of it is another matter.
    pub fn is_switched_off(&self) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.is_for_all)
    }

    /// Why nobody starts it, when somebody switched it off.
    pub(super) fn switched_off(&self) -> Option<Error> {
        let pause = self.pause.as_ref().filter(|pause| pause.is_for_all)?;
        let at = pause.at.timestamp().strftime("%-d %B %Y at %H:%M UTC");
        let why = pause.reason.as_ref().map(|reason| format!(": {}", reason.trim_end_matches('.')));
        let message = format!(
            "{} is disabled: {} switched it off on {at}{}. Nothing starts it until somebody enables it",
            self.title,
            pause.by,
            why.unwrap_or_default()
        );
        Some(Error::conflict("job.switched_off", message))
    }
}
