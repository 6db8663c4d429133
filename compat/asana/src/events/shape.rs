//! How one event looks, to readers and in letters.

use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, ids};
use serde_json::{Map, Value, json};
use work::happenings::{Action, Happening, Thing};

/// The word for what kind of thing it is.
fn subtype(thing: &Thing) -> Option<&str> {
    match (thing.subject.kind.as_ref(), thing.subtype.as_deref()) {
        ("attachment", Some("file")) => Some("asana"),
        ("attachment", Some(_)) => Some("external"),
        ("status_update", _) => Some("project_status_update"),
        (_, subtype) => subtype,
    }
}

fn thing(thing: &Thing, want: Want<'_>) -> Value {
    let mut record = Record::new(&thing.subject.kind, thing.subject.id, want);
    if let Some(subtype) = subtype(thing) {
        record = record.compact("resource_subtype", subtype);
    }
    record.compact("name", thing.name.clone()).done()
}

/// An event as `/events` shows it: with names.
pub(super) fn event(happening: &Happening, want: Want<'_>) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| {
        if want.asks(key, Level::Full) {
            map.insert(key.to_owned(), value);
        }
    };
    let below = |key: &str| if want.is_asked() { want.of(key) } else { Want::COMPACT };
    let user = happening.user.map(|id| {
        Record::new("user", id, below("user")).compact("name", happening.user_name.as_str()).done()
    });
    put("user", user.unwrap_or(Value::Null));
    put("resource", thing(&happening.thing, below("resource")));
    put("type", json!(happening.thing.subject.kind));
    put("action", json!(happening.action));
    put("created_at", json!(happening.at));
    put("parent", happening.parent.as_ref().map_or(Value::Null, |parent| thing(parent, below("parent"))));
    if let Some(change) = change(happening) {
        put("change", below("change").cut_plain(change));
    }
    Value::Object(map)
}

fn change(happening: &Happening) -> Option<Value> {
    let change = happening.change.as_ref()?;
    let mut shown = json!({ "field": change.field, "action": change.action });
    if let Some(value) = &change.value {
        shown[value_key(change.action)] = ids(&value.subject.kind, value.subject.id);
    }
    Some(shown)
}

fn value_key(action: Action) -> &'static str {
    match action {
        Action::Added => "added_value",
        Action::Removed => "removed_value",
        Action::Changed | Action::Deleted | Action::Undeleted => "new_value",
    }
}

/// An event as webhooks carry it: ids only, so that nothing is told to an address that its owner could not read with a token.
pub fn compact(happening: &Happening) -> Value {
    let bare = |thing: &Thing| {
        let mut shown = ids(&thing.subject.kind, thing.subject.id);
        if let Some(subtype) = subtype(thing) {
            shown["resource_subtype"] = json!(subtype);
        }
        shown
    };
    let mut shown = json!({
        "action": happening.action,
        "created_at": happening.at,
        "parent": happening.parent.as_ref().map(bare),
        "resource": bare(&happening.thing),
        "user": happening.user.map(|id| ids("user", id)),
    });
    if let Some(change) = change(happening) {
        shown["change"] = change;
    }
    shown
}
