//! What entries are told as.

use super::*;
use serde_json::json;

fn told(verb: &str, subject: &str, parents: &[&str], data: Value) -> Vec<String> {
    let entry = Entry {
        seq: 1,
        id: 1,
        at: Time::from_millis(0),
        actor: Some(UserId(5)),
        actor_name: "Ann".to_owned(),
        door: "api".to_owned(),
        token: None,
        verb: verb.to_owned(),
        subject: subject.parse().expect("a subject"),
        parents: parents.iter().map(|p| p.parse().expect("a subject")).collect(),
        data,
        request: None,
    };
    let show = |h: Happening| {
        let parent = h.parent.map(|p| format!(" in {}", p.subject)).unwrap_or_default();
        let change = h.change.map(|c| {
            let value = c.value.map(|v| format!(" {}", v.subject)).unwrap_or_default();
            format!(" {} {}{value}", c.field, c.action)
        });
        format!("{} {}{parent}{}", h.thing.subject, h.action, change.unwrap_or_default())
    };
    of(&entry).into_iter().map(show).collect()
}

#[test]
fn entries_are_told_as_what_was_added_changed_and_removed() {
    let project = json!({"id": "11", "name": "Locks"});
    for (verb, subject, parents, data, wanted) in [
        (
            "task.created",
            "task:9",
            vec!["project:11"],
            json!({"homes": [{"project": project}]}),
            vec!["task:9 added in project:11"],
        ),
        ("task.created", "task:9", vec![], json!({}), vec!["task:9 added"]),
        ("task.created", "task:9", vec!["task:8"], json!({"parent": "8"}), vec!["task:9 added in task:8"]),
        ("task.completed", "task:9", vec![], json!({}), vec!["task:9 changed completed changed"]),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "name", "stories": [{"id": "70", "kind": "name_changed", "text": "x"}]}),
            vec!["task:9 changed name changed", "story:70 added in task:9"],
        ),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "due", "old": {"due_on": null}, "new": {"due_on": "2026-01-01"}}),
            vec!["task:9 changed due_on changed"],
        ),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "assignee", "new": {"id": "5"}}),
            vec!["task:9 changed assignee changed user:5"],
        ),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "followers", "added": {"id": "5"}}),
            vec!["task:9 changed followers added user:5"],
        ),
        (
            "task.removed_from_project",
            "task:9",
            vec![],
            json!({"project": project}),
            vec!["task:9 removed in project:11"],
        ),
        ("task.deleted", "task:9", vec![], json!({}), vec!["task:9 deleted"]),
        ("task.restored", "task:9", vec![], json!({}), vec!["task:9 undeleted"]),
        ("story.added", "story:7", vec!["project:11", "task:9"], json!({}), vec!["story:7 added in task:9"]),
        (
            "story.added",
            "story:7",
            vec!["project:11", "task:8", "task:9"],
            json!({}),
            vec!["story:7 added in task:9"],
        ),
        ("story.deleted", "story:7", vec![], json!({"task": {"id": "9"}}), vec!["story:7 removed in task:9"]),
        ("story.restored", "story:7", vec![], json!({"task": {"id": "9"}}), vec!["story:7 added in task:9"]),
        (
            "attachment.added",
            "attachment:7",
            vec!["task:9"],
            json!({"stories": [{"id": "70"}]}),
            vec!["attachment:7 added in task:9", "story:70 added in task:9"],
        ),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "tags", "added": {"id": "4"}}),
            vec!["task:9 changed tags added tag:4"],
        ),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "parent", "old": null, "new": {"id": "8"}}),
            vec!["task:9 added in task:8"],
        ),
        (
            "task.changed",
            "task:9",
            vec![],
            json!({"field": "custom_fields", "custom_field": {"id": "6"}}),
            vec!["task:9 changed custom_fields changed custom_field:6"],
        ),
        ("task.moved", "task:9", vec![], json!({"old": {"id": "3"}, "new": {"id": "3"}}), vec![]),
        (
            "task.moved",
            "task:9",
            vec![],
            json!({"old": {"id": "3"}, "new": {"id": "4"}}),
            vec!["task:9 removed in section:3", "task:9 added in section:4"],
        ),
        (
            "project.member_added",
            "project:11",
            vec![],
            json!({"membership": "5"}),
            vec!["project_membership:5 added in project:11"],
        ),
        ("environment.changed", "environment:1", vec![], json!({}), vec![]),
    ] {
        assert_eq!(told(verb, subject, &parents, data), wanted, "{verb}");
    }
}
