//! "Where" beside a task: three marks in lists, a sentence with the commits in its pane, and the forms that link and unlink.

use super::reach::{Reach, Station, reach};
use super::{Line, Linked, Place, lines, store};
use crate::words::{self, Reader};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use base::id::{ProjectId, RepositoryId, TaskId};
use base::{Result, Right};
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use web::ui::{self, Frame};
use web::{App, Auth, Form, Path};
use work::beside::Lent;

/// What this crate lends to lists and panes of tasks.
pub const WHERE: Lent = Lent {
    name: "Where",
    width: "72px",
    cells: |tx, tasks| Box::pin(cells(tx, tasks)),
    whole: |tx, frame, task| Box::pin(whole(tx, frame, task)),
};

/// The routes of the forms.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/tasks/{task}/commits", post(link))
        .route("/tasks/{task}/commits/{commit}/unlink", post(unlink))
}

/// What is known of some tasks, in a fixed number of statements.
struct Known {
    lines: BTreeMap<RepositoryId, Line>,
    commits: BTreeMap<TaskId, Vec<Linked>>,
    blocked: BTreeMap<TaskId, Vec<(RepositoryId, Place)>>,
    /// Those that are deployments: they bring commits and have none of their own.
    deployments: BTreeSet<TaskId>,
}

impl Known {
    async fn of(tx: &mut Tx, tasks: &[TaskId]) -> Result<Self> {
        let lines = lines(tx).await?;
        let mut known =
            Self { lines, commits: BTreeMap::new(), blocked: BTreeMap::new(), deployments: BTreeSet::new() };
        if known.lines.is_empty() {
            return Ok(known);
        }
        for linked in store::of_tasks(tx, tasks).await? {
            known.commits.entry(linked.task).or_default().push(linked);
        }
        let (mut locks, mut deployments) = (BTreeMap::new(), BTreeSet::new());
        for one in known.lines.values().flat_map(|line| &line.environments) {
            locks.insert(one.lock_project, (one.repository, Place::Environment(one.id)));
            deployments.insert(one.deployment_project);
        }
        let projects: Vec<ProjectId> = locks.keys().chain(&deployments).copied().collect();
        for home in work::tasks::among(tx, &projects, tasks).await? {
            if deployments.contains(&home.project) {
                known.deployments.insert(home.task);
            } else if home.is_open {
                known.blocked.entry(home.task).or_default().extend(locks.get(&home.project));
            }
        }
        Ok(known)
    }

    /// The line that is shown of a task: the one that its commits travel, or that it blocks.
    fn line(&self, task: TaskId) -> Option<&Line> {
        let own = self.commits.get(&task).into_iter().flatten().map(|linked| linked.repository);
        let blocked = self.blocked.get(&task).into_iter().flatten().map(|(repository, _)| *repository);
        own.chain(blocked).find_map(|repository| self.lines.get(&repository))
    }

    fn reach(&self, task: TaskId, line: &Line) -> Reach {
        let commits: Vec<&Linked> = self.commits.get(&task).into_iter().flatten().collect();
        let blocked = self.blocked.get(&task).into_iter().flatten();
        let blocked: Vec<Place> = blocked
            .filter(|(repository, _)| *repository == line.repository)
            .map(|(_, place)| *place)
            .collect();
        reach(line, &commits, &blocked)
    }
}

fn name(line: &Line, place: Place) -> &str {
    let found = line.environments.iter().find(|environment| place == Place::Environment(environment.id));
    found.map_or("the default branch", |environment| environment.name.as_str())
}

/// How far it is, in the few words that stand for the marks.
fn said(line: &Line, reach: &Reach) -> String {
    let far = match reach.last {
        Some((Place::Branch, _)) => "merged".to_owned(),
        Some((place, _)) => format!("on {}", name(line, place)),
        None if reach.changes > 0 => "not merged yet".to_owned(),
        None => "no commit yet".to_owned(),
    };
    let blocks: Vec<&str> = reach
        .stations
        .iter()
        .filter(|(_, station)| *station == Station::Blocked)
        .map(|(place, _)| name(line, *place))
        .collect();
    if blocks.is_empty() { far } else { format!("{far}, blocks {}", words::both(&blocks)) }
}

fn marks(line: &Line, reach: &Reach) -> Markup {
    let said = said(line, reach);
    html! {
        span.mini role="img" aria-label=(said) title=(said) {
            @for (_, station) in &reach.stations {
                i.on[*station == Station::There].stop[*station == Station::Blocked] {}
            }
        }
    }
}

/// A cell for each task, when any of them has something to show.
async fn cells(tx: &mut Tx, tasks: &[TaskId]) -> Result<BTreeMap<TaskId, Markup>> {
    let known = Known::of(tx, tasks).await?;
    let Some(usual) = tasks.iter().find_map(|task| known.line(*task)) else { return Ok(BTreeMap::new()) };
    let cell = |task: &TaskId| {
        let line = known.line(*task).unwrap_or(usual);
        let shown = match known.deployments.contains(task) {
            true => Markup::default(),
            false => marks(line, &known.reach(*task, line)),
        };
        (*task, shown)
    };
    Ok(tasks.iter().map(cell).collect())
}

/// The marks with a sentence and the commits.
async fn whole(tx: &mut Tx, frame: &Frame, task: TaskId) -> Result<Option<Markup>> {
    let known = Known::of(tx, &[task]).await?;
    if known.deployments.contains(&task) {
        return Ok(None);
    }
    let Some(line) = known.line(task).or_else(|| known.lines.values().next()) else { return Ok(None) };
    let can_edit = work::tasks::rights_on(tx, task).await?.contains(Right::Edit);
    let commits = known.commits.get(&task).map_or(&[][..], Vec::as_slice);
    if commits.is_empty() && !can_edit && !known.blocked.contains_key(&task) {
        return Ok(None);
    }
    let mut names = BTreeMap::new();
    for linked in commits {
        if let std::collections::btree_map::Entry::Vacant(free) = names.entry(linked.repository) {
            free.insert(repos::repository::get(tx, linked.repository).await.map(|found| found.name).ok());
        }
    }
    let reader = Reader { now: frame.now, zone: &frame.shell.zone };
    let reach = known.reach(task, line);
    let sha = |linked: &Linked| {
        let repository = names.get(&linked.repository).and_then(Option::as_deref);
        crate::environments::sha(repository, &linked.commit)
    };
    Ok(Some(html! {
        div.where {
            (marks(line, &reach))
            span.dim { (sentence(line, &reach, reader)) @if let [_] = commits { " in" } }
            @if let [only] = commits { (sha(only)) }
            @if commits.len() > 1 || can_edit {
                details.pick #commits data-keep="" {
                    @match commits.len() {
                        0 => summary.t-s { "Link a commit" },
                        1 => summary.btn.quiet.icon.sm aria-label="About the commit" { (ui::icon("ellipsis")) },
                        many => summary.t-s { (words::count(many as u64, "commit")) },
                    }
                    @if !commits.is_empty() {
                        ul.brief-commits {
                            @for linked in commits {
                                li {
                                    (sha(linked))
                                    span.grow { (linked.title) @if linked.fixes { " " span.chip.green { "fixes this" } }
                                        small.dim { (linked.author) ", " (whereabouts(&known, linked)) } }
                                    @if can_edit {
                                        form method="post" action={ "/tasks/" (task) "/commits/" (linked.commit) "/unlink" } data-morph="#task #list" {
                                            button.btn.quiet.icon.sm aria-label={ "Unlink " (words::short(&linked.commit)) } { (ui::icon("x")) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                    @if can_edit {
                        form.row method="post" action={ "/tasks/" (task) "/commits" } data-morph="#task #list" data-reset="" {
                            input.input.sm #link-commit name="commit" aria-label="Commit" aria-describedby="link-help" placeholder="Id or address of a commit" autocomplete="off" required;
                            button.btn.sm { "Link commit" }
                            span.form-problem hidden role="alert" {}
                        }
                        p.t-s.dim #link-help { "Commits link themselves when their message has the task's id: " span.mono { "Task: " (task) } }
                    }
                }
            }
        }
    }))
}

/// Where it is: "on beta since 13:17".
fn sentence(line: &Line, reach: &Reach, reader: Reader<'_>) -> String {
    let said = said(line, reach);
    match reach.last {
        Some((Place::Environment(_), Some(since))) => {
            let (far, rest) =
                said.split_once(',').map_or((said.as_str(), ""), |(far, _)| (far, &said[far.len()..]));
            format!("{far} since {}{rest}", reader.at(since))
        }
        _ => said,
    }
}

/// Where one commit is.
fn whereabouts(known: &Known, linked: &Linked) -> String {
    let Some(line) = known.lines.get(&linked.repository) else { return "in another repository".to_owned() };
    let at = |place: &Place| linked.arrivals.iter().any(|arrival| arrival.place == *place);
    let there: Vec<&str> = line
        .places()
        .filter(at)
        .map(|place| if place == Place::Branch { "merged" } else { name(line, place) })
        .collect();
    match there.as_slice() {
        [] => "not merged yet".to_owned(),
        ["merged", rest @ ..] if !rest.is_empty() => format!("on {}", words::both(rest)),
        ["merged"] => "merged".to_owned(),
        places => format!("on {}, not merged", words::both(places)),
    }
}

/// The commit that somebody means.
#[derive(Debug, Deserialize)]
struct Meant {
    commit: String,
}

async fn link(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    headers: HeaderMap,
    Form(meant): Form<Meant>,
) -> web::Result<Response> {
    let linked = super::api::link_meant(&app, &actor, task, None, &meant.commit).await?;
    let text = format!("{} is linked", words::short(&linked.commit));
    Ok(ui::done(&ui::back(&headers, &format!("/tasks/{task}")), &text))
}

async fn unlink(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, commit)): Path<(TaskId, String)>,
    headers: HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    super::unlink(&mut tx, task, &commit).await?;
    tx.commit().await?;
    let text = format!("{} is not linked any more", words::short(&commit));
    Ok(ui::done(&ui::back(&headers, &format!("/tasks/{task}")), &text))
}
