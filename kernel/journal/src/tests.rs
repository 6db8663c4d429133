//! What the journal promises.

use crate::{Follower, Followers, Query, Subject, enter, head, migrations, read, seal, verify};
use base::{Actor, Error};
use db::testing::Place;
use db::{Db, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Hub {
    db: Db,
    _place: Place,
}

async fn hub(place: Place) -> Hub {
    Hub { db: place.open(&[migrations()]).await, _place: place }
}

impl Hub {
    async fn enter(&self, verb: &'static str, task: i64, parents: &[Subject]) {
        let mut tx = self.db.write(&Actor::system()).await.expect("a write begins");
        enter(&mut tx, verb, Subject::new("task", task), parents, serde_json::json!({ "name": "n" }));
        tx.commit().await.expect("committed");
    }

    async fn seal(&self) -> usize {
        let mut tx = self.db.write(&Actor::system()).await.expect("a write begins");
        let sealed = seal(&mut tx).await.expect("sealed");
        tx.commit().await.expect("committed");
        sealed
    }

    async fn tamper(&self, sql: &str) {
        let mut tx = self.db.write(&Actor::system()).await.expect("a write begins");
        tx.run(sql, &params![]).await.expect("tampered");
        tx.commit().await.expect("committed");
    }
}

db::on_both! { hub;
    async fn entries_are_numbered_without_gaps_even_when_transactions_are_dropped(hub) {
        hub.enter("task.created", 1, &[]).await;
        let mut dropped = hub.db.write(&Actor::system()).await.expect("a write begins");
        enter(&mut dropped, "task.created", Subject::new("task", 2), &[], serde_json::json!({}));
        drop(dropped);
        hub.enter("task.completed", 1, &[]).await;
        let mut tx = hub.db.read(&Actor::system()).await.expect("a read begins");
        let all = read(&mut tx, &Query { limit: 10, ..Query::default() }).await.expect("read");
        assert_eq!(all.iter().map(|e| (e.seq, e.verb.as_str())).collect::<Vec<_>>(), [(1, "task.created"), (2, "task.completed")]);
        assert_eq!(head(&mut tx).await.expect("head"), 2);
    }

    async fn an_entry_is_found_by_its_subject_and_by_its_parents(hub) {
        hub.enter("task.created", 1, &[Subject::new("project", 9)]).await;
        hub.enter("task.created", 2, &[Subject::new("project", 8)]).await;
        let mut tx = hub.db.read(&Actor::system()).await.expect("a read begins");
        for (subject, expected) in [("task:1", vec![1]), ("project:9", vec![1]), ("project:8", vec![2]), ("project:7", vec![])] {
            let query = Query { subject: Some(subject.parse().expect("a subject")), limit: 10, ..Query::default() };
            let found: Vec<i64> = read(&mut tx, &query).await.expect("read").iter().map(|e| e.subject.id).collect();
            assert_eq!(found, expected, "about {subject}");
        }
    }

    async fn a_follower_acts_once_on_each_entry_and_is_not_stopped_by_one_that_fails(hub) {
        let acted = Arc::new(AtomicUsize::new(0));
        let count = acted.clone();
        let follower = Follower {
            name: "test",
            wants: |entry| entry.verb == "task.completed",
            act: Arc::new(move |_tx, entry| {
                let count = count.clone();
                Box::pin(async move {
                    if entry.subject.id == 13 {
                        return Err(Error::bug("test", "this entry always fails"));
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                })
            }),
        };
        for (verb, task) in [("task.completed", 1), ("task.created", 2), ("task.completed", 13), ("task.completed", 3)] {
            hub.enter(verb, task, &[]).await;
        }
        let followers = Followers::new(hub.db.clone(), vec![follower]);
        while followers.catch_up().await {}
        assert_eq!(acted.load(Ordering::SeqCst), 2, "the entries 1 and 4 were acted upon");
        followers.catch_up().await;
        assert_eq!(acted.load(Ordering::SeqCst), 2, "and not again");
    }

    async fn the_chain_names_the_first_entry_that_was_changed(hub) {
        for task in 1..=5 {
            hub.enter("task.created", task, &[]).await;
        }
        assert_eq!(hub.seal().await, 5);
        hub.enter("task.created", 6, &[]).await;
        assert_eq!(hub.seal().await, 1);
        let verdict = async || verify(&mut hub.db.read(&Actor::system()).await.expect("a read")).await.expect("verified");
        let whole = verdict().await;
        assert!(whole.broken.is_none() && whole.checked == 6 && whole.unsealed == 0, "{whole:?}");
        hub.tamper("update entry set data = '{\"name\":\"other\"}' where seq = 3").await;
        assert_eq!(verdict().await.broken.expect("broken").seq, 3);
        hub.tamper("delete from entry where seq = 2").await;
        assert_eq!(verdict().await.broken.expect("broken").seq, 2);
    }
}
