//! What chores promise.

use crate::{Every, Handler, Runner, counts, enqueue, enqueue_at, migrations};
use base::{Actor, Error};
use db::Db;
use db::testing::Place;
use serde_json::json;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

struct Hub {
    db: Db,
    place: Place,
    done: Arc<Mutex<Vec<String>>>,
}

async fn hub(place: Place) -> Hub {
    Hub { db: place.open(&[migrations()]).await, place, done: Arc::default() }
}

impl Hub {
    fn runner(&self) -> Runner {
        let (notes, fails) = (self.done.clone(), self.done.clone());
        let note = Handler::new("note", move |chore| {
            let notes = notes.clone();
            async move {
                notes.lock().expect("a list").push(chore.payload["text"].as_str().unwrap_or("").to_owned());
                Ok(())
            }
        });
        let fail = Handler::new("fail", move |chore| {
            let fails = fails.clone();
            async move {
                fails.lock().expect("a list").push(format!("try {}", chore.attempts));
                Err(Error::unavailable("test", "it never works"))
            }
        });
        let ticks = self.done.clone();
        let tick = Handler::new("tick", move |_| {
            let ticks = ticks.clone();
            async move {
                ticks.lock().expect("a list").push("tick".to_owned());
                Ok(())
            }
        });
        Runner::new(
            self.db.clone(),
            "node",
            vec![note, fail],
            vec![Every { handler: tick, pause: Duration::from_secs(60) }],
        )
    }

    fn done(&self) -> Vec<String> {
        std::mem::take(&mut *self.done.lock().expect("a list"))
    }
}

db::on_both! { hub;
    async fn a_chore_is_done_when_it_is_due_and_only_if_its_transaction_was_committed(hub) {
        let mut dropped = hub.db.write(&Actor::system()).await.expect("a write");
        enqueue(&mut dropped, "note", json!({"text": "dropped"})).await.expect("enqueued");
        drop(dropped);
        let mut tx = hub.db.write(&Actor::system()).await.expect("a write");
        let later = tx.now().plus(Duration::from_secs(3_600));
        enqueue(&mut tx, "note", json!({"text": "now"})).await.expect("enqueued");
        enqueue_at(&mut tx, "note", json!({"text": "later"}), later, None).await.expect("enqueued");
        tx.commit().await.expect("committed");
        let runner = hub.runner();
        runner.settle().await.expect("settled");
        assert_eq!(hub.done(), ["now"]);
        hub.place.clock().advance(Duration::from_secs(3_600));
        runner.settle().await.expect("settled");
        assert_eq!(hub.done(), ["later"]);
    }

    async fn a_key_keeps_one_waiting_chore(hub) {
        let mut tx = hub.db.write(&Actor::system()).await.expect("a write");
        for text in ["first", "second"] {
            let at = tx.now();
            enqueue_at(&mut tx, "note", json!({"text": text}), at, Some("k")).await.expect("enqueued");
        }
        tx.commit().await.expect("committed");
        hub.runner().settle().await.expect("settled");
        assert_eq!(hub.done(), ["second"]);
    }

    async fn what_fails_is_tried_again_and_in_the_end_kept_as_dead(hub) {
        let mut tx = hub.db.write(&Actor::system()).await.expect("a write");
        enqueue(&mut tx, "fail", json!({})).await.expect("enqueued");
        tx.commit().await.expect("committed");
        let runner = hub.runner();
        for _ in 0..40 {
            runner.settle().await.expect("settled");
            hub.place.clock().advance(Duration::from_secs(5_000));
        }
        assert_eq!(hub.done().len(), 25, "the limit chore_attempts");
        let mut tx = hub.db.read(&Actor::system()).await.expect("a read");
        assert_eq!(counts(&mut tx).await.expect("counted").dead, 1);
    }

    async fn periodic_work_comes_back_after_its_pause_and_a_restart_does_not_double_it(hub) {
        let runner = hub.runner();
        runner.prepare().await.expect("prepared");
        runner.prepare().await.expect("prepared again");
        runner.settle().await.expect("settled");
        assert_eq!(hub.done(), ["tick"]);
        hub.place.clock().advance(Duration::from_secs(61));
        runner.settle().await.expect("settled");
        assert_eq!(hub.done(), ["tick"]);
    }
}
