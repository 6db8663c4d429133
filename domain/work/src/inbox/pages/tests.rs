//! What the pages of the inbox promise.

use crate::fixture::{hub, new_project, new_task};
use crate::http_tests::{door, send};
use crate::inbox::{self, Filter};
use crate::names::Text;
use crate::page::Page;
use crate::stories::{self, NewComment};
use axum::http::StatusCode;

db::on_both! { hub;
    async fn an_inbox_is_read_marked_and_undone_without_scripts(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let task = new_task(&mut tx, &project, "<script>alert(1)</script>").await;
        let text = Text::Rich(format!("<body>Look <a data-asana-gid=\"{}\"/></body>", hub.cay.id));
        stories::comment(&mut tx, task.id, NewComment { text, ..NewComment::default() }).await.expect("said");
        tx.commit().await.expect("committed");
        assert!(!journal::Followers::new(hub.db.clone(), vec![inbox::follower()]).catch_up().await);

        let (status, page) = send(&door, &hub.cay, "GET", "/inbox", "").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("you are mentioned") && page.contains("Unread 1"), "{page}");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"), "a name is a name");
        assert!(send(&door, &hub.cay, "GET", "/inbox/count", "").await.1.contains("data-unseen>1</span>"));
        assert!(send(&door, &hub.ann, "GET", "/inbox", "").await.1.contains("Nothing is waiting for you"));

        let mut tx = hub.by(&hub.cay).await;
        let item = inbox::list(&mut tx, Filter::default(), &Page::first(1)).await.expect("listed").items[0].id;
        drop(tx);
        let archive = format!("/inbox/{item}/archive");
        assert_eq!(send(&door, &hub.bob, "POST", &archive, "").await.0, StatusCode::NOT_FOUND, "it is not his");
        assert_eq!(send(&door, &hub.cay, "POST", &format!("/inbox/{item}/burn"), "").await.0, StatusCode::NOT_FOUND);
        assert_eq!(send(&door, &hub.cay, "POST", &archive, "").await.0, StatusCode::SEE_OTHER);
        assert!(send(&door, &hub.cay, "GET", "/inbox", "").await.1.contains("Nothing is waiting for you"));
        assert!(send(&door, &hub.cay, "GET", "/inbox?show=archived", "").await.1.contains("you are mentioned"));
        let undo = format!("/inbox/{item}/unarchive?unread=true");
        assert_eq!(send(&door, &hub.cay, "POST", &undo, "").await.0, StatusCode::SEE_OTHER);
        assert!(send(&door, &hub.cay, "GET", "/inbox?show=unread", "").await.1.contains("you are mentioned"), "as unread as before");
        assert_eq!(send(&door, &hub.cay, "POST", "/inbox/read-all", "").await.0, StatusCode::SEE_OTHER);
        assert!(send(&door, &hub.cay, "GET", "/inbox?show=unread", "").await.1.contains("Nothing is unread"));
        assert_eq!(send(&door, &hub.cay, "GET", "/inbox?after=x", "").await.0, StatusCode::BAD_REQUEST);
    }

    async fn preferences_are_ticked_for_everywhere_and_for_projects_that_one_sees(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Loud").await;
        let secret = crate::fixture::new_private(&mut tx, "Hidden").await;
        tx.commit().await.expect("committed");
        let here = "/settings/notifications";
        let page = send(&door, &hub.cay, "GET", here, "").await.1;
        assert!(page.contains("Loud") && !page.contains("Hidden"), "what one may not see is not offered");
        assert!(!send(&door, &hub.gus, "GET", here, "").await.1.contains("Loud"), "a guest sees no project that is not shared");
        assert_eq!(send(&door, &hub.cay, "POST", here, &format!("project={}&how=everything", project.id)).await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.cay, "POST", here, &format!("project={}&how=everything", secret.id)).await.0, StatusCode::NOT_FOUND);
        assert_eq!(send(&door, &hub.cay, "POST", here, "everything=on").await.0, StatusCode::BAD_REQUEST);
        assert!(send(&door, &hub.cay, "GET", here, "").await.1.contains("As everywhere else"));
        assert_eq!(send(&door, &hub.cay, "POST", &format!("{here}/{}/forget", project.id), "").await.0, StatusCode::SEE_OTHER);
        assert!(!send(&door, &hub.cay, "GET", here, "").await.1.contains("As everywhere else"));
    }
}
