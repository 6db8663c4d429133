use super::*;
use crate::fixture::*;

db::on_both! { hub;
    async fn files_and_links_hang_on_a_task_and_are_seen_with_it(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_private(&mut tx, "Secret").await;
        let t = new_task(&mut tx, &p, "t").await;
        let file = add_file(&mut tx, t.id, "../../etc/shot.png", "abc", 5).await.expect("added");
        assert_eq!((file.name.as_str(), file.size), ("shot.png", Some(5)));
        add_link(&mut tx, t.id, "docs", "https://example.com/").await.expect("added");
        assert!(add_link(&mut tx, t.id, "x", "javascript:alert(1)").await.is_err());
        assert!(add_file(&mut tx, t.id, "big", "abc", u64::MAX).await.is_err());
        assert_eq!(story_kinds(&mut tx, t.id).await[1..], ["attachment_added", "attachment_added"]);
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.cay).await;
        assert!(get(&mut tx, file.id).await.is_err(), "hidden with its task");
        get_signed(&mut tx, file.id).await.expect("a signed address opens it");
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        delete(&mut tx, file.id).await.expect("deleted");
        let left = list(&mut tx, t.id, &Page::first(9)).await.expect("listed").items;
        assert_eq!(left.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["docs"]);
    }
}
