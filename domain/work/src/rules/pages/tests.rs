//! What the pages of rules promise.

use super::choices::{self, Choices};
use crate::fields::{self, FieldKind, NewField, NewOption};
use crate::fixture::{hub, new_project, new_section};
use crate::http_tests::{door, send};
use crate::rules::{self, Action, Trigger};
use axum::http::StatusCode;
use web::Pairs;

fn pairs(form: &[(&str, &str)]) -> Pairs {
    Pairs(form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

db::on_both! { hub;
    async fn a_rule_is_made_from_two_choices_and_read_as_a_sentence(hub) {
        let door = door(&hub).await;
        let mut tx = hub.by(&hub.bob).await;
        let project = new_project(&mut tx, "P").await;
        let section = new_section(&mut tx, &project, "Doing <i>").await;
        let option = |name: &str| NewOption { name: name.to_owned(), color: None, enabled: true };
        let new = NewField {
            kind: FieldKind::Enum, name: "Priority".to_owned(), description: String::new(), precision: None, format: None, currency_code: None,
            custom_label: None, custom_label_position: None, notifies: false, is_global: false, options: vec![option("High"), option("Low")],
        };
        let field = fields::create(&mut tx, new).await.expect("made");
        fields::add_to_project(&mut tx, project.id, field.id, true, None).await.expect("added");
        tx.commit().await.expect("committed");
        let here = format!("/settings/projects/{}/rules", project.id);
        let form = format!(
            "name=Now&when=field:{f}={o}&then0=section:{s}&then1=assign:{c}&then2=comment&then2-text=%3Cscript%3E&then3=",
            f = field.id, o = field.options[0].id, s = section.id, c = hub.cay.id
        );
        let made = send(&door, &hub.bob, "POST", &here, &form).await;
        assert_eq!(made.0, StatusCode::SEE_OTHER, "{}", made.1);
        let page = send(&door, &hub.bob, "GET", &here, "").await.1;
        let sentence = format!(
            "When <b>Priority</b> becomes <b>High</b>, move it to <b>Doing &lt;i&gt;</b>, assign it to <b>{}</b> and comment <q>&lt;script&gt;</q>.",
            hub.cay.name
        );
        assert!(page.contains(&sentence), "{page}");
        let mut tx = hub.by(&hub.bob).await;
        let rule = rules::list(&mut tx, project.id).await.expect("listed").remove(0);
        drop(tx);
        // The form of the rule has the same choices made, so that saving it changes nothing.
        let one = format!("{here}/{}", rule.id);
        let edit = send(&door, &hub.bob, "GET", &one, "").await.1;
        assert!(edit.contains(&format!("value=\"field:{}={}\" selected", field.id, field.options[0].id)), "{edit}");
        assert!(edit.contains(&format!("value=\"assign:{}\" selected", hub.cay.id)) && edit.contains("value=\"&lt;script&gt;\""));
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{one}/off"), "").await.0, StatusCode::SEE_OTHER);
        assert!(send(&door, &hub.bob, "GET", &here, "").await.1.contains("Switch on"));
        for (form, why) in [
            ("when=task_added", "nothing is done"),
            ("when=&then0=complete", "nothing happens"),
            ("when=commented-with&then0=complete", "the text is missing"),
            ("when=task_added&then0=set-to:7", "no such field"),
            ("when=section:7&then0=complete", "no such section"),
        ] {
            assert!(send(&door, &hub.bob, "POST", &here, form).await.0.is_client_error(), "{why}");
        }
        assert_eq!(send(&door, &hub.gus, "GET", &here, "").await.0, StatusCode::NOT_FOUND);
        let other = { let mut tx = hub.by(&hub.bob).await; let other = new_project(&mut tx, "Q").await; tx.commit().await.expect("committed"); other };
        let elsewhere = format!("/settings/projects/{}/rules/{}/delete", other.id, rule.id);
        assert_eq!(send(&door, &hub.bob, "POST", &elsewhere, "").await.0, StatusCode::NOT_FOUND, "a rule is run from its own project");
        assert_eq!(send(&door, &hub.bob, "POST", &format!("{one}/delete"), "").await.0, StatusCode::SEE_OTHER);
    }
}

#[test]
fn every_choice_is_read_back_as_what_it_says() {
    let text = |name: &str, value: &str| pairs(&[("when", name), ("when-text", value)]);
    for (form, read) in [
        (text("task_added", ""), Trigger::TaskAdded),
        (text("commented", "ignored"), Trigger::Commented { contains: None }),
        (text("commented-with", " now "), Trigger::Commented { contains: Some("now".to_owned()) }),
        (text("field:7", ""), Trigger::FieldChanged { field: 7.into(), to: None }),
        (text("field:7=8", ""), Trigger::FieldChanged { field: 7.into(), to: Some("8".to_owned()) }),
        (text("field-to:7", "3.5"), Trigger::FieldChanged { field: 7.into(), to: Some("3.5".to_owned()) }),
    ] {
        assert_eq!(choices::trigger(&form).expect("read"), read);
    }
    for (value, read) in [
        ("", None),
        ("complete", Some(Action::Complete)),
        ("assign:", Some(Action::Assign { user: None })),
        ("clear:7", Some(Action::SetField { field: 7.into(), value: None })),
        ("set:7=a=b", Some(Action::SetField { field: 7.into(), value: Some("a=b".to_owned()) })),
    ] {
        assert_eq!(choices::action(&pairs(&[("then2", value)]), 2).expect("read"), read, "{value}");
    }
    assert!(choices::action(&pairs(&[("then0", "nonsense:7")]), 0).is_err());
    let none = Choices { sections: Vec::new(), fields: Vec::new(), people: Vec::new(), projects: Vec::new() };
    assert!(none.trigger(None).into_string().contains("a task is completed"));
}
