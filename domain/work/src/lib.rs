#![doc = include_str!("../README.md")]

pub mod names;
pub mod page;
pub mod rank;
pub mod rich_text;

pub mod attachments;
pub mod copies;
pub mod csv;
pub mod favourites;
pub mod fields;
pub mod forms;
pub mod happenings;
pub mod import;
pub mod inbox;
pub mod keys;
pub mod lists;
pub mod members;
pub mod mentions;
pub mod projects;
pub mod rules;
pub mod search;
pub mod sections;
pub mod statuses;
pub mod stories;
pub mod tags;
pub mod tasks;
pub mod typeahead;
pub mod webhooks;

mod access;
mod checks;
mod entries;
mod extras;
#[cfg(test)]
mod fixture;
mod watchers;

pub use extras::{extra_api, extra_followers, extra_pages};

/// The tables of work.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "work",
        steps: &[
            ("0001_projects", include_str!("../migrations/0001_projects.sql")),
            ("0002_tasks", include_str!("../migrations/0002_tasks.sql")),
            ("0003_fields", include_str!("../migrations/0003_fields.sql")),
            ("0100_webhooks", include_str!("../migrations/0100_webhooks.sql")),
            ("0200_forms", include_str!("../migrations/0200_forms.sql")),
            ("0201_rules", include_str!("../migrations/0201_rules.sql")),
            ("0202_inbox", include_str!("../migrations/0202_inbox.sql")),
        ],
    }
}
