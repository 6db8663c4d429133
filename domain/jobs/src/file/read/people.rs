//! Who hears, and who may.

use super::super::shapes::{self, BARE_RECIPIENTS};
use super::super::view::View;
use super::super::{Notify, NotifyOn, Permissions, Recipient, Subject, closest};

pub(super) fn notify(view: &View<'_>) -> Vec<Notify> {
    view.many().iter().filter_map(rule).collect()
}

fn rule(view: &View<'_>) -> Option<Notify> {
    let keys = view.map(&shapes::NOTIFY)?;
    let on = keys.get("on").map(|on| on.many()).unwrap_or_default();
    let to = keys.get("to").map(|to| to.many()).unwrap_or_default();
    let after_failures = keys.get("after_failures").and_then(|count| count.integer(1, 1_000)).unwrap_or(1);
    Some(Notify {
        on: on.iter().filter_map(|word| word.word(NotifyOn::ALL, NotifyOn::as_str)).collect(),
        to: to.iter().filter_map(recipient).collect(),
        after_failures: u32::try_from(after_failures).unwrap_or(1),
        always: keys.get("always").and_then(|always| always.boolean()).unwrap_or(false),
    })
}

fn recipient(view: &View<'_>) -> Option<Recipient> {
    if !view.is_map() {
        return match view.text()?.as_str() {
            "owner" => Some(Recipient::Owner),
            "committers" => Some(Recipient::Committers),
            "watchers" => Some(Recipient::Watchers),
            address if is_address(address) => Some(Recipient::Email(address.to_owned())),
            other => {
                let meant = closest(other, BARE_RECIPIENTS).map(|name| format!("did you mean {name}?"));
                let message = "here belongs owner, committers, watchers, a mail address, or a map with user, team, email or webhook";
                view.error_meant(message, meant);
                None
            }
        };
    }
    let keys = view.map(&shapes::RECIPIENT)?;
    let kinds = ["user", "team", "email", "webhook"];
    let found: Vec<(&str, View<'_>)> =
        kinds.into_iter().filter_map(|kind| Some((kind, keys.get(kind)?))).collect();
    let [(kind, value)] = &found[..] else {
        view.error("a recipient is one of user, team, email, webhook");
        return None;
    };
    let text = value.name()?;
    Some(match *kind {
        "user" => Recipient::User(text),
        "team" => Recipient::Team(text),
        "email" => {
            if !is_address(&text) {
                value.error(format!("{text:?} is not a mail address"));
            }
            Recipient::Email(text)
        }
        _ => Recipient::Webhook(text),
    })
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace) && !host.contains('@')
    })
}

pub(super) fn permissions(view: &View<'_>) -> Option<Permissions> {
    let keys = view.map(&shapes::PERMISSIONS)?;
    let subjects = |key: &str| keys.get(key).map(|view| view.many().iter().filter_map(subject).collect());
    Some(Permissions {
        view: subjects("view"),
        log: subjects("log"),
        run: subjects("run"),
        edit: subjects("edit"),
        schedule: subjects("schedule"),
        secrets: subjects("secrets"),
        admin: subjects("admin"),
    })
}

fn subject(view: &View<'_>) -> Option<Subject> {
    let text = view.name()?;
    Some(match text.as_str() {
        "everyone" => Subject::Everyone,
        "members" => Subject::Members,
        "owner" => Subject::Owner,
        text => match text.split_once(':') {
            Some(("team", team)) if !team.trim().is_empty() => Subject::Team(team.trim().to_owned()),
            Some(("user", user)) if !user.trim().is_empty() => person(view, user.trim()),
            Some(_) => {
                view.error(format!(
                    "{text:?} names nobody; write everyone, members, owner, team:NAME or a person's address"
                ));
                return None;
            }
            None => person(view, text),
        },
    })
}

/// Rights go by addresses: what they are called people change themselves.
fn person(view: &View<'_>, text: &str) -> Subject {
    if !is_address(text) {
        let message = format!("{text:?} is no address, and so gives nobody a right");
        view.warn_meant(message, Some(format!("write the person's address, or team:{text}")));
    }
    Subject::User(text.to_owned())
}
