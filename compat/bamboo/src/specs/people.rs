//! Notifications and permissions.

use super::emit::{Keys, Out};
use super::note::{Notes, Taken, many, worded};
use jobs::file::yaml::Node;
use std::collections::BTreeMap;

/// The rules of a list of notifications.
pub(super) fn notify(node: Option<&Node>, notes: &Notes) -> Vec<Out> {
    node.map(many).unwrap_or_default().into_iter().flat_map(|rule| self::rule(rule, notes)).collect()
}

fn rule(node: &Node, notes: &Notes) -> Option<Out> {
    let rule = Taken::new(node, "notification");
    let (mut on, mut failures) = (Vec::new(), None);
    for event in rule.get("events").map(many).unwrap_or_default() {
        let Some((kind, inner)) = worded(event) else { continue };
        let words: &[&str] = match kind {
            "plan-failed" | "job-failed" | "job-first-failed" | "deployment-failed" => &["failed"],
            "plan-completed" | "job-completed" | "deployment-finished" => &["finished"],
            "plan-status-changed" | "job-status-changed" => &["changed"],
            "deployment-started-and-finished" => &["started", "finished"],
            other => {
                let other: String = other.chars().take(60).collect();
                notes.ignored(event, format!("the event {other} has no counterpart"));
                &[]
            }
        };
        for word in words {
            if !on.contains(word) {
                on.push(*word);
            }
        }
        let count = inner.and_then(|inner| inner.text().or_else(|| inner.get("failures")?.text()));
        failures = failures.or(count
            .and_then(|count| count.parse::<u32>().ok())
            .filter(|count| (1..=1_000).contains(count)));
    }
    let to: Vec<Out> = rule
        .get("recipients")
        .map(many)
        .unwrap_or_default()
        .into_iter()
        .flat_map(|node| recipients(node, notes))
        .collect();
    rule.rest(notes);
    if on.is_empty() || to.is_empty() {
        notes.ignored(node, "the notification is left out: nobody, or nothing that can be told");
        return None;
    }
    let mut keys = Keys::default();
    keys.put("on", Out::texts(on.into_iter().map(str::to_owned)));
    keys.put("to", Out::List(to));
    if let Some(failures) = failures {
        keys.put("after_failures", Out::Plain(failures.to_string()));
    }
    Some(keys.out())
}

fn recipients(node: &Node, notes: &Notes) -> Vec<Out> {
    let Some((kind, inner)) = worded(node) else { return Vec::new() };
    let named = |key: &str| -> Vec<Out> {
        let names = inner.map(many).unwrap_or_default();
        let names = names.iter().filter_map(|name| name.text()).filter(|name| !name.trim().is_empty());
        names.map(|name| Out::Map(vec![(key.to_owned(), Out::Text(super::tasks::one_line(name)))])).collect()
    };
    match kind {
        "responsible" => vec![Out::text("owner")],
        "watchers" | "committers" => vec![Out::text(kind)],
        "users" => named("user"),
        "groups" => named("team"),
        "emails" => {
            let (good, bad): (Vec<&Node>, Vec<&Node>) = inner
                .map(many)
                .unwrap_or_default()
                .into_iter()
                .partition(|address| address.text().is_some_and(is_address));
            bad.iter().for_each(|address| notes.ignored(address, "this is not a mail address"));
            let addresses = good.iter().filter_map(|address| address.text());
            addresses.map(|address| Out::Map(vec![("email".to_owned(), Out::text(address.trim()))])).collect()
        }
        "webhook" => {
            let url = inner.and_then(|inner| inner.text().or_else(|| inner.get("url")?.text()));
            notes.changed(node, "the body of the webhook's requests is not Bamboo's");
            url.map(|url| Out::Map(vec![("webhook".to_owned(), Out::Text(super::tasks::one_line(url)))]))
                .into_iter()
                .collect()
        }
        other => {
            let other: String = other.chars().take(60).collect();
            notes.ignored(node, format!("the recipient {other} has no counterpart"));
            Vec::new()
        }
    }
}

fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// Who may do what, by the words of this program.
pub(super) type Granted = BTreeMap<&'static str, Vec<String>>;

/// Adds what a list of permissions grants.
pub(super) fn grant(node: &Node, granted: &mut Granted, notes: &Notes) {
    for entry in many(node) {
        let rule = Taken::new(entry, "permission");
        let names = |key: &str, prefix: &str| -> Vec<String> {
            let names = rule.get(key).map(many).unwrap_or_default();
            names
                .iter()
                .filter_map(|name| name.text())
                .map(|name| format!("{prefix}{}", super::tasks::one_line(name)))
                .collect()
        };
        let mut who = names("users", "user:");
        who.extend(names("groups", "team:"));
        for role in names("roles", "") {
            match role.as_str() {
                "logged-in" => who.push("members".to_owned()),
                "anonymous" => {
                    notes.changed(entry, "nobody sees anything without signing in: anonymous becomes everyone who is signed in");
                    who.push("everyone".to_owned());
                }
                other => notes.ignored(entry, format!("the role {other} has no counterpart")),
            }
        }
        for permission in rule.get("permissions").map(many).unwrap_or_default() {
            let words: &[&'static str] =
                match permission.text().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "view" => &["view", "log"],
                    "view-configuration" => &["view"],
                    "edit" => &["edit", "schedule"],
                    "build" | "deploy" => &["run"],
                    "admin" => &["admin"],
                    "clone" | "create-release" => &[],
                    other => {
                        let other: String = other.chars().take(60).collect();
                        notes.ignored(permission, format!("the permission {other} has no counterpart"));
                        &[]
                    }
                };
            for word in words {
                let list = granted.entry(word).or_default();
                for name in who.iter().filter(|name| !name.ends_with(':')) {
                    if !list.contains(name) {
                        list.push(name.clone());
                    }
                }
            }
        }
        rule.rest(notes);
    }
}

/// The permissions as a job file has them.
pub(super) fn permissions(granted: &Granted) -> Out {
    Out::Map(granted.iter().map(|(word, who)| ((*word).to_owned(), Out::texts(who.clone()))).collect())
}
