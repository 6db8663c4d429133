//! What the settings of projects promise.

use crate::fixture::{hub, new_private, new_project};
use crate::http_tests::{door, send};
use crate::{members, projects};
use axum::http::StatusCode;
use base::Right;

db::on_both! { hub;
    async fn rights_are_given_by_those_who_administer_and_by_nobody_else(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "Open").await;
        tx.commit().await.expect("committed");
        let here = format!("/settings/projects/{}/rights", project.id);
        assert!(send(&door, &hub.bob, "GET", &here, "").await.1.contains("Share it"));
        let seen = send(&door, &hub.cay, "GET", &here, "").await.1;
        assert!(!seen.contains("Share it") && seen.contains("takes the right to admin"), "what one may not do is not offered");
        let share = format!("with=user:{}&access=viewer", hub.gus.id);
        assert_eq!(send(&door, &hub.cay, "POST", &here, &share).await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.gus, "GET", &here, "").await.0, StatusCode::NOT_FOUND, "a guest sees nothing that is not shared");
        assert_eq!(send(&door, &hub.bob, "POST", &here, &share).await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.gus, "GET", &here, "").await.0, StatusCode::OK);
        for bad in ["with=nobody&access=viewer", "with=user:1&access=king", ""] {
            let (status, page) = send(&door, &hub.bob, "POST", &here, bad).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}: {page}");
        }
        let mut tx = hub.by(&hub.bob).await;
        let member = members::list(&mut tx, project.id).await.expect("listed").into_iter().find(|m| m.name == hub.gus.name).expect("shared");
        drop(tx);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/{}", member.id), "access=editor").await.0, StatusCode::SEE_OTHER);
        let mut tx = hub.by(&hub.gus).await;
        assert!(projects::rights_in(&mut tx, project.id).await.expect("read").contains(Right::Edit));
        drop(tx);
        // Everybody may leave; then the project is out of sight.
        assert_eq!(send(&door, &hub.gus, "POST", &format!("{here}/{}/end", member.id), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.gus, "GET", &here, "").await.0, StatusCode::NOT_FOUND);
    }

    async fn a_project_is_renamed_hidden_archived_deleted_and_brought_back(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "<script>alert(1)</script>").await;
        let hidden = new_private(&mut tx, "Hidden").await;
        tx.commit().await.expect("committed");
        let list = send(&door, &hub.cay, "GET", "/settings/projects", "").await.1;
        assert!(list.contains("&lt;script&gt;") && !list.contains("<script>alert") && !list.contains("Hidden"), "{list}");
        assert_eq!(send(&door, &hub.cay, "GET", &format!("/settings/projects/{}", hidden.id), "").await.0, StatusCode::NOT_FOUND);
        let here = format!("/settings/projects/{}", project.id);
        // An editor may rename, and is not asked for more when nothing else differs.
        let same = format!("name=Plain&owner={}&privacy=public_to_workspace&access=editor", hub.bob.id);
        assert_eq!(send(&door, &hub.cay, "POST", &here, &same).await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.cay, "POST", &here, "privacy=private").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/use/off"), "").await.0, StatusCode::SEE_OTHER);
        assert!(!send(&door, &hub.cay, "GET", "/settings/projects", "").await.1.contains("Plain"));
        assert!(send(&door, &hub.cay, "GET", "/settings/projects?archived=true", "").await.1.contains("Plain"));
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/use/on"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.cay, "POST", &format!("{here}/delete"), "").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/delete"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "GET", &here, "").await.0, StatusCode::NOT_FOUND);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/restore"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "POST", &here, "privacy=private").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.cay, "GET", &here, "").await.0, StatusCode::NOT_FOUND);
    }
}
