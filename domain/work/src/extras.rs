//! The wiring of what goes beyond projects and tasks: search, inbox, forms, rules, templates, import and export.

#[cfg(test)]
mod tests;

use crate::{csv, fields, forms, inbox, project_settings, rules, search, templates};

/// The native API.
pub fn extra_api() -> web::api::Routes {
    search::api::api()
        .merge(inbox::api::api())
        .merge(forms::api::api())
        .merge(rules::api::api())
        .merge(csv::api::api())
        .merge(templates::api::api())
}

/// The pages of the inbox, of the settings of projects and of forms, and where other services send theirs.
pub fn extra_pages() -> axum::Router<web::App> {
    forms::pages::pages()
        .merge(inbox::pages::pages())
        .merge(project_settings::pages())
        .merge(fields::pages::pages())
        .merge(rules::pages::pages())
        .merge(templates::pages::pages())
}

/// Who follows the journal: the inbox and the rules.
pub fn extra_followers() -> Vec<journal::Follower> {
    vec![inbox::follower(), rules::follower()]
}
