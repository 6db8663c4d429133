//! What an attempt leaves: files that are kept, and figures.

use super::ending::{Cause, Failure, size};
use super::order::{self, Order};
use super::{Attempt, Work, artifacts};
use crate::contract::Artifact;
use crate::output::{Figures, Output};
use crate::server::Refusal;
use tokio::sync::watch;

/// How much of a file of figures is read.
const FIGURES_BYTES_MAX: u64 = 1 << 20;

impl Attempt {
    /// Finds the files that are to be kept and brings them.
    pub(super) async fn keep_artifacts(
        &self,
        work: &mut Work,
        output: &Output,
        orders: &mut watch::Receiver<Order>,
    ) {
        if self.assignment.artifacts.is_empty() {
            return;
        }
        let (folder, rules) = (self.home.work(), self.assignment.artifacts.clone());
        let searched = tokio::task::spawn_blocking(move || artifacts::search(&folder, &rules)).await;
        let Ok(search) = searched else { return };
        for sentence in &search.left_out {
            output.say(format!("signalbox: {sentence}")).await;
        }
        let mut missing = search.missing;
        let now = orders.borrow().clone();
        for found in search.found {
            let brought = tokio::select! {
                brought = artifacts::bring(&self.site.server, self.assignment.attempt, self.assignment.epoch, &found) => brought,
                _ = order::stricter(orders, &now) => return,
            };
            match brought {
                Ok(()) => work.artifacts.push(found.artifact),
                Err(Refusal::Fenced) => return order::give(&self.orders, Order::Abandon),
                Err(refusal) => {
                    let Artifact { name, path, size: bytes, .. } = &found.artifact;
                    let sentence = format!("{path} ({}) could not be kept: {refusal}", size(*bytes));
                    output.say(format!("signalbox: {sentence}")).await;
                    if self.assignment.artifacts.iter().any(|rule| rule.name == *name && rule.required) {
                        missing.push(sentence);
                    }
                }
            }
        }
        if let (None, Some(sentence)) = (&work.failure, missing.into_iter().next()) {
            output.say(format!("signalbox: {sentence}")).await;
            work.failure = Some(Failure { cause: Cause::Trouble { code: "artifact", sentence }, step: None });
        }
    }

    /// The figures that steps wrote to their file.
    pub(super) fn figures_of_file(&self) -> Figures {
        let mut figures = Figures::default();
        let path = self.home.metrics();
        let is_file = std::fs::symlink_metadata(&path)
            .is_ok_and(|found| found.is_file() && found.len() <= FIGURES_BYTES_MAX);
        if is_file {
            figures.take_file(&String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()));
        }
        figures
    }
}
