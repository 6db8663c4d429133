//! What the pages of people share.

use crate::users::User;
use base::Role;
use maud::{Markup, html};
use web::ui;

/// The address of somebody's photo, when they have one.
pub(super) fn photo_path(user: &User) -> Option<String> {
    user.photo.as_deref().map(|hash| format!("/api/v1/users/{}/photo?v={hash:.12}", user.id))
}

/// Somebody's photo, or their initials.
pub(super) fn picture(user: &User) -> Markup {
    html! {
        @match photo_path(user) {
            Some(path) => img.av.lg src=(path) alt="" width="30" height="30" loading="lazy";,
            None => (ui::avatar(user.id, &user.name, "lg")),
        }
    }
}

/// What a role lets somebody do, in a sentence.
pub(super) fn role_meaning(role: Role) -> &'static str {
    match role {
        Role::Admin => "Administrator: may do everything here",
        Role::Member => "Member: sees what is open to the workspace, makes projects",
        Role::Guest => "Guest: sees only what was shared with them",
    }
}

/// A role in a word.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "Administrator",
        Role::Member => "Member",
        Role::Guest => "Guest",
    }
}

/// What somebody with a role is.
pub(super) fn role_said(role: Role) -> &'static str {
    match role {
        Role::Admin => "an administrator",
        Role::Member => "a member",
        Role::Guest => "a guest",
    }
}

/// The choice of a role.
pub(super) fn role_field(chosen: Role) -> Markup {
    html! {
        label.field { span { "Role" }
            select.input name="role" { @for role in [Role::Member, Role::Guest, Role::Admin] { (ui::option(role.as_str(), role_meaning(role), role == chosen)) } }
        }
    }
}

/// A number and its noun.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
