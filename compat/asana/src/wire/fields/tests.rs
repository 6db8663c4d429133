//! How lists of fields are read, and what they show.

use super::*;
use serde_json::json;

fn paths(tree: &Tree, prefix: &str) -> Vec<String> {
    tree.0
        .iter()
        .flat_map(|(key, below)| {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            if below.is_empty() { vec![path] } else { paths(below, &path) }
        })
        .collect()
}

#[test]
fn every_client_writes_the_list_its_own_way() {
    for (raw, wanted) in [
        ("opt_fields=name,notes", "name notes"),
        ("opt_fields=name%2C+notes", "name notes"),
        ("opt_fields=name&opt_fields=assignee.name", "assignee.name name"),
        ("opt_fields=%5B%27name%27%2C+%27email%27%5D", "email name"),
        ("opt_fields=this.name,this.assignee.name", "assignee.name name"),
        ("opt_fields=(assignee|followers).name,name", "assignee.name followers.name name"),
        (
            "opt_fields=memberships.(project|section).(name|gid)",
            "memberships.project.gid memberships.project.name memberships.section.gid memberships.section.name",
        ),
        ("opt_fields=a,,b.,.c", "a b c"),
        ("opt_fields=(a|b", ""),
        ("opt_fields=", ""),
    ] {
        let tree = Tree::read(Query::parse(raw).all("opt_fields"));
        assert_eq!(paths(&tree, "").join(" "), wanted, "{raw}");
    }
}

#[test]
fn groups_cannot_be_multiplied_without_end() {
    let bomb = "(a|b|c|d|e|f|g|h)".repeat(30);
    let tree = Tree::read([bomb.as_str()].into_iter());
    assert!(paths(&tree, "").len() <= PATHS_MAX);
}

#[test]
fn fields_come_from_the_url_and_from_the_options_of_the_body() {
    let options = json!({"fields": ["name"], "expand": "assignee"});
    let fields = Fields::read(&Query::parse("opt_fields=notes"), options.as_object().expect("an object"));
    let want = fields.full();
    assert!(
        want.asks("name", Level::Full)
            && want.asks("notes", Level::Full)
            && !want.asks("due_on", Level::Full)
    );
    assert!(want.of("assignee").asks("email", Level::Full));
}

#[test]
fn what_was_not_asked_for_depends_on_the_view() {
    let none = Fields::default();
    assert!(none.full().asks("notes", Level::Full) && !none.full().asks("html_notes", Level::OptIn));
    assert!(none.compact().asks("name", Level::Compact) && !none.compact().asks("notes", Level::Full));
    assert!(none.full().of("assignee").asks("name", Level::Compact));
    let asked = Fields::read(&Query::parse("opt_fields=assignee,parent.name"), &Map::new());
    assert!(asked.full().of("assignee").is_ids());
    assert!(asked.full().of("parent").asks("name", Level::Compact));
    assert!(!asked.full().of("parent").goes_beyond(&["name"]));
}

#[test]
fn a_plain_object_is_cut_and_a_whole_one_kept() {
    let fields = Fields::read(&Query::parse("opt_fields=photo.image_21x21,dates"), &Map::new());
    let want = fields.full();
    let photo = json!({"image_21x21": "a", "image_27x27": "b"});
    assert_eq!(want.of("photo").cut_plain(photo.clone()), json!({"image_21x21": "a"}));
    assert_eq!(want.of("dates").cut_plain(photo.clone()), photo);
}
