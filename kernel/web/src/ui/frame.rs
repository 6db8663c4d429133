//! Who asks for a page, and the frame around it.

use super::{Aspect, Page, Shell, avatar, icon, lamp_named, page, signal, theme, time_in};
use crate::live::Mark;
use crate::{App, Auth, Problem, assets};
use axum::extract::FromRequestParts;
use base::{Actor, Date, Time};
use http::request::Parts;
use maud::{DOCTYPE, Markup, html};

/// A script that morphs a page asks for its parts only, with this header.
const PART: &str = "x-signalbox-part";

/// Pages that stand below an entry of the sidebar and have another address.
const BELONGS: [(&str, &str); 3] = [("/runs", "/jobs"), ("/agents", "/jobs"), ("/schedules", "/jobs")];

/// Who asks for a page, and what the sidebar shows them. An extractor: a page that takes it is for people who are signed in.
pub struct Frame {
    /// Who asks.
    pub actor: Actor,
    /// What the sidebar shows.
    pub shell: Shell,
    /// What time it is.
    pub now: Time,
    mark: Mark,
    path: String,
    is_part: bool,
    flash: Option<page::Flash>,
    theme: &'static str,
}

impl FromRequestParts<App> for Frame {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Auth(actor) = Auth::from_request_parts(parts, app).await?;
        let mark = Mark::read(app, &actor).await?;
        let shell = (app.load_shell)(app, &actor).await?;
        Ok(Self {
            actor,
            shell,
            mark,
            now: app.clock.now(),
            path: parts.uri.path().to_owned(),
            is_part: parts.headers.contains_key(PART),
            flash: page::Flash::of(&parts.headers),
            theme: theme::of(&parts.headers),
        })
    }
}

impl Frame {
    /// The theme that the reader chose in this browser: auto, light or dark.
    pub fn theme(&self) -> &'static str {
        self.theme
    }

    /// The day it is for the reader.
    pub fn today(&self) -> Date {
        self.now.date_in(&self.shell.zone)
    }

    /// An instant, as the reader reads it.
    pub fn time(&self, at: Time) -> Markup {
        time_in(at, self.now, &self.shell.zone)
    }

    /// A day, as the reader says it.
    pub fn day(&self, day: Date) -> String {
        super::day(day, self.today())
    }

    /// The whole page; for a script that morphs, only what it morphs.
    pub fn page(&self, page: Page) -> Markup {
        let main = self.main(&page);
        // The window's name counts what is waiting, so that a tab in the background says so.
        let title = match self.shell.inbox {
            0 => page.title.clone(),
            unread => format!("({unread}) {}", page.title),
        };
        if self.is_part {
            return html! { (DOCTYPE) html lang="en" { head { title { (title) " · Signalbox" } } body { (main) (self.toasts()) } } };
        }
        let worst = self.shell.worst();
        html! {
            (DOCTYPE)
            html lang="en" data-theme=(self.theme) {
                head {
                    (super::door::head(&title, worst))
                    script defer src=(assets::path("app.js")) {}
                }
                body data-topics=(page.topics.join(",")) {
                    a.skip href="#content" { "Skip to content" }
                    div.app { (self.sidebar(worst)) (main) }
                    (self.tabbar())
                    (palette(&self.shell))
                    (self.toasts())
                }
            }
        }
    }

    fn toasts(&self) -> Markup {
        html! { div #toasts aria-live="polite" { @if let Some(flash) = &self.flash { (flash.toast()) } } }
    }

    fn main(&self, page: &Page) -> Markup {
        html! {
            div.main #main data-topics=(page.topics.join(",")) data-seq=(self.mark.seq) data-pulse=(self.mark.pulse) {
                header.head {
                    button.btn.quiet.icon.sm.only-s data-nav aria-label="Open menu" { (icon("menu")) }
                    div.crumbs {
                        @for (name, href) in &page.crumbs { a href=(href) { (name) } span.sep { "/" } }
                        @if page.has_own_h1 { span aria-current="page" { (page.title) } } @else { h1 aria-current="page" { (page.title) } }
                        (page.beside)
                    }
                    p.not-live #not-live hidden role="status" {}
                    div.push.row { (page.actions) }
                }
                (page.body)
            }
        }
    }

    fn link(&self, href: &str, name: &str, content: Markup) -> Markup {
        let is_below = |place: &str| self.path == place || self.path.starts_with(&format!("{place}/"));
        let belongs = BELONGS.iter().any(|(place, to)| *to == href && is_below(place));
        let is_here = self.path == href || (href != "/" && is_below(href)) || belongs;
        html! { a href=(href) aria-current=[is_here.then_some("page")] { (content) " " (name) } }
    }

    /// What the lamps of the sidebar ask for when something changed: themselves. `at` is the page that they stand on.
    pub fn lamps(&self, at: &str) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" { head { title { "Lamps" } } body { (self.brand(self.shell.worst(), at)) (self.line(at)) } }
        }
    }

    fn lamp_topics(&self) -> String {
        let all = self.shell.environments.iter().map(|environment| format!(" {}", environment.topics));
        format!("environment{}", all.collect::<String>())
    }

    fn brand(&self, worst: Aspect, at: &str) -> Markup {
        html! {
            a.brand #brand href="/" data-live=(self.lamp_topics()) data-src={ "/lamps?at=" (at) } data-unseen {
                (signal(worst, &format!("Overall: {}", worst.word()))) " Signalbox " small { (self.shell.workspace) }
            }
        }
    }

    fn line(&self, at: &str) -> Markup {
        html! {
            div.line #line data-live=(self.lamp_topics()) data-src={ "/lamps?at=" (at) } data-unseen {
                @for environment in &self.shell.environments {
                    a href={ "/environments/" (environment.name) } aria-current=[(at == format!("/environments/{}", environment.name)).then_some("page")] {
                        span.lampbox { (lamp_named(environment.aspect, &environment.meaning)) }
                        " " (super::page::capitalised(&environment.name)) " "
                        @if !environment.note.is_empty() {
                            span class={ "n" @if environment.aspect == Aspect::Red { " hot" } } { (environment.note) }
                        }
                    }
                }
            }
        }
    }

    fn sidebar(&self, worst: Aspect) -> Markup {
        let shell = &self.shell;
        let count = |n: u64| html! { @if n > 0 { span.n { (n) } } };
        html! {
            nav.side #side aria-label="Main" {
                (self.brand(worst, &self.path))
                button.jump type="button" data-palette { (icon("search")) " Search or jump " kbd { "⌘K" } }
                div.nav {
                    (self.link("/", "Home", icon("activity")))
                    (inbox_link(shell.inbox, self.path == "/inbox"))
                    a href="/my-tasks" aria-current=[(self.path == "/my-tasks").then_some("page")] { (icon("circle-check")) " My tasks" (count(shell.due)) }
                    h2 { a href="/environments" { "Environments" } }
                    (self.line(&self.path))
                    h2 { "Operations" }
                    (self.link("/jobs", "Jobs", icon("clock")))
                    (self.link("/repositories", "Repositories", icon("git-commit-horizontal")))
                    h2 { a href="/projects" { "Projects" } " " a.push href="/projects/new" aria-label="New project" { (icon("plus")) } }
                    @for project in &shell.projects {
                        a href=(project.href) aria-current=[(self.path == project.href).then_some("page")] {
                            span.sq style={ "--c:" (project.colour) } {} " " span.clip { (project.name) }
                        }
                    }
                }
                div.side-foot.nav {
                    @if self.actor.role == base::Role::Admin { (self.link("/audit-log", "Audit log", icon("scroll-text"))) }
                    (self.link("/settings", "Settings", icon("settings")))
                    div.me {
                        @if let Some(user) = self.actor.user { (avatar(user, &self.actor.name, "")) }
                        " " span.grow.clip { (self.actor.name) }
                        button.btn.quiet.icon.sm type="button" data-theme-toggle aria-label="Switch theme" { (icon("moon")) }
                        form method="post" action="/logout" data-plain="" { button.btn.quiet.icon.sm aria-label="Sign out" title="Sign out" { (icon("log-out")) } }
                    }
                }
            }
        }
    }

    fn tabbar(&self) -> Markup {
        html! {
            nav.tabbar aria-label="Quick" {
                (self.link("/", "Home", icon("activity")))
                (self.link("/inbox", "Inbox", icon("inbox")))
                (self.link("/my-tasks", "Tasks", icon("circle-check")))
                (self.link("/environments", "Deploy", icon("git-commit-horizontal")))
                (self.link("/projects", "Projects", icon("list")))
            }
        }
    }
}

/// The way to the inbox. It counts what is unread, on every page and in the window's title.
fn inbox_link(unread: u64, is_here: bool) -> Markup {
    html! { a href="/inbox" aria-current=[is_here.then_some("page")] { (icon("inbox")) " Inbox" (unread_count(unread)) } }
}

fn unread_count(unread: u64) -> Markup {
    html! { span.n #my-inbox data-live=(crate::live::OWN) data-src="/inbox/count" data-unseen { @if unread > 0 { (unread) } } }
}

/// What the way to the inbox asks for when something arrived: its count.
pub fn inbox_count(unread: u64) -> Markup {
    html! { (DOCTYPE) html lang="en" { head { title { "Inbox" } } body { (unread_count(unread)) } } }
}

/// The palette: its results come from `/palette?q=`; its commands are links and know their keys.
fn palette(shell: &Shell) -> Markup {
    let command = |icon_name: &str, text: &str, href: &str, keys: &[&str]| {
        html! {
            li role="option" data-href=(href) { (icon(icon_name)) " " span { (text) } span { @for key in keys { kbd { (key) } " " } } }
        }
    };
    html! {
        dialog.palette #palette aria-label="Search or jump to" {
            input type="text" placeholder="Search tasks, projects, commits, or type a command" aria-label="Search" autocomplete="off" role="combobox" aria-expanded="true" aria-controls="palette-results";
            ul #palette-results role="listbox" aria-label="Results" {}
            h3 { "Commands" }
            ul #palette-commands role="listbox" aria-label="Commands" {
                (command("plus", "New task", "/tasks/new", &["q"]))
                (command("circle-check", "My tasks", "/my-tasks", &["g", "t"]))
                (command("inbox", "Inbox", "/inbox", &["g", "i"]))
                @for environment in &shell.environments {
                    (command("lock", &format!("Lock {}", environment.name), &format!("/environments/{}?open=lock", environment.name), &["l", &environment.name[..environment.name.chars().next().map_or(0, char::len_utf8)]]))
                }
                (command("list", "New project", "/projects/new", &[]))
                (command("settings", "Settings", "/settings", &[]))
            }
            footer { span { kbd { "↑" } " " kbd { "↓" } " choose" } span { kbd { "↵" } " open" } span { kbd { "esc" } " close" } }
        }
    }
}
