use super::*;
use crate::fixture::*;
use crate::tasks::{NewTask, TaskChange};
use base::Kind;
use base::id::TaskId;

fn new(kind: FieldKind, name: &str, options: &[&str]) -> NewField {
    NewField {
        kind,
        name: name.into(),
        description: String::new(),
        precision: Some(2),
        format: None,
        currency_code: None,
        custom_label: None,
        custom_label_position: None,
        notifies: false,
        is_global: true,
        options: options
            .iter()
            .map(|o| NewOption { name: (*o).into(), color: None, enabled: true })
            .collect(),
    }
}

async fn set(tx: &mut Tx, task: TaskId, field: &Field, input: Input) -> Result<Option<String>> {
    crate::tasks::change(tx, task, TaskChange { fields: vec![(field.id, input)], ..TaskChange::default() })
        .await?;
    let entry =
        whole(tx, task).await.fields.into_iter().find(|entry| entry.field.id == field.id).expect("shown");
    Ok(entry.value.as_ref().and_then(|value| values::display(&entry.field, value)))
}

db::on_both! { hub;
    async fn every_kind_of_field_keeps_its_values(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let p = new_project(&mut tx, "Errors").await;
        let t = new_task(&mut tx, &p, "t").await;
        let mut made = Vec::new();
        for kind in FieldKind::ALL {
            let options: &[&str] = if matches!(kind, FieldKind::Enum | FieldKind::MultiEnum) { &["x", "y", "z"] } else { &[] };
            let field = create(&mut tx, new(*kind, kind.as_str(), options)).await.expect("made");
            add_to_project(&mut tx, p.id, field.id, true, None).await.expect("shown");
            made.push(field);
        }
        let [text, one, many, number, date, who, which] = <[Field; 7]>::try_from(made).expect("seven kinds");
        let id = |field: &Field, i: usize| field.options[i].id.0;
        let (x, z) = (id(&many, 0), id(&many, 2));
        let fields = whole(&mut tx, t.id).await.fields;
        assert!(fields.len() == 7 && fields.iter().all(|f| f.value.is_none() && f.enabled), "all are there, without values");
        for (field, input, shown) in [
            (&text, Input::Text("deadbeef".into()), Some("deadbeef")),
            (&one, Input::Text(id(&one, 1).to_string()), Some("y")),
            (&many, Input::Ids(vec![z, x]), Some("x, z")),
            (&number, Input::Number(1.005), Some("1.00")),
            (&number, Input::Number(2.346), Some("2.35")),
            (&date, Input::Text("2026-12-24".into()), Some("2026-12-24T00:00:00.000Z")),
            (&date, Input::Text("2026-12-24T10:00:00Z".into()), Some("2026-12-24T10:00:00.000Z")),
            (&who, Input::Ids(vec![hub.cay.id.0]), Some(hub.cay.name.as_str())),
            (&which, Input::Ids(vec![t.id.0]), Some("t")),
            (&text, Input::Clear, None),
            (&many, Input::Ids(vec![]), None),
        ] {
            assert_eq!(set(&mut tx, t.id, field, input.clone()).await.expect("set").as_deref(), shown, "{input:?}");
        }
        for (field, input) in [
            (&text, Input::Text("x".repeat(1_025))),
            (&text, Input::Ids(vec![1])),
            (&one, Input::Text("y".into())),
            (&one, Input::Text(x.to_string())),
            (&many, Input::Text("x".into())),
            (&number, Input::Text("many".into())),
            (&number, Input::Number(f64::NAN)),
            (&date, Input::Text("soon".into())),
            (&who, Input::Ids(vec![7])),
            (&which, Input::Ids(vec![7])),
        ] {
            let error = set(&mut tx, t.id, field, input.clone()).await.expect_err("refused");
            assert_eq!(error.kind(), Kind::Invalid, "{input:?}");
        }
        let kinds = story_kinds(&mut tx, t.id).await;
        for kind in ["text", "enum", "multi_enum", "number", "date", "people", "reference"] {
            assert!(kinds.contains(&format!("{kind}_custom_field_changed")), "{kind} is missing from {kinds:?}");
        }
        let count = kinds.len();
        set(&mut tx, t.id, &number, Input::Number(2.35)).await.expect("the same value");
        assert_eq!(story_kinds(&mut tx, t.id).await.len(), count, "the same value is no story");
    }

    async fn options_are_disabled_and_stay_readable_and_fields_leave_with_their_project(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let (p, q) = (new_project(&mut tx, "Errors").await, new_project(&mut tx, "Other").await);
        let field = create(&mut tx, new(FieldKind::Enum, "Severity", &["crash", "warn"])).await.expect("made");
        let elsewhere = NewTask { fields: vec![(field.id, Input::Text(field.options[0].id.to_string()))], ..NewTask::named("t", p.id) };
        let error = crate::tasks::create(&mut tx, elsewhere.clone()).await.expect_err("not shown here");
        assert_eq!(error.code(), "field.not_shown");
        tx.commit().await.expect("a refused verb may have left rows: the door would not commit");
        let mut tx = hub.by(&hub.bob).await;
        add_to_project(&mut tx, p.id, field.id, false, None).await.expect("shown");
        let t = crate::tasks::create(&mut tx, elsewhere).await.expect("made");
        let off = OptionChange { enabled: Some(false), ..OptionChange::default() };
        change_option(&mut tx, field.options[0].id, off).await.expect("disabled");
        let value = whole(&mut tx, t.id).await.fields[0].value.clone();
        assert!(matches!(&value, Some(FieldValue::Enum(o)) if o.name == "crash" && !o.enabled), "{value:?}");
        let crash = Input::Text(field.options[0].id.to_string());
        set(&mut tx, t.id, &field, crash.clone()).await.expect("what is there may stay");
        set(&mut tx, t.id, &field, Input::Clear).await.expect("cleared");
        assert_eq!(set(&mut tx, t.id, &field, crash).await.expect_err("disabled").code(), "option.disabled");
        let fatal = NewOption { name: "fatal".into(), color: Some("red".into()), enabled: true };
        let fatal = add_option(&mut tx, field.id, fatal, Place::First).await.expect("added");
        put_option(&mut tx, field.id, fatal.id, Place::Last).await.expect("moved");
        let names: Vec<_> = get(&mut tx, field.id).await.expect("there").options.into_iter().map(|o| o.name).collect();
        assert_eq!(names, ["crash", "warn", "fatal"]);
        set(&mut tx, t.id, &field, Input::Text(fatal.id.to_string())).await.expect("set");
        crate::tasks::add_to_project(&mut tx, t.id, q.id, None, None).await.expect("added");
        crate::tasks::remove_from_project(&mut tx, t.id, p.id).await.expect("removed");
        let left = whole(&mut tx, t.id).await.fields;
        assert!(left.len() == 1 && !left[0].enabled && left[0].value.is_some(), "the value stays, disabled");
        remove_from_project(&mut tx, p.id, field.id).await.expect("hidden");
        delete(&mut tx, field.id).await.expect("deleted");
        assert!(whole(&mut tx, t.id).await.fields.is_empty());
        assert!(get(&mut tx, field.id).await.is_err());
    }
}

#[test]
fn numbers_are_shown_as_their_field_says() {
    let mut field = Field {
        id: FieldId(1),
        kind: FieldKind::Number,
        name: "n".into(),
        description: String::new(),
        precision: Some(2),
        format: Format::None,
        currency_code: Some("EUR".into()),
        custom_label: Some("km".into()),
        custom_label_position: None,
        notifies: false,
        is_global: true,
        created_at: base::Time::from_millis(0),
        created_by: None,
        options: Vec::new(),
    };
    for (format, shown) in [
        (Format::None, "0.25"),
        (Format::Identifier, "0.25"),
        (Format::Currency, "EUR 0.25"),
        (Format::Percentage, "25%"),
        (Format::Custom, "0.25 km"),
    ] {
        field.format = format;
        assert_eq!(values::display(&field, &FieldValue::Number(0.25)).as_deref(), Some(shown), "{format}");
    }
}
