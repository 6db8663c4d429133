//! The first run: three steps to the first deployment, each computed from what is there already.

use super::Situation;
use base::{Result, Role};
use db::Tx;
use maud::{Markup, html};
use people::users::{self, UserFilter};
use releases::environments::command_line;
use releases::stations::Station;
use repos::Repository;
use repos::repository::State;
use web::ui::{self, Aspect, Frame, Page};

/// Where a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    Now,
    Later,
}

/// The page.
pub(super) async fn page(tx: &mut Tx, frame: &Frame, situation: &Situation) -> Result<Markup> {
    let people = users::list(tx, &UserFilter { limit: 3, ..UserFilter::default() }).await?;
    let is_admin = frame.actor.role == Role::Admin;
    let repository = situation.repositories.first();
    let is_read = situation.repositories.iter().any(|repository| repository.state == State::Ready);
    let connect = if is_read { Step::Done } else { Step::Now };
    let ask = if connect == Step::Done { Step::Now } else { Step::Later };
    let invite = match (people.len() > 1, connect) {
        (true, _) => Step::Done,
        (false, _) => Step::Later,
    };
    let first_name = frame.actor.name.split(' ').next().unwrap_or_default();
    let content = html! {
        div.verdict { div { h1 { "Welcome, " (first_name) ". Three steps to your first deployment." } p { "It takes about ten minutes. You can leave at any time; this page keeps your place." } } }
        ol.steps #steps data-live="repository environment deployment user" {
            (step(1, connect, "Connect a repository", connect_words(frame, repository)))
            (step(2, ask, "Let your deployment script ask first", ask_words(&situation.stations, is_admin, ask)))
            (step(3, invite, "Invite the people who can say stop", invite_words(is_admin, people.len())))
        }
        section.block.day { (preview(&situation.stations)) }
    };
    let actions = html! { a.btn.quiet.sm href="/environments" { "Skip, show me around" } };
    Ok(frame.page(Page::new("Home").with_own_h1().actions(actions).content(content)))
}

fn step(number: u8, state: Step, title: &str, content: Markup) -> Markup {
    html! {
        li class={ "step" @match state { Step::Done => " is-done", Step::Now => " is-now", Step::Later => "" } } {
            span.no { @if state == Step::Done { (ui::icon("check")) span.vh { "Done" } } @else { (number) } }
            div { h2 { (title) } (content) }
        }
    }
}

fn connect_words(frame: &Frame, repository: Option<&Repository>) -> Markup {
    html! {
        @match repository {
            Some(repository) if repository.state == State::Ready => {
                p {
                    "Signalbox reads commits from " a.mono href={ "/repositories/" (repository.name) } { @if repository.hosted { (repository.name) } @else { (repository.address) } } "."
                    @if let Some(at) = repository.fetched_at { " It was read at " (frame.time(at)) "." }
                }
            }
            Some(repository) if repository.state == State::New => {
                p.row { (ui::lamp_named(Aspect::Live, "Waiting")) " Reading " span.mono { (repository.address) } ". This line changes by itself." }
            }
            Some(repository) => {
                p.note.red { (repository.name) ": " (repository.problem.as_deref().unwrap_or("its history is cut off")) }
                p { a.btn href={ "/repositories/" (repository.name) "/settings" } { "Change it" } }
            }
            None if frame.actor.role == Role::Guest => { p { "A member connects the repository that your team deploys from." } }
            None => {
                p { "Signalbox reads its commits, so that it can say what would ship and what is where. It never writes to it." }
                form.inline.first method="post" action="/repositories" {
                    label.field.narrow { span { "Name" } input.input name="name" required placeholder="web"; }
                    label.field { span { "Address" } input.input name="url" required placeholder="https://git.example.com/web.git"; }
                    button.btn.primary { "Connect" }
                }
                p.t-s.dim { "There is none yet? " a href="/repositories/new#host" { "Make one here" } " and push to it." }
                p.t-s { "Not public? " a href="/repositories/new" { "Connect it with a credential" } }
            }
        }
    }
}

fn ask_words(stations: &[Station], is_admin: bool, state: Step) -> Markup {
    html! {
        p { "Put one word before the command that you already run. The script then starts only when the environment is open, and its output appears here line by line." }
        @match stations.first() {
            Some(station) => {
                @let name = &station.environment.name;
                (command_line(&format!("signalbox deploy --env {name} -- ./deploy.sh {name}")))
                p.row.t-s.waiting { (ui::lamp_named(Aspect::Live, "Waiting")) " Waiting for the first deployment. This line changes by itself." }
                @if stations.len() == 1 && is_admin { p.t-s { a href="/environments/new" { "Add the environment that comes after " (name) } } }
            }
            None if state == Step::Now && is_admin => {
                p { "First, the place that it goes to: " a.btn.sm href="/environments/new" { "Make an environment" } }
            }
            None => { (command_line("signalbox deploy --env beta -- ./deploy.sh beta")) }
        }
    }
}

fn invite_words(is_admin: bool, people: usize) -> Markup {
    html! {
        p { "Anyone you invite can lock an environment, own a lock and discuss when it ends." }
        @if people > 1 { p { a href="/settings/people" { "See who is here" } } }
        @else if is_admin {
            form.inline.first method="post" action="/settings/people" {
                label.field { span { "Email" } input.input type="email" name="email" required placeholder="ana@example.com"; }
                button.btn { "Invite" }
            }
        }
    }
}

/// The day as it will be, without anything in it.
fn preview(stations: &[Station]) -> Markup {
    let names: Vec<String> = if stations.is_empty() {
        vec!["Beta".to_owned(), "Production".to_owned()]
    } else {
        stations.iter().map(Station::title).collect()
    };
    let height = 16 + 56 * names.len();
    html! {
        div.tt {
            div.tt-head { h2 { "Timetable" } span.dim.t-s { "Your day will appear here." } }
            svg width="100%" height=(height) aria-hidden="true" {
                @for hour in 1..24 {
                    @let x = format!("{:.3}%", f64::from(hour) / 24.0 * 100.0);
                    line class={ "hour" @if hour % 6 == 0 { " q" } } x1=(x) x2=(x) y1="0" y2=(height) {}
                }
                @for (n, name) in names.iter().enumerate() {
                    @let y = 36 + 56 * n;
                    line.rail x1="0" x2="100%" y1=(y) y2=(y) {}
                    @if n == 0 {
                        @for slot in 8..48 { rect.plan.faded x=(format!("{:.3}%", f64::from(slot) / 48.0 * 100.0)) y=(y - 8) width="5" height="16" rx="1.5" {} }
                    }
                    text.lbl.halo x="16" y=(y + 4) { (name) }
                }
            }
        }
    }
}
