//! What the journal promises.

use crate::{Follower, Followers, Query, Subject, enter, head, migrations, read, seal, verify};
use base::{Actor, Error};
use db::testing::Place;
use db::{Db, params};
use std::sync::Arc;

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
        let follower = Follower {
            name: "test",
            wants: |entry| entry.verb == "task.completed",
            act: Arc::new(|tx, entry| {
                Box::pin(async move {
                    if entry.subject.id == 13 {
                        return Err(Error::bug("test", "this entry always fails"));
                    }
                    // The key of this table refuses whoever acts twice.
                    let sql = "insert into follower_skip (name, seq, error, at) values ('acted', $1, '', 0)";
                    tx.run(sql, &params![entry.seq]).await.map(drop)
                })
            }),
        };
        for (verb, task) in [("task.completed", 1), ("task.created", 2), ("task.completed", 13), ("task.completed", 3)] {
            hub.enter(verb, task, &[]).await;
        }
        let followers = Followers::new(hub.db.clone(), vec![follower]);
        while followers.catch_up().await {}
        let mut tx = hub.db.read(&Actor::system()).await.expect("a read begins");
        let rows = tx.rows("select name, seq from follower_skip order by seq", &params![]).await.expect("read");
        let found: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0).expect("text"), row.get(1).expect("a seq"))).collect();
        assert_eq!(found, [("acted".to_owned(), 1), ("test".to_owned(), 3), ("acted".to_owned(), 4)], "the third was put aside");
    }

    async fn a_commit_wakes_every_follower_and_one_that_fails_holds_none_up(hub) {
        let (acted, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let fails = Follower {
            name: "fails",
            wants: |_| true,
            act: Arc::new(|_, _| Box::pin(async { Err(Error::bug("test", "this follower always fails")) })),
        };
        let works = Follower {
            name: "works",
            wants: |_| true,
            act: Arc::new(move |_, entry| {
                let (acted, seq) = (acted.clone(), entry.seq);
                Box::pin(async move { acted.send(seq).map_err(|_| Error::bug("test", "nobody listens")) })
            }),
        };
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(Followers::new(hub.db.clone(), vec![fails, works]).run(stopped));
        let watch = base::Stopwatch::start();
        for seq in 1..=10 {
            hub.enter("task.created", seq, &[]).await;
            assert_eq!(heard.recv().await, Some(seq));
        }
        // Ten polls would take twenty seconds; being woken takes none of them.
        assert!(watch.elapsed() < std::time::Duration::from_secs(15), "it took {:?}", watch.elapsed());
        stop.send_replace(true);
        running.await.expect("ends");
    }

    async fn what_came_together_is_acted_upon_in_order_and_once(hub) {
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = seen.clone();
        let follower = Follower {
            name: "test",
            wants: |entry| entry.subject.id != 2,
            act: Arc::new(move |_, entry| {
                let (kept, seq) = (kept.clone(), entry.seq);
                Box::pin(async move {
                    kept.lock().expect("not poisoned").push(seq);
                    Ok(())
                })
            }),
        };
        for task in 1..=40 {
            hub.enter("task.created", task, &[]).await;
        }
        let followers = Followers::new(hub.db.clone(), vec![follower]);
        assert!(!followers.catch_up().await, "nothing failed");
        hub.enter("task.created", 41, &[]).await;
        assert!(!followers.catch_up().await, "nothing failed");
        let expected: Vec<i64> = (1..=41).filter(|seq| *seq != 2).collect();
        assert_eq!(*seen.lock().expect("not poisoned"), expected);
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
