//! What the inbox promises.

use super::*;
use crate::fixture::{Hub, hub, new_private, new_project, new_task};
use crate::names::Text;
use crate::stories::{self, NewComment};
use crate::tasks::{self, TaskChange};
use journal::Followers;
use people::User;

async fn settle(hub: &Hub) {
    let failed = Followers::new(hub.db.clone(), vec![follower()]).catch_up().await;
    assert!(!failed);
}

async fn inbox_of(hub: &Hub, user: &User) -> Vec<(String, Reason, String, i64)> {
    let mut tx = hub.by(user).await;
    let listed = list(&mut tx, Filter::default(), &Page::first(50)).await.expect("listed");
    listed
        .items
        .into_iter()
        .map(|item| (item.title, item.reason, format!("{} {}", item.actor_name, item.text), item.news))
        .collect()
}

fn item(task: &str, reason: Reason, text: &str, news: i64) -> (String, Reason, String, i64) {
    (task.to_owned(), reason, text.to_owned(), news)
}

async fn say(tx: &mut Tx, task: TaskId, text: Text) {
    stories::comment(tx, task, NewComment { text, ..NewComment::default() }).await.expect("said");
}

db::on_both! { hub;
    async fn whoever_a_task_concerns_is_told_but_not_whoever_did_it(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "t").await;
        let given = TaskChange { assignee: Some(Some(hub.cay.id)), ..TaskChange::default() };
        tasks::change(&mut tx, task.id, given).await.expect("given");
        tx.commit().await.expect("committed");
        settle(&hub).await;
        assert_eq!(inbox_of(&hub, &hub.cay).await, [item("t", Reason::Assigned, "bob assigned this to you", 1)]);
        assert!(inbox_of(&hub, &hub.bob).await.is_empty());

        let mut tx = hub.by(&hub.cay).await;
        say(&mut tx, task.id, Text::Plain("On it".to_owned())).await;
        tasks::complete(&mut tx, task.id).await.expect("completed");
        tx.commit().await.expect("committed");
        settle(&hub).await;
        settle(&hub).await;
        assert_eq!(inbox_of(&hub, &hub.bob).await, [item("t", Reason::Follows, "cay completed this task", 2)], "one item for a task");
        assert!(inbox_of(&hub, &hub.ann).await.is_empty());
    }

    async fn who_is_mentioned_is_told_so(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "t").await;
        let html = format!("<body>Look, <a data-asana-gid=\"{}\"/></body>", hub.cay.id);
        say(&mut tx, task.id, Text::Rich(html)).await;
        say(&mut tx, task.id, Text::Plain("never mind".to_owned())).await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        let inbox = inbox_of(&hub, &hub.cay).await;
        assert_eq!(inbox, [item("t", Reason::Mentioned, "bob commented: never mind", 2)], "the stronger reason stays until it is read");
    }

    async fn items_are_read_put_away_and_come_up_again(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "t").await;
        tasks::add_followers(&mut tx, task.id, &[hub.cay.id]).await.expect("added");
        say(&mut tx, task.id, Text::Plain("one".to_owned())).await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        let mut tx = hub.by(&hub.cay).await;
        let items = list(&mut tx, Filter { unread: true, ..Filter::default() }, &Page::first(9)).await.expect("listed").items;
        assert_eq!((items.len(), count_unread(&mut tx).await.expect("counted")), (1, 1));
        let read = mark(&mut tx, items[0].id, Some(false), None).await.expect("read");
        assert!(!read.is_unread && !read.is_archived);
        assert_eq!(count_unread(&mut tx).await.expect("counted"), 0);
        mark(&mut tx, items[0].id, None, Some(true)).await.expect("put away");
        assert!(list(&mut tx, Filter::default(), &Page::first(9)).await.expect("listed").items.is_empty());
        assert_eq!(list(&mut tx, Filter { archived: true, unread: false }, &Page::first(9)).await.expect("listed").items.len(), 1);
        tx.commit().await.expect("committed");

        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(mark(&mut tx, items[0].id, Some(false), None).await.expect_err("not his").code(), "inbox.unknown");
        say(&mut tx, task.id, Text::Plain("two".to_owned())).await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        assert_eq!(inbox_of(&hub, &hub.cay).await, [item("t", Reason::Follows, "bob commented: two", 1)]);
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(archive_all(&mut tx).await.expect("put away"), 1);
        tasks::remove_followers(&mut tx, task.id, &[hub.cay.id]).await.expect("removed");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        say(&mut tx, task.id, Text::Plain("three".to_owned())).await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        assert!(inbox_of(&hub, &hub.cay).await.is_empty(), "who follows no longer is not told");
    }

    async fn what_one_may_see_no_longer_is_absent(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_private(&mut tx, "Mine").await;
        let task = new_task(&mut tx, &project, "t").await;
        tasks::add_followers(&mut tx, task.id, &[hub.cay.id]).await.expect("added");
        say(&mut tx, task.id, Text::Plain("one".to_owned())).await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        assert_eq!(inbox_of(&hub, &hub.cay).await.len(), 1, "who follows a task sees it");
        let mut tx = hub.by(&hub.bob).await;
        tasks::remove_followers(&mut tx, task.id, &[hub.cay.id]).await.expect("removed");
        tx.commit().await.expect("committed");
        assert!(inbox_of(&hub, &hub.cay).await.is_empty());
        let mut tx = hub.by(&hub.cay).await;
        assert_eq!(count_unread(&mut tx).await.expect("counted"), 0);
    }

    async fn the_author_hears_quietly_who_likes_it(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "t").await;
        let said = stories::comment(&mut tx, task.id, NewComment::from("done")).await.expect("said");
        tx.commit().await.expect("committed");
        let like = async |user: &User, liked: bool| {
            let mut tx = hub.by(user).await;
            let change = stories::CommentChange { liked: Some(liked), ..Default::default() };
            stories::change(&mut tx, said.id, change).await.expect("liked");
            tx.commit().await.expect("committed");
            settle(&hub).await;
        };
        like(&hub.bob, true).await;
        assert!(inbox_of(&hub, &hub.bob).await.is_empty(), "nobody is told of what they do");
        like(&hub.bob, false).await;
        like(&hub.cay, true).await;
        assert_eq!(inbox_of(&hub, &hub.bob).await, [item("t", Reason::Liked, "cay likes your comment: done", 0)]);
        like(&hub.ann, true).await;
        let inbox = inbox_of(&hub, &hub.bob).await;
        assert_eq!(inbox[0].2, format!("{} and 1 other like your comment: done", hub.ann.name));
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(count_unread(&mut tx).await.expect("counted"), 0, "it is no reason to look");
        drop(tx);

        let mut tx = hub.by(&hub.cay).await;
        say(&mut tx, task.id, Text::Plain("thanks".to_owned())).await;
        tx.commit().await.expect("committed");
        settle(&hub).await;
        let mut tx = hub.by(&hub.ann).await;
        tasks::change(&mut tx, task.id, TaskChange { liked: Some(true), ..TaskChange::default() }).await.expect("liked");
        tx.commit().await.expect("committed");
        settle(&hub).await;
        assert_eq!(inbox_of(&hub, &hub.bob).await, [item("t", Reason::Follows, "cay commented: thanks", 1)], "what is unread is not covered");
    }

    async fn what_is_no_task_keeps_one_item_too_and_only_its_owner_sees_it(hub) {
        let other = |text| Other { about: "job:12", title: "Nightly", path: "/runs/3", actor: "Run 3", text };
        let mut tx = hub.by(&hub.ann).await;
        put(&mut tx, hub.cay.id, &other("failed")).await.expect("put");
        put(&mut tx, hub.cay.id, &other("passes again")).await.expect("put");
        tx.commit().await.expect("committed");
        assert_eq!(inbox_of(&hub, &hub.cay).await, [item("Nightly", Reason::Concerns, "Run 3 passes again", 2)]);
        assert!(inbox_of(&hub, &hub.bob).await.is_empty());
        let mut tx = hub.by(&hub.cay).await;
        let found = list(&mut tx, Filter::default(), &Page::first(9)).await.expect("listed").items.remove(0);
        assert_eq!((found.task, found.path.as_str(), count_unread(&mut tx).await.expect("counted")), (None, "/runs/3", 1));
        mark(&mut tx, found.id, Some(false), Some(true)).await.expect("put away");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.ann).await;
        put(&mut tx, hub.cay.id, &other("failed")).await.expect("put");
        tx.commit().await.expect("committed");
        assert_eq!(inbox_of(&hub, &hub.cay).await, [item("Nightly", Reason::Concerns, "Run 3 failed", 1)], "it comes up again");
    }
}
