//! What events look like, and how long tokens hold.

use super::shape::event;
use super::*;
use crate::wire::fields::Want;
use base::id::UserId;
use work::happenings::{Action, FieldChange, Thing};

fn happening() -> Happening {
    let thing = |kind, id, name: &str| Thing {
        subject: Subject::new(kind, id),
        name: Some(name.to_owned()),
        subtype: None,
    };
    Happening {
        at: Time::from_millis(0),
        user: Some(UserId(5)),
        user_name: "Ann".to_owned(),
        thing: Thing { subtype: Some("default_task".to_owned()), ..thing("task", 9_i64, "Push") },
        action: Action::Changed,
        parent: None,
        change: Some(FieldChange {
            field: "assignee".to_owned(),
            action: Action::Changed,
            value: Some(thing("user", 6, "Bob")),
        }),
    }
}

#[test]
fn letters_carry_ids_and_events_carry_names() {
    assert_eq!(
        compact(&happening()),
        json!({
            "action": "changed", "created_at": "1970-01-01T00:00:00.000Z", "parent": null,
            "resource": {"gid": "9", "resource_type": "task", "resource_subtype": "default_task"},
            "user": {"gid": "5", "resource_type": "user"},
            "change": {"field": "assignee", "action": "changed", "new_value": {"gid": "6", "resource_type": "user"}},
        })
    );
    let shown = event(&happening(), Want::FULL);
    assert_eq!(
        (&shown["resource"]["name"], &shown["user"]["name"], &shown["type"]),
        (&json!("Push"), &json!("Ann"), &json!("task"))
    );
}

#[test]
fn a_token_holds_for_a_day() {
    let day = 24 * 3_600 * 1_000;
    assert_eq!(place("7 2 0", Time::from_millis(day - 1)), Some(Place { after: 7, skip: 2 }));
    assert_eq!(place("7 2 0", Time::from_millis(day)), None);
    assert_eq!(place("nonsense", Time::from_millis(0)), None);
}
