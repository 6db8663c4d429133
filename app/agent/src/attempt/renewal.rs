//! Keeping the lease: the server hears that the attempt lives, and the agent hears that it shall stop.

use super::order::{Order, give};
use crate::contract::{Assignment, Phase, Renewed};
use crate::server::{Backoff, Refusal, Server};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A lease is fresh when an attempt begins; one that ends at once need not be renewed at all.
const FIRST_AFTER: Duration = Duration::from_millis(300);
/// How often is asked whether a cancelled attempt shall stop at once.
const WHILE_CANCELLED: Duration = Duration::from_secs(1);

/// Renews until it is dropped or the attempt is no longer ours.
pub async fn renew(
    server: Server,
    assignment: Arc<Assignment>,
    mut phase: watch::Receiver<Phase>,
    written: watch::Receiver<u64>,
    orders: Arc<watch::Sender<Order>>,
) {
    let path = format!("attempts/{}/renew", assignment.attempt);
    // An answer may be held back until something happens, but never so long that the lease is in danger.
    let wait = assignment.renew_every.min(assignment.lease / 2);
    let mut backoff = Backoff::default();
    tokio::time::sleep(FIRST_AFTER.min(wait)).await;
    loop {
        let is_cancelled = *orders.borrow() != Order::Go;
        let now = *phase.borrow_and_update();
        let body = json!({
            "epoch": assignment.epoch,
            "phase": now,
            "log_bytes": *written.borrow(),
            "wait": if is_cancelled { 0 } else { wait.as_secs() },
        });
        let asked = base::Stopwatch::start();
        let answer = tokio::select! {
            answer = server.post_waiting::<Renewed>(&path, &body, wait) => answer,
            // The server is told at once how far the attempt is.
            Ok(()) = phase.changed() => continue,
        };
        match answer {
            Ok(renewed) => {
                backoff = Backoff::default();
                let (is_told_to_stop, is_asked_again) = (renewed.command == "cancel", renewed.again);
                obey(renewed, &orders);
                let pause = if is_told_to_stop || is_cancelled { WHILE_CANCELLED.min(wait) } else { wait };
                if is_asked_again && !is_told_to_stop {
                    continue;
                }
                // A server that does not hold answers back is not asked without end.
                tokio::time::sleep(pause.saturating_sub(asked.elapsed())).await;
            }
            Err(Refusal::Fenced) => return give(&orders, Order::Abandon),
            Err(refusal) => {
                tracing::warn!(attempt = %assignment.attempt, "the lease could not be renewed: {refusal}");
                backoff.pause().await;
            }
        }
    }
}

fn obey(renewed: Renewed, orders: &watch::Sender<Order>) {
    if renewed.command == "cancel" {
        let reason = renewed.reason.unwrap_or_else(|| "The run was cancelled".to_owned());
        give(orders, if renewed.terminate { Order::Terminate(reason) } else { Order::Cancel(reason) });
    }
}
