//! What preferences promise.

use super::*;
use crate::fixture::{Hub, hub, new_private, new_project, new_task};
use crate::inbox::{self, Filter, Reason};
use crate::names::Text;
use crate::page::Page;
use crate::stories::{self, NewComment};
use crate::tasks;
use journal::Followers;
use people::User;

const SILENCE: Wishes = Wishes {
    assigned: false,
    mentioned: false,
    comments: false,
    completed: false,
    changes: false,
    everything: false,
};

async fn told(hub: &Hub, user: &User) -> Vec<(String, Reason)> {
    assert!(!Followers::new(hub.db.clone(), vec![inbox::follower()]).catch_up().await);
    let mut tx = hub.by(user).await;
    let listed = inbox::list(&mut tx, Filter::default(), &Page::first(50)).await.expect("listed");
    listed.items.into_iter().map(|item| (item.title, item.reason)).collect()
}

async fn wish(hub: &Hub, user: &User, project: Option<ProjectId>, wishes: Wishes) {
    let mut tx = hub.by(user).await;
    set(&mut tx, project, wishes).await.expect("said");
    tx.commit().await.expect("committed");
}

async fn say(tx: &mut Tx, task: base::id::TaskId, text: Text) {
    stories::comment(tx, task, NewComment { text, ..NewComment::default() }).await.expect("said");
}

db::on_both! { hub;
    async fn who_wants_silence_has_it_and_one_project_may_differ(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let (quiet, loud) = (new_project(&mut tx, "quiet").await, new_project(&mut tx, "loud").await);
        let (a, b) = (new_task(&mut tx, &quiet, "a").await, new_task(&mut tx, &loud, "b").await);
        for task in [a.id, b.id] {
            tasks::add_followers(&mut tx, task, &[hub.cay.id]).await.expect("added");
        }
        tx.commit().await.expect("committed");
        wish(&hub, &hub.cay, None, SILENCE).await;
        wish(&hub, &hub.cay, Some(loud.id), Wishes { comments: true, ..SILENCE }).await;
        let mut tx = hub.by(&hub.bob).await;
        for task in [a.id, b.id] {
            say(&mut tx, task, Text::Plain("hello".to_owned())).await;
        }
        tasks::complete(&mut tx, a.id).await.expect("completed");
        tx.commit().await.expect("committed");
        assert_eq!(told(&hub, &hub.cay).await, [("b".to_owned(), Reason::Follows)]);
        // Taking it back makes the project like the rest.
        let mut tx = hub.by(&hub.cay).await;
        forget(&mut tx, loud.id).await.expect("forgotten");
        assert!(mine(&mut tx).await.expect("read").projects.is_empty());
    }

    async fn a_mention_that_is_not_wanted_is_a_comment_like_others(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "t").await;
        tx.commit().await.expect("committed");
        wish(&hub, &hub.cay, None, Wishes { mentioned: false, ..Wishes::default() }).await;
        let mut tx = hub.by(&hub.bob).await;
        say(&mut tx, task.id, Text::Rich(format!("<body><a data-asana-gid=\"{}\"/></body>", hub.cay.id))).await;
        tx.commit().await.expect("committed");
        let found = told(&hub, &hub.cay).await;
        assert!(found.iter().all(|(_, reason)| *reason == Reason::Follows), "{found:?}");
    }

    async fn everything_in_a_project_is_told_to_whoever_sees_it(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let (open, secret) = (new_project(&mut tx, "open").await, new_private(&mut tx, "secret").await);
        let task = new_task(&mut tx, &open, "t").await;
        tx.commit().await.expect("committed");
        let all = Wishes { everything: true, ..SILENCE };
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(set(&mut tx, None, all).await.expect_err("of nowhere").code(), "preference.everything");
        assert_eq!(set(&mut tx, Some(secret.id), all).await.expect_err("unseen").code(), "project.hidden");
        drop(tx);
        wish(&hub, &hub.cay, Some(open.id), all).await;
        let mut tx = hub.by(&hub.bob).await;
        tasks::complete(&mut tx, task.id).await.expect("completed");
        tx.commit().await.expect("committed");
        assert_eq!(told(&hub, &hub.cay).await, [("t".to_owned(), Reason::Project)]);
        // Whoever loses sight of the project is told no more.
        let mut tx = hub.by(&hub.bob).await;
        let hidden = projects::ProjectChange { privacy: Some(projects::Privacy::Private), ..Default::default() };
        projects::change(&mut tx, open.id, hidden).await.expect("hidden");
        tasks::reopen(&mut tx, task.id).await.expect("reopened");
        tx.commit().await.expect("committed");
        assert!(told(&hub, &hub.cay).await.is_empty());
    }

    async fn what_was_marked_in_one_go_is_undone_in_one_go(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let mut ids = Vec::new();
        for name in ["a", "b", "c"] {
            let task = new_task(&mut tx, &project, name).await;
            tasks::add_followers(&mut tx, task.id, &[hub.cay.id]).await.expect("added");
            say(&mut tx, task.id, Text::Plain("one".to_owned())).await;
            ids.push(task.id);
        }
        tx.commit().await.expect("committed");
        assert_eq!(told(&hub, &hub.cay).await.len(), 3);
        let mut tx = hub.by(&hub.cay).await;
        let items = inbox::list(&mut tx, Filter::default(), &Page::first(9)).await.expect("listed").items;
        inbox::mark(&mut tx, items[0].id, Some(false), None).await.expect("read");
        let before = inbox::pulse(&mut tx).await.expect("read");
        let batch = inbox::mark_all(&mut tx, true).await.expect("put away");
        assert_eq!(batch.count, 3);
        assert!(inbox::pulse(&mut tx).await.expect("read") > before, "screens are told");
        assert_eq!(inbox::undo_all(&mut tx, batch.id).await.expect("undone"), 3);
        assert_eq!(inbox::count_unread(&mut tx).await.expect("counted"), 2, "what was read stays read");
        assert_eq!(inbox::undo_all(&mut tx, batch.id).await.expect("nothing"), 0);
        let batch = inbox::mark_all(&mut tx, false).await.expect("read");
        assert_eq!(batch.count, 2);
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(inbox::undo_all(&mut tx, batch.id).await.expect("not his"), 0);
    }
}
