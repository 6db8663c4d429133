//! What the pages of custom fields promise.

use crate::fields;
use crate::fixture::{hub, new_project};
use crate::http_tests::{door, send};
use crate::page::Page;
use axum::http::StatusCode;

db::on_both! { hub;
    async fn a_field_is_made_with_options_that_move_and_are_switched_off(hub) {
        let door = door(&hub).await;
        let here = "/settings/fields";
        let made = send(&door, &hub.bob, "POST", here, "name=Priority+%3Cb%3E&kind=enum&options=Now%0AHigh%0A%0ALow").await;
        assert_eq!(made.0, StatusCode::SEE_OTHER, "{}", made.1);
        let mut tx = hub.by(&hub.bob).await;
        let field = fields::list(&mut tx, &Page::first(9)).await.expect("listed").items.remove(0);
        drop(tx);
        assert_eq!(field.options.iter().map(|option| option.name.as_str()).collect::<Vec<_>>(), ["Now", "High", "Low"]);
        let one = format!("{here}/{}", field.id);
        let page = send(&door, &hub.bob, "GET", &one, "").await.1;
        assert!(page.contains("Priority &lt;b&gt;") && !page.contains("Priority <b>"));
        let option = |what: &str| format!("{one}/options/{}/{what}", field.options[2].id);
        for what in ["up", "up", "up", "off"] {
            assert_eq!(send(&door, &hub.bob, "POST", &option(what), "").await.0, StatusCode::SEE_OTHER, "{what}");
        }
        assert_eq!(send(&door, &hub.bob, "POST", &option("burn"), "").await.0, StatusCode::NOT_FOUND);
        let mut tx = hub.by(&hub.bob).await;
        let options = fields::get(&mut tx, field.id).await.expect("read").options;
        drop(tx);
        assert_eq!(options.iter().map(|option| (option.name.as_str(), option.enabled)).collect::<Vec<_>>(), [("Low", false), ("Now", true), ("High", true)]);
        // Guests read no list of fields and change none; others may not delete what they did not make.
        assert_eq!(send(&door, &hub.gus, "GET", here, "").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.gus, "POST", &one, "name=x").await.0, StatusCode::FORBIDDEN);
        assert!(!send(&door, &hub.cay, "GET", &one, "").await.1.contains("Delete the field"));
        assert_eq!(send(&door, &hub.cay, "POST", &format!("{one}/delete"), "").await.0, StatusCode::FORBIDDEN);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{one}/delete"), "").await.0, StatusCode::SEE_OTHER);
    }

    async fn every_kind_is_made_and_bad_ones_are_refused(hub) {
        let door = door(&hub).await;
        for kind in ["text", "enum", "multi_enum", "number", "date", "people", "reference"] {
            let form = format!("name={kind}&kind={kind}&options=a%0Ab&format=currency&currency=eur&precision=2");
            assert_eq!(send(&door, &hub.bob, "POST", "/settings/fields", &form).await.0, StatusCode::SEE_OTHER, "{kind}");
        }
        for form in ["name=&kind=text", "name=x&kind=king", "name=x&kind=number&precision=7", "name=x&kind=number&precision=many", "name=x&kind=number&format=currency&currency=euro"] {
            assert_eq!(send(&door, &hub.bob, "POST", "/settings/fields", form).await.0, StatusCode::BAD_REQUEST, "{form}");
        }
    }

    async fn a_project_shows_fields_in_the_order_that_was_chosen(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        tx.commit().await.expect("committed");
        let here = format!("/settings/projects/{}/fields", project.id);
        for name in ["A", "B"] {
            let made = send(&door, &hub.bob, "POST", "/settings/fields", &format!("name={name}&kind=text&project={}", project.id)).await;
            assert_eq!(made.0, StatusCode::SEE_OTHER, "{}", made.1);
        }
        let shown = async || {
            let mut tx = hub.by(&hub.bob).await;
            let all = fields::of_project(&mut tx, project.id).await.expect("listed");
            all.into_iter().map(|setting| (setting.field.name.clone(), setting.field.id, setting.is_important)).collect::<Vec<_>>()
        };
        let before = shown().await;
        assert_eq!(before.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let b = before[1].1;
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/{b}/up"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/{b}/quiet"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(shown().await[0], ("B".to_owned(), b, false));
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{here}/{b}/remove"), "").await.0, StatusCode::SEE_OTHER);
        assert_eq!(shown().await.len(), 1);
        assert_eq!(send(&door, &hub.bob, "POST", &here, &format!("field={b}")).await.0, StatusCode::SEE_OTHER);
        assert_eq!(send(&door, &hub.bob, "POST", &here, "").await.0, StatusCode::BAD_REQUEST);
        assert_eq!(send(&door, &hub.gus, "POST", &here, &format!("field={b}")).await.0, StatusCode::NOT_FOUND);
    }
}
