use super::*;
use crate::fixture::*;
use std::time::Duration;

db::on_both! { hub;
    async fn a_comment_is_its_authors_alone(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Lock").await;
        let t = new_task(&mut tx, &p, "t").await;
        tx.commit().await.expect("committed");
        hub.place.clock().advance(Duration::from_secs(1));
        let mut tx = hub.by(&hub.cay).await;
        let mention = Text::Rich(format!("<body>ask <a data-asana-gid=\"{}\"/></body>", hub.ann.id));
        let story = comment(&mut tx, t.id, NewComment { text: mention, ..NewComment::default() }).await.expect("commented");
        assert_eq!(story.text, format!("ask @{}", hub.ann.name));
        let followers: Vec<_> = whole(&mut tx, t.id).await.followers.into_iter().map(|p| p.id).collect();
        assert!(followers.contains(&hub.cay.id) && followers.contains(&hub.ann.id), "author and mentioned follow");
        for bad in ["<body><b>x</b></body>", "<body></body>", "x"] {
            let new = NewComment { text: Text::Rich(bad.into()), ..NewComment::default() };
            assert_eq!(comment(&mut tx, t.id, new).await.expect_err(bad).kind(), base::Kind::Invalid);
        }
        let edit = |text: &str| CommentChange { text: Some(Text::Plain(text.into())), ..CommentChange::default() };
        let edited = change(&mut tx, story.id, edit("new")).await.expect("edited");
        assert!(edited.is_edited && edited.text == "new" && edited.html.is_none());
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(change(&mut tx, story.id, edit("mine")).await.expect_err("not Bob's").code(), "story.not_author");
        let pin = CommentChange { is_pinned: Some(true), liked: Some(true), ..CommentChange::default() };
        let pinned = change(&mut tx, story.id, pin).await.expect("pinned");
        assert!(pinned.is_pinned && pinned.likes.len() == 1);
        let system = list(&mut tx, t.id, &Page::first(1)).await.expect("listed");
        assert_eq!(system.items[0].kind, StoryKind::AddedToProject);
        assert_eq!(system.items[0].data["project"]["name"], "Lock");
        assert!(change(&mut tx, system.items[0].id, edit("x")).await.is_err(), "history cannot be changed");
        assert!(delete(&mut tx, system.items[0].id).await.is_err());
        let page = Page { after: system.next, limit: 5 };
        let rest = list(&mut tx, t.id, &page).await.expect("listed");
        assert_eq!(rest.items.iter().map(|s| s.id).collect::<Vec<_>>(), [story.id]);
        delete(&mut tx, story.id).await.expect("whoever administers the project may");
        assert!(get(&mut tx, story.id).await.is_err());
        tx.commit().await.expect("committed");
        let verbs = hub.verbs(Subject::new("project", p.id)).await;
        assert!(verbs.contains(&"story.added".into()) && verbs.contains(&"story.deleted".into()), "{verbs:?}");
    }

    async fn a_deleted_comment_is_taken_back_with_its_likes(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Lock").await;
        let t = new_task(&mut tx, &p, "t").await;
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        let story = comment(&mut tx, t.id, NewComment { is_pinned: true, ..NewComment::from("kept") }).await.expect("said");
        change(&mut tx, story.id, CommentChange { liked: Some(true), ..CommentChange::default() }).await.expect("liked");
        delete(&mut tx, story.id).await.expect("deleted");
        assert!(get(&mut tx, story.id).await.is_err() && pinned(&mut tx, t.id).await.expect("listed").is_empty());
        assert!(!story_kinds(&mut tx, t.id).await.contains(&"comment_added".to_owned()));
        assert!(count_comments(&mut tx, &[t.id]).await.expect("counted").is_empty());
        assert!(delete(&mut tx, story.id).await.is_err(), "once is enough");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.gus).await;
        assert!(restore(&mut tx, story.id).await.is_err(), "who does not see the task sees nothing");
        drop(tx);
        let mut tx = hub.by(&hub.cay).await;
        let back = restore(&mut tx, story.id).await.expect("back");
        assert_eq!((back.text.as_str(), back.likes.len(), back.is_pinned), ("kept", 1, true));
        assert_eq!(pinned(&mut tx, t.id).await.expect("listed").len(), 1);
        assert!(restore(&mut tx, story.id).await.is_err(), "it is there");
        delete(&mut tx, story.id).await.expect("deleted");
        tx.commit().await.expect("committed");
        hub.place.clock().advance(Duration::from_secs(31 * 86_400));
        let mut tx = hub.db.write(&base::Actor::system()).await.expect("begun");
        tasks::purge_expired(&mut tx).await.expect("emptied");
        assert!(restore(&mut tx, story.id).await.is_err(), "the trash was emptied");
    }
}
