//! What the pages of settings share: their navigation, and the small parts that forms are made of.

use super::{Frame, Page, icon};
use base::Role;
use maud::{Markup, html};

/// Who is offered a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    Members,
    Admins,
}

type Entry = (&'static str, &'static str, For, &'static str);

/// Name, address, who it is for, what is there. The order is the navigation's.
const PAGES: [(&str, &[Entry]); 3] = [
    (
        "Mine",
        &[
            (
                "Profile",
                "/settings/profile",
                For::All,
                "Your name, photo, time zone and password, and how Signalbox looks",
            ),
            (
                "Notifications",
                "/settings/notifications",
                For::All,
                "What your inbox tells you about, for each project",
            ),
            ("Tokens", "/settings/tokens", For::All, "What your scripts prove themselves with"),
            ("Sessions", "/settings/sessions", For::All, "Where you are signed in"),
        ],
    ),
    (
        "Workspace",
        &[
            ("People", "/settings/people", For::Members, "Who is here, and what they are"),
            ("Teams", "/settings/teams", For::Members, "People who are named and trusted together"),
            (
                "Projects",
                "/settings/projects",
                For::Members,
                "Owner, privacy, rights, fields, rules and forms of each",
            ),
            (
                "Environments",
                "/settings/environments",
                For::Members,
                "Who may lock, deploy and override where",
            ),
            (
                "Custom fields",
                "/settings/fields",
                For::Members,
                "What tasks can hold besides what all of them have",
            ),
        ],
    ),
    (
        "Server",
        &[
            (
                "Agents",
                "/agents",
                For::Members,
                "The machines that do the work of jobs, and what waits for one",
            ),
            ("Secrets", "/settings/secrets", For::Members, "Values that jobs get and nobody reads back"),
            (
                "Deliveries",
                "/settings/deliveries",
                For::Admins,
                "What was told to whom by mail and webhook, what became of it, and a test mail",
            ),
            ("Trash", "/trash", For::Members, "What was deleted and can still be brought back"),
            (
                "Audit log",
                "/audit-log",
                For::Admins,
                "Who did what, and proof that nobody changed the record",
            ),
            ("Limits", "/settings/limits", For::Members, "How much of everything is possible"),
            ("About", "/settings/about", For::All, "Version, and where the data is"),
        ],
    ),
];

fn offered(role: Role, to: For) -> bool {
    match to {
        For::All => true,
        For::Members => role != Role::Guest,
        For::Admins => role == Role::Admin,
    }
}

/// A page of settings: its name, its address, and what it is for.
pub type SettingsPage = (&'static str, &'static str, &'static str);

/// The pages of settings that somebody with this role is offered, under their headings.
pub fn settings_pages(role: Role) -> Vec<(&'static str, Vec<SettingsPage>)> {
    let of = |entries: &'static [Entry]| {
        let mine = entries.iter().filter(|(_, _, to, _)| offered(role, *to));
        mine.map(|(name, href, _, what)| (*name, *href, *what)).collect()
    };
    PAGES.iter().map(|(heading, entries)| (*heading, of(entries))).collect()
}

/// A page of settings: its content beside the navigation. `here` is the address that the navigation marks.
pub fn settings(frame: &Frame, page: Page, here: &str, content: Markup) -> Markup {
    let page = page.crumb_first("Settings", "/settings").content(html! {
        div.settings {
            nav.settings-nav.nav aria-label="Settings" {
                @for (heading, pages) in settings_pages(frame.actor.role) {
                    @if !pages.is_empty() { h2 { (heading) } }
                    @for (name, href, _) in pages { a href=(href) aria-current=[(href == here).then_some("page")] { (name) } }
                }
            }
            div.settings-body { a.settings-up href="/settings" { (icon("chevron-left")) " Settings" } (content) }
        }
    });
    frame.page(page)
}

/// A text that is shown once, with a button that copies it.
pub fn once(label: &str, secret: &str, note: &str) -> Markup {
    html! {
        div.once role="status" {
            h2 { (label) }
            div.row {
                input.input.mono.grow readonly value=(secret) aria-label=(label);
                button.btn type="button" data-copy=(secret) { (icon("copy")) " Copy" }
            }
            p.t-s { (note) }
        }
    }
}

/// A box to tick, with its words.
pub fn tick(name: &str, value: &str, is_on: bool, words: &str) -> Markup {
    html! { label.tick { input.check type="checkbox" name=(name) value=(value) checked[is_on]; " " span { (words) } } }
}

/// The place beside a form where a refusal is said.
pub fn refusal() -> Markup {
    html! { p.form-problem.note.red role="alert" hidden {} }
}

/// A form of one button.
pub fn press(action: &str, class: &str, words: &str) -> Markup {
    html! { form.one method="post" action=(action) data-morph { button class={ "btn " (class) } { (words) } } }
}

/// The same with an icon for a face.
pub fn press_icon(action: &str, icon_name: &str, words: &str) -> Markup {
    html! {
        form.one method="post" action=(action) data-morph {
            button.btn.quiet.icon.sm aria-label=(words) title=(words) { (icon(icon_name)) }
        }
    }
}
