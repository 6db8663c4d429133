//! Tells the server how a deployment ended: the rest of the output first, then the end.

use crate::client::{Client, Failure};
use crate::deploy::start::Started;
use crate::deploy::supervise::{Ended, How, Run};
use crate::deploy::upload::Uploaded;
use base::Stopwatch;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::sleep;

impl Run<'_> {
    /// Ends a deployment that has started and whose command is not to run any more.
    pub async fn give_up(mut self, signal: &'static str) -> Ended {
        let mut ended = Ended {
            how: How::Interrupted(signal),
            child_exit: None,
            child_signal: None,
            output_bytes: 0,
            is_reported: false,
            notes: Vec::new(),
        };
        self.report(&mut ended, tokio::spawn(async { Uploaded::All })).await;
        ended
    }

    /// Reports `ended`, and notes in it what the server could not be told.
    pub async fn report(&mut self, ended: &mut Ended, mut upload: JoinHandle<Uploaded>) {
        if matches!(ended.how, How::Lost(_)) {
            upload.abort();
            return;
        }
        let uploaded = tokio::select! {
            uploaded = &mut upload => uploaded.unwrap_or_else(|e| Uploaded::Refused(format!("the upload broke: {e}"))),
            _ = self.signals.next() => {
                upload.abort();
                Uploaded::GaveUp
            }
        };
        let patience = match &uploaded {
            Uploaded::GaveUp => Duration::ZERO,
            Uploaded::All | Uploaded::Refused(_) | Uploaded::Lost(_) => self.options.finish_timeout,
        };
        let has_output = match uploaded {
            Uploaded::All => true,
            Uploaded::GaveUp => false,
            Uploaded::Refused(why) => {
                ended.notes.push(format!("the server does not have all of the output: {why}"));
                false
            }
            Uploaded::Lost(why) => {
                ended.how = How::Lost(why);
                return;
            }
        };
        let mut body = body(ended, self.started.token);
        if has_output {
            // The server checks by it that nothing is missing.
            body["output_bytes"] = ended.output_bytes.into();
        }
        let finished = tokio::select! {
            finished = finish(self.client, self.started, &body, patience) => finished,
            _ = self.signals.next() => Err(Failure::Unreachable("the report was interrupted".to_owned())),
        };
        match finished {
            Ok(()) => ended.is_reported = has_output,
            Err(failure) if failure.status() == Some(410) => ended.how = How::Lost(failure.to_string()),
            Err(failure) => ended.notes.push(format!("the server was not told how it ended: {failure}")),
        }
    }
}

async fn finish(client: &Client, started: &Started, body: &Value, patience: Duration) -> Result<(), Failure> {
    let path = format!("deployments/{}/finish", started.id);
    // No key: the same report again is the same end, and a kept answer could be lost.
    let waited = Stopwatch::start();
    let mut pause = Duration::from_millis(200);
    loop {
        match client.json(client.request(reqwest::Method::POST, &path).json(body)).await {
            Ok(_) => return Ok(()),
            Err(failure) if failure.is_passing() && waited.elapsed() + pause < patience => {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn body(ended: &Ended, token: i64) -> Value {
    let (outcome, reason) = match &ended.how {
        How::Itself if ended.child_exit == Some(0) => ("succeeded", None),
        How::Itself => ("failed", None),
        How::NeverRan(_, why) => ("failed", Some(why.clone())),
        How::Aborted(reason) => ("aborted", Some(reason.clone())),
        How::Interrupted(signal) => ("aborted", Some(format!("the wrapper was stopped by {signal}"))),
        How::Lost(why) => ("aborted", Some(why.clone())),
    };
    let mut body = json!({"token": token, "outcome": outcome});
    let exit_code = match &ended.how {
        How::NeverRan(code, _) => Some(*code),
        _ => ended.child_exit,
    };
    if let Some(code) = exit_code {
        body["exit_code"] = code.into();
    }
    if let Some(signal) = ended.child_signal {
        body["signal"] = signal.into();
    }
    if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
        body["reason"] = reason.into();
    }
    body
}
