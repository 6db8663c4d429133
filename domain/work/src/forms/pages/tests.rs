//! What the pages of forms promise.

use crate::fixture::{hub, new_project};
use crate::forms::{self, QuestionKind, Target};
use crate::http_tests::{door, send};
use axum::http::StatusCode;

db::on_both! { hub;
    async fn a_form_is_made_asked_filled_in_and_closed(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        tx.commit().await.expect("committed");
        let here = format!("/settings/projects/{}/forms", project.id);
        let made = send(&door, &hub.bob, "POST", &here, "name=Report+%3Cb%3E").await;
        assert_eq!(made.0, StatusCode::SEE_OTHER, "{}", made.1);
        let form = async || {
            let mut tx = hub.by(&hub.bob).await;
            forms::list(&mut tx, project.id).await.expect("listed").remove(0)
        };
        let first = form().await;
        let one = format!("{here}/{}", first.id);
        let page = send(&door, &hub.bob, "GET", &one, "").await.1;
        assert!(page.contains(&format!("https://hub.example/forms/{}", first.token)), "its address is there to be copied");
        assert!(page.contains(&format!("https://hub.example/hooks/form/{}", first.token)));
        let question = |at: usize, label: &str, kind: &str, more: &str| {
            format!("label.{at}={label}&help.{at}=&key.{at}=k{at}&kind.{at}={kind}&target.{at}=notes&options.{at}=A+bit%0AVery{more}&")
        };
        let all = format!("count=2&{}{}", question(0, "What", "line", "&required.0=on"), question(1, "How+bad", "choice", ""));
        for (act, labels) in [("do=down:0", vec!["How bad", "What"]), ("do=add", vec!["What", "How bad", "New question"]), ("do=remove:1", vec!["What"]), ("", vec!["What", "How bad"])] {
            let saved = send(&door, &hub.bob, "POST", &format!("{one}/questions"), &format!("{all}{act}")).await;
            assert_eq!(saved.0, StatusCode::SEE_OTHER, "{act}: {}", saved.1);
            assert_eq!(form().await.questions.iter().map(|question| question.label.clone()).collect::<Vec<_>>(), labels, "{act}");
        }
        let asked = form().await.questions;
        assert!(asked[0].is_required && asked[1].kind == QuestionKind::Choice && asked[1].target == Target::Notes);
        assert_eq!(asked[1].options, ["A bit", "Very"]);

        let public = format!("/forms/{}", first.token);
        let page = send(&door, &hub.gus, "GET", &public, "").await.1;
        assert!(page.contains("Report &lt;b&gt;") && page.contains("A bit") && !page.contains("/settings"), "{page}");
        let bad = send(&door, &hub.gus, "POST", &public, "k0=&k1=Very").await;
        assert_eq!(bad.0, StatusCode::BAD_REQUEST);
        assert!(bad.1.contains("This needs an answer.") && bad.1.contains("aria-invalid=\"true\"") && bad.1.contains("value=\"Very\" selected"), "{}", bad.1);
        let good = send(&door, &hub.gus, "POST", &public, "k0=%3Cscript%3E&k1=Very").await;
        assert!(good.0 == StatusCode::OK && good.1.contains("Send another"), "{}", good.1);

        assert_eq!(send(&door, &hub.bob, "POST", &format!("{one}/close"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.gus, "GET", &public, "").await.0, StatusCode::NOT_FOUND);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{one}/handshake"), "key=s3cret-key").await.0, StatusCode::SEE_OTHER);
        let page = send(&door, &hub.bob, "GET", &one, "").await.1;
        assert!(page.contains("must bring a key") && !page.contains("s3cret-key"), "a key is never shown again");
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{one}/delete"), "").await.0, StatusCode::SEE_OTHER);
    }

    async fn addresses_of_forms_are_for_those_who_may_edit(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let new = crate::projects::NewProject { name: "Looked at".to_owned(), default_access: Some(crate::projects::Access::Viewer), ..Default::default() };
        let project = crate::projects::create(&mut tx, new).await.expect("made");
        let form = forms::create(&mut tx, project.id, forms::FormChange { name: Some("F".to_owned()), ..Default::default() }).await.expect("made");
        tx.commit().await.expect("committed");
        let here = format!("/settings/projects/{}/forms", project.id);
        let (status, page) = send(&door, &hub.cay, "GET", &here, "").await;
        assert!(status == StatusCode::OK && !page.contains(&form.token) && page.contains("may edit"), "{page}");
        assert_eq!(send(&door, &hub.cay, "GET", &format!("{here}/{}", form.id), "").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.cay, "POST", &here, "name=x").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.gus, "GET", &here, "").await.0, StatusCode::NOT_FOUND);
    }
}
