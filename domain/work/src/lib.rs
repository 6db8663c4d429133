#![doc = include_str!("../README.md")]

pub mod names;
pub mod page;
pub mod rank;
pub mod rich_text;

pub mod attachments;
pub mod copies;
pub mod favourites;
pub mod fields;
pub mod happenings;
pub mod keys;
pub mod lists;
pub mod members;
pub mod mentions;
pub mod projects;
pub mod sections;
pub mod statuses;
pub mod stories;
pub mod tags;
pub mod tasks;
pub mod webhooks;

mod access;
mod checks;
mod watchers;

/// The tables of work.
pub fn migrations() -> db::Migrations {
    db::Migrations {
        name: "work",
        steps: &[
            ("0001_projects", include_str!("../migrations/0001_projects.sql")),
            ("0002_tasks", include_str!("../migrations/0002_tasks.sql")),
            ("0003_fields", include_str!("../migrations/0003_fields.sql")),
        ],
    }
}
