#![doc = include_str!("../README.md")]

pub mod names;
pub mod page;
pub mod rank;
pub mod rich_text;

pub mod attachments;
pub mod beside;
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
pub mod templates;
pub mod typeahead;
pub mod webhooks;

mod access;
mod checks;
mod entries;
mod extras;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod http_tests;
mod project_settings;
mod sent;
mod veil;
mod watchers;
mod zones;

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
            ("0210_preferences", include_str!("../migrations/0210_preferences.sql")),
            ("0300_templates", include_str!("../migrations/0300_templates.sql")),
            ("0301_deleted_comments", include_str!("../migrations/0301_deleted_comments.sql")),
            ("0310_inbox_of_others", include_str!("../migrations/0310_inbox_of_others.sql")),
        ],
    }
}

/// The native API.
pub fn api() -> web::api::Routes {
    tasks::api::api().merge(stories::api::api()).merge(projects::api::api()).merge(extra_api())
}

/// The pages.
pub fn pages() -> axum::Router<web::App> {
    projects::pages::pages().merge(tasks::pages::pages()).merge(search::pages::pages()).merge(extra_pages())
}

/// Background work: none besides what is done again and again.
pub fn chores(_app: &web::App) -> Vec<chores::Handler> {
    Vec::new()
}

/// What is done again and again: the trash is emptied of what has been in it for too long.
pub fn periodic(app: &web::App) -> Vec<chores::Every> {
    let db = app.db.clone();
    let purge = chores::Handler::new("work.purge", move |_| {
        let db = db.clone();
        async move {
            loop {
                let mut tx = db.write(&base::Actor::system()).await?;
                let more = tasks::purge_expired(&mut tx).await?;
                tx.commit().await?;
                if !more {
                    return Ok(());
                }
            }
        }
    });
    vec![chores::Every { handler: purge, pause: std::time::Duration::from_secs(3_600) }]
}

/// Who follows the journal.
pub fn followers(_app: &web::App) -> Vec<journal::Follower> {
    extra_followers()
}

/// Whether the actor may know that something about `subject` changed.
pub async fn may_see(tx: &mut db::Tx, subject: &journal::Subject) -> base::Result<bool> {
    use base::id::{AnyId, AttachmentId, FieldId, ProjectId, SectionId, StoryId, TagId, TaskId};
    let id = subject.id;
    let seen = match subject.kind.as_ref() {
        "task" => tasks::get(tx, TaskId(id)).await.map(drop),
        "project" => projects::get(tx, ProjectId(id)).await.map(drop),
        "section" => sections::get(tx, SectionId(id)).await.map(drop),
        "story" => stories::get(tx, StoryId(id)).await.map(drop),
        "attachment" => attachments::get(tx, AttachmentId(id)).await.map(drop),
        "status_update" => statuses::get(tx, AnyId(id)).await.map(drop),
        "tag" => tags::get(tx, TagId(id)).await.map(drop),
        "field" => fields::get(tx, FieldId(id)).await.map(drop),
        "template" => templates::get(tx, AnyId(id)).await.map(drop),
        _ => return Ok(false),
    };
    match seen {
        Ok(()) => Ok(true),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error),
    }
}
