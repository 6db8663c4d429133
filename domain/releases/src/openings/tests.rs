//! What is promised to those who wait for an environment to open.

use super::{followers, forget, wait, waits};
use crate::fixture::{Hub, hub, refusal};
use crate::locks;
use base::id::TaskId;
use people::users::User;
use work::inbox;

impl Hub {
    async fn follow_journal(&self) {
        journal::Followers::new(self.db.clone(), followers()).catch_up().await;
    }

    async fn told(&self, user: &User) -> Vec<String> {
        let mut tx = self.by(user).await;
        let page = work::page::Page::first(10);
        let items = inbox::list(&mut tx, inbox::Filter::default(), &page).await.expect("listed").items;
        items.into_iter().map(|item| format!("{} {} ({})", item.actor_name, item.text, item.reason)).collect()
    }

    async fn waits_for_beta(&self, user: &User) -> bool {
        let id = self.environment("beta").await.id;
        waits(&mut self.by(user).await, id).await.expect("asked")
    }

    async fn release(&self, lock: TaskId, by: &User) {
        let mut tx = self.by(by).await;
        locks::release(&mut tx, lock, None, None).await.expect("released");
        tx.commit().await.expect("committed");
    }

    async fn ask_to_be_told(&self, user: &User) -> base::Result<()> {
        let id = self.environment("beta").await.id;
        let mut tx = self.by(user).await;
        wait(&mut tx, id).await?;
        tx.commit().await
    }
}

db::on_both! { hub;
    async fn whoever_asked_is_told_once_when_the_last_lock_is_gone(hub) {
        assert_eq!(refusal(hub.ask_to_be_told(&hub.cleo).await), "environment.open");
        let first = hub.at("beta").lock("bad build", &hub.ann).await.lock;
        let second = hub.at("beta").lock("another", &hub.bob).await.lock;
        hub.ask_to_be_told(&hub.cleo).await.expect("asked");
        hub.ask_to_be_told(&hub.cleo).await.expect("again is the same");
        assert!(hub.waits_for_beta(&hub.cleo).await && !hub.waits_for_beta(&hub.bob).await);
        hub.release(first.task, &hub.ann).await;
        hub.follow_journal().await;
        assert!(hub.told(&hub.cleo).await.is_empty(), "one lock is left");
        hub.release(second.task, &hub.bob).await;
        hub.follow_journal().await;
        assert_eq!(hub.told(&hub.cleo).await, ["bob opened the way: beta is open now (asked)"]);
        assert!(!hub.waits_for_beta(&hub.cleo).await, "told once");
        assert!(hub.told(&hub.ann).await.is_empty());

        let third = hub.at("beta").lock("third", &hub.bob).await.lock;
        hub.release(third.task, &hub.bob).await;
        hub.follow_journal().await;
        assert_eq!(hub.told(&hub.cleo).await.len(), 1, "not again");
    }

    async fn a_running_deployment_and_a_claim_are_waited_for_as_well(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        hub.ask_to_be_told(&hub.cleo).await.expect("asked");
        running.succeed().await;
        hub.follow_journal().await;
        assert_eq!(hub.told(&hub.cleo).await.len(), 1);
    }

    async fn who_takes_it_back_or_may_not_see_it_is_not_told(hub) {
        let lock = hub.at("beta").lock("bad build", &hub.ann).await.lock;
        let id = hub.environment("beta").await.id;
        assert_eq!(refusal(hub.ask_to_be_told(&hub.gus).await), "environment.missing");
        hub.ask_to_be_told(&hub.cleo).await.expect("asked");
        let mut tx = hub.by(&hub.cleo).await;
        forget(&mut tx, id).await.expect("taken back");
        tx.commit().await.expect("committed");
        hub.release(lock.task, &hub.ann).await;
        hub.follow_journal().await;
        assert!(hub.told(&hub.cleo).await.is_empty());
    }
}
