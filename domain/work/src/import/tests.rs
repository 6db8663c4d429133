//! What importing an Asana export promises.

use super::*;
use crate::fields::FieldValue;
use crate::fixture::{hub, new_project, order, whole};
use crate::tasks::{Filter, Within};

const EXPORT: &str = r#"{"data": [
  {"gid": "901", "name": "Fix the crash", "notes": "Happens on beta", "completed": true, "completed_at": "2026-01-02T03:04:05.000Z",
   "resource_subtype": "default_task", "due_on": "2026-11-22", "due_at": null, "start_on": null, "html_notes": "<body>x</body>",
   "assignee": {"gid": "1", "email": "Bob@example.com", "name": "Bobby"}, "followers": [{"gid": "2", "name": "cay"}, {"name": "Stranger"}],
   "memberships": [{"project": {"gid": "5", "name": "Errors"}, "section": {"gid": "6", "name": "Doing"}}],
   "tags": [{"gid": "7", "name": "red"}],
   "custom_fields": [
     {"gid": "8", "name": "Severity", "type": "enum", "resource_subtype": "enum", "enum_options": [{"name": "Low"}, {"name": "High"}], "enum_value": {"gid": "81", "name": "High"}},
     {"gid": "9", "name": "Count", "type": "number", "number_value": 7, "precision": 0},
     {"gid": "10", "name": "Digest", "type": "text", "text_value": null},
     {"gid": "11", "name": "Where", "resource_subtype": "multi_enum", "multi_enum_values": [{"name": "beta"}, {"name": "prod"}]},
     {"gid": "12", "name": "Odd", "type": "martian"}],
   "subtasks": [{"gid": "902", "name": "Write a test", "completed": false, "subtasks": [{"id": 903, "name": "deep"}]}]},
  {"id": 904, "gid": "904", "name": "Ship it", "resource_subtype": "milestone", "start_on": "2026-11-01", "due_on": "2026-11-30", "memberships": [], "assignee": null, "tags": null}
]}"#;

db::on_both! { hub;
    async fn a_project_export_becomes_tasks_once(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let project = new_project(&mut tx, "Errors").await;
        let export = read(EXPORT.as_bytes()).expect("read");
        assert_eq!(export.count(), 4);
        let mut known = begin(&mut tx, project.id, &export).await.expect("begun");
        let outcome = put(&mut tx, project.id, &mut known, &export.data).await.expect("imported");
        assert_eq!(outcome, Outcome { made: 4, skipped: 0 });
        let found = tasks::list(&mut tx, Within::Project(project.id), &Filter::default(), &Page::first(9)).await.expect("listed");
        let crash = found.items.iter().find(|task| task.name == "Fix the crash").expect("made");
        let full = whole(&mut tx, crash.id).await;
        assert!(crash.is_completed() && crash.notes == "Happens on beta");
        assert_eq!(full.assignee.map(|person| person.id), Some(hub.bob.id));
        assert!(full.followers.iter().any(|person| person.id == hub.cay.id));
        assert_eq!((full.homes[0].section.name.as_str(), full.tags[0].name.as_str(), full.num_subtasks), ("Doing", "red", 1));
        let value = |name: &str| full.fields.iter().find(|entry| entry.field.name == name).and_then(|entry| entry.value.clone());
        assert!(matches!(value("Severity"), Some(FieldValue::Enum(option)) if option.name == "High"));
        assert_eq!(value("Count"), Some(FieldValue::Number(7.0)));
        assert!(matches!(value("Where"), Some(FieldValue::MultiEnum(options)) if options.len() == 2));
        let ship = found.items.iter().find(|task| task.name == "Ship it").expect("made");
        assert_eq!((ship.kind, ship.start_on), (TaskKind::Milestone, None));

        let mut known = begin(&mut tx, project.id, &export).await.expect("begun");
        let outcome = put(&mut tx, project.id, &mut known, &export.data).await.expect("imported");
        assert_eq!(outcome, Outcome { made: 0, skipped: 4 }, "a second time changes nothing");
        assert_eq!(order(&mut tx, project.id).await.len(), 2);
    }

    async fn what_is_no_export_is_refused(hub) {
        for text in ["", "[]", "{}", "{\"data\": 1}", "{\"data\": [{\"due_on\": \"soon\"}]}", &"[".repeat(10_000)] {
            assert_eq!(read(text.as_bytes()).expect_err("refused").code(), "import.malformed");
        }
        let mut tx = hub.by(&hub.ann).await;
        let project = crate::fixture::new_private(&mut tx, "Mine").await;
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        let export = read(EXPORT.as_bytes()).expect("read");
        assert_eq!(begin(&mut tx, project.id, &export).await.expect_err("refused").code(), "project.hidden");
    }
}
