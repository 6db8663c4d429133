//! What forms promise, Wufoo's included.

use super::*;
use crate::fields::{FieldKind, FieldValue, NewField, NewOption};
use crate::fixture::{Hub, hub, new_project, order, whole};
use base::Actor;
use base::id::TaskId;

fn question(key: &str, label: &str, kind: QuestionKind, target: Target) -> Question {
    Question {
        key: key.to_owned(),
        label: label.to_owned(),
        help: String::new(),
        kind,
        options: Vec::new(),
        is_required: false,
        target,
    }
}

/// A form with a name, an address, a day, a level and a story.
async fn bug_form(hub: &Hub, handshake: Option<&str>) -> Form {
    let mut tx = hub.by(&hub.bob).await;
    let project = new_project(&mut tx, "Bugs").await;
    let options =
        ["Low", "High"].iter().map(|name| NewOption { name: (*name).to_owned(), color: None, enabled: true });
    let new = NewField {
        kind: FieldKind::Enum,
        name: "Level".to_owned(),
        description: String::new(),
        precision: None,
        format: None,
        currency_code: None,
        custom_label: None,
        custom_label_position: None,
        notifies: false,
        is_global: false,
        options: options.collect(),
    };
    let level = fields::create(&mut tx, new).await.expect("made");
    fields::add_to_project(&mut tx, project.id, level.id, true, None).await.expect("shown");
    let mut questions = vec![
        Question {
            is_required: true,
            ..question("Field1", "What happened?", QuestionKind::Line, Target::Name)
        },
        question("mail", "Your address", QuestionKind::Email, Target::Notes),
        question("by", "Needed by", QuestionKind::Date, Target::DueOn),
        question("level", "How bad?", QuestionKind::Choice, Target::Field(level.id)),
    ];
    questions[3].options = vec!["Low".to_owned(), "High".to_owned()];
    let new = FormChange {
        name: Some("Report a bug".to_owned()),
        questions: Some(questions),
        handshake_key: handshake.map(|key| Some(Secret::new(key))),
        ..FormChange::default()
    };
    let form = create(&mut tx, project.id, new).await.expect("made");
    tx.commit().await.expect("committed");
    form
}

async fn submitted(hub: &Hub, form: &Form, answers: Answers) -> Result<TaskId> {
    let mut tx = hub.db.write(&Actor::stranger()).await.expect("begun");
    let form = by_token(&mut tx, &form.token).await?;
    let task = submit(&mut tx, &form, answers).await?;
    tx.commit().await?;
    Ok(task)
}

fn answers(given: &[(&str, &str)]) -> Answers {
    let given = given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Answers { entry: None, given, is_checked: false }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

db::on_both! { hub;
    async fn a_stranger_s_answers_become_a_task(hub) {
        let form = bug_form(&hub, None).await;
        let given = answers(&[("Field1", " It broke "), ("mail", "eve@example.com"), ("by", "2026-11-22"), ("level", "High"), ("other", "<b>x</b>")]);
        let task = submitted(&hub, &form, given).await.expect("taken");
        let mut tx = hub.by(&hub.bob).await;
        let full = whole(&mut tx, task).await;
        assert_eq!((full.task.name.as_str(), full.task.created_by), ("It broke", None));
        assert_eq!(full.task.notes, "Your address: eve@example.com\n\nother: <b>x</b>");
        assert_eq!(full.task.due_on, Some("2026-11-22".parse().expect("a day")));
        assert!(matches!(&full.fields[0].value, Some(FieldValue::Enum(option)) if option.name == "High"));
        drop(tx);
        assert!(hub.verbs(journal::Subject::new("project", form.project)).await.contains(&"form.submitted".to_owned()));
    }

    async fn answers_that_do_not_fit_are_refused_by_their_label(hub) {
        let form = bug_form(&hub, None).await;
        for (given, said) in [
            (answers(&[]), "What happened?: this needs an answer"),
            (answers(&[("Field1", "x"), ("mail", "nonsense")]), "Your address: this takes an e-mail address"),
            (answers(&[("Field1", "x"), ("by", "soon")]), "Needed by: this takes a day like 2026-11-22"),
            (answers(&[("Field1", "x"), ("level", "Awful")]), "How bad?: this takes one of the options"),
        ] {
            assert_eq!(submitted(&hub, &form, given).await.expect_err("refused").message(), said);
        }
        let mut tx = hub.by(&hub.bob).await;
        assert!(order(&mut tx, form.project).await.is_empty(), "nothing was made");
        change(&mut tx, form.id, FormChange { is_open: Some(false), ..FormChange::default() }).await.expect("closed");
        tx.commit().await.expect("committed");
        assert_eq!(submitted(&hub, &form, answers(&[("Field1", "x")])).await.expect_err("closed").code(), "form.unknown");
    }

    async fn wufoo_s_webhook_is_understood_and_sent_twice_makes_one_task(hub) {
        let form = bug_form(&hub, Some("s3cret")).await;
        let structure = r#"{"Fields":[{"Title":"Headline","Type":"text","ID":"Field1"},{"Title":"Your address","Type":"email","ID":"Field3"},
            {"Title":"Name","Type":"shortname","ID":"Field4","SubFields":[{"ID":"Field4","Label":"First"},{"ID":"Field5","Label":"Last"}]},
            {"Title":"How bad?","Type":"select","ID":"Field6"},
            {"Title":"Where","Type":"checkbox","ID":"Field7","SubFields":[{"ID":"Field7","Label":"beta"},{"ID":"Field8","Label":"prod"}]}]}"#;
        let encoded: String = url::form_urlencoded::byte_serialize(structure.as_bytes()).collect();
        let body = format!("Field1=It+broke&Field3=no+address&Field4=Eve&Field5=Adams&Field6=High&Field7=beta&Field8=prod&Field9=unasked\
            &CreatedBy=public&DateCreated=2026-11-22&EntryId=17&IP=10.0.0.1&HandshakeKey=s3cret&FieldStructure={encoded}");
        assert!(wufoo::is_one(&pairs(&body)));
        let mut made = Vec::new();
        for _ in 0..2 {
            let read = wufoo::read(&form, &pairs(&body)).expect("the key is right");
            made.push(submitted(&hub, &form, read).await.expect("taken"));
        }
        assert_eq!(made[0], made[1]);
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(order(&mut tx, form.project).await, ["It broke"]);
        let full = whole(&mut tx, made[0]).await;
        assert_eq!(
            full.task.notes, "Your address: no address\n\nName: Eve Adams\n\nWhere: beta, prod\n\nField9: unasked",
            "what does not fit is kept, and what is about Wufoo is not"
        );
        assert!(matches!(&full.fields[0].value, Some(FieldValue::Enum(option)) if option.name == "High"));
        for body in [body.replace("s3cret", "guess"), body.replace("HandshakeKey", "Other")] {
            assert_eq!(wufoo::read(&form, &pairs(&body)).expect_err("refused").code(), "form.handshake");
        }
        let broken = body.replace(&encoded, "%7B");
        assert_eq!(wufoo::read(&form, &pairs(&broken)).expect_err("refused").code(), "form.structure");
    }

    async fn only_those_who_may_edit_the_project_see_and_make_forms(hub) {
        let form = bug_form(&hub, None).await;
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(list(&mut tx, form.project).await.expect_err("refused").code(), "project.hidden");
        assert_eq!(get(&mut tx, form.id).await.expect_err("refused").code(), "project.hidden");
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        for (questions, code) in [
            (vec![question("a b", "x", QuestionKind::Line, Target::Name)], "value.unknown"),
            (vec![question("a", "x", QuestionKind::Choice, Target::Name)], "form.options"),
            (vec![question("a", "x", QuestionKind::Line, Target::Name), question("A", "y", QuestionKind::Line, Target::Name)], "form.key_twice"),
            (vec![question("a", "x", QuestionKind::Line, Target::Field(FieldId(5)))], "field.elsewhere"),
        ] {
            let refused = change(&mut tx, form.id, FormChange { questions: Some(questions), ..FormChange::default() }).await;
            assert_eq!(refused.expect_err("refused").code(), code);
        }
        delete(&mut tx, form.id).await.expect("deleted");
        assert!(list(&mut tx, form.project).await.expect("listed").is_empty());
    }
}
