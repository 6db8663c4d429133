//! Search results, what the palette finds, and what fields suggest while somebody types.

use super::{Among, SearchFilter, SortBy};
use crate::search;
use crate::tasks::pages::common::{title, with_query};
use crate::tasks::pages::rows::{Rows, picker, tools};
use crate::tasks::{self, Want};
use crate::typeahead::{self, Hit, Noun};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use base::Limit;
use base::id::{TagId, TaskId, UserId};
use db::Tx;
use maud::{Markup, html};
use serde::Deserialize;
use web::finders::Finders;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Auth, Path, Query, Result};

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/search", get(results))
        .route("/palette", get(palette))
        .route("/suggest/{noun}", get(suggest))
}

/// What is searched for.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    tag: Option<TagId>,
    /// `open`, `done`, or both.
    #[serde(default)]
    state: String,
    #[serde(default)]
    assignee: String,
    task: Option<TaskId>,
}

async fn results(State(app): State<App>, frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    app.quota.take(&app.limits, Limit::SearchesPerMinute, frame.actor.user.map_or(0, |user| user.0))?;
    let mut tx = app.db.read(&frame.actor).await?;
    let is_empty = asked.q.trim().is_empty() && asked.tag.is_none() && asked.assignee.trim().is_empty();
    let found = if is_empty { Vec::new() } else { find(&mut tx, &asked).await? };
    let projects = match asked.q.trim() {
        "" => Vec::new(),
        words => typeahead::find(&mut tx, Noun::Project, words, 5).await?,
    };
    let tag = match asked.tag {
        Some(tag) => Some(crate::tags::get(&mut tx, tag).await?.name),
        None => None,
    };
    let pairs = [
        ("q", asked.q.clone()),
        ("tag", asked.tag.map(|tag| tag.to_string()).unwrap_or_default()),
        ("state", asked.state.clone()),
        ("assignee", asked.assignee.clone()),
    ];
    let close = with_query("/search", pairs.into_iter().filter(|(_, value)| !value.is_empty()));
    let rows = Rows {
        frame: &frame,
        columns: &[],
        open: format!("{close}{}task=", if close.contains('?') { '&' } else { '?' }),
        current: asked.task,
        can_edit: true,
        shows_project: true,
        shows_assignee: true,
        lent: crate::beside::columns(&app, &mut tx, found.iter().map(|full| full.task.id)).await?,
    };
    let list = html! {
        form.filters method="get" action="/search" role="search" {
            input.input.grow type="search" name="q" value=(asked.q) aria-label="Search for" placeholder="Words that all occur" autofocus[is_empty];
            @if let Some(tag) = asked.tag { input type="hidden" name="tag" value=(tag); }
            input.input.sm name="assignee" value=(asked.assignee) aria-label="Assignee" placeholder="Anybody" autocomplete="off" data-suggest="people";
            select.input.sm name="state" aria-label="State" {
                (ui::option("", "Open and completed", asked.state.is_empty()))
                (ui::option("open", "Open", asked.state == "open"))
                (ui::option("done", "Completed", asked.state == "done"))
            }
            button.btn.sm { "Search" }
        }
        div.tasks #list style=(rows.widths()) {
            @for project in &projects { p.item { (ui::icon("list")) a href={ "/projects/" (project.id) } { (project.name) } span.dim { "Project" } } }
            @if is_empty { (ui::empty("Write words that all occur in the name or the description. Nothing needs to be exact.")) }
            @else if found.is_empty() { (ui::empty("No task has all these words. Fewer words find more.")) }
            @else {
                (rows.head())
                @if found.len() >= app.limits.count(Limit::PageObjects) { p.note { "These are the first " (found.len()) ". More words find fewer." } }
                ul { @for full in &found { (rows.row(full)) } }
            }
        }
        (tools(&[]))
        (picker(&[]))
    };
    let name = tag.map_or_else(|| "Search".to_owned(), |tag| format!("Tag {tag}"));
    let pane = tasks::pages::beside(&app, &mut tx, &frame, asked.task, close).await?;
    Ok(frame.page(Page::new(name).split(list, pane)))
}

async fn find(tx: &mut Tx, asked: &Asked) -> base::Result<Vec<tasks::FullTask>> {
    let mut wanted = SearchFilter {
        text: Some(asked.q.clone()).filter(|words| !words.trim().is_empty()),
        tags: Among::any(asked.tag.into_iter().collect()),
        completed: match asked.state.as_str() {
            "open" => Some(false),
            "done" => Some(true),
            _ => None,
        },
        sort_by: Some(if asked.q.trim().is_empty() { SortBy::ModifiedAt } else { SortBy::Relevance }),
        ..SearchFilter::default()
    };
    if let Some(user) = tasks::pages::common::person(tx, &asked.assignee).await? {
        wanted.assignee = Among::any(vec![user]);
    }
    let found = search::find(tx, &wanted).await?;
    let want = Want { people: true, homes: true, tags: true, subtasks: true, ..Want::default() };
    tasks::fill(tx, found, &want).await
}

/// What was typed.
#[derive(Debug, Deserialize)]
struct Typed {
    #[serde(default)]
    q: String,
}

/// Rows of each noun in the palette.
const FEW: usize = 6;

/// What the palette shows: what is red now first, then what matches.
async fn palette(State(app): State<App>, frame: Frame, Query(typed): Query<Typed>) -> Result<Markup> {
    let words = typed.q.trim();
    let fits = |text: &str| text.to_lowercase().contains(&words.to_lowercase());
    let mut stations: Vec<_> = frame
        .shell
        .environments
        .iter()
        .filter(|station| {
            if words.is_empty() {
                station.aspect == Aspect::Red || station.aspect == Aspect::Amber
            } else {
                fits(&station.name)
            }
        })
        .collect();
    stations.sort_by_key(|station| std::cmp::Reverse(station.aspect));
    let mut tx = app.db.read(&frame.actor).await?;
    let tasks = typeahead::find(&mut tx, Noun::Task, words, FEW).await?;
    let projects = typeahead::find(&mut tx, Noun::Project, words, FEW).await?;
    let tags =
        if words.is_empty() { Vec::new() } else { typeahead::find(&mut tx, Noun::Tag, words, 3).await? };
    let mut lent = Vec::new();
    if let Ok(finders) = app.part::<Finders>() {
        for finder in finders.0 {
            lent.extend(finder(&mut tx, words).await?);
        }
    }
    let option = |href: String, icon: Markup, name: &str, noun: &str| {
        html! {
            li role="option" data-href=(href) { (icon) " " span { (name) } " " span { (noun) } }
        }
    };
    Ok(html! {
        @for station in &stations {
            (option(format!("/environments/{}", station.name), ui::lamp(station.aspect), &format!("{} {}", station.name, station.note), "Environment"))
        }
        @for found in &lent { (option(found.href.clone(), ui::icon(found.icon), &found.name, found.noun)) }
        @for hit in &tasks { (option(format!("/tasks/{}", hit.id), ui::icon("circle-check"), title(&hit.name), "Task")) }
        @for hit in &projects { (option(format!("/projects/{}", hit.id), ui::icon("list"), &hit.name, "Project")) }
        @for hit in &tags { (option(format!("/search?tag={}", hit.id), ui::icon("tag"), &hit.name, "Tag")) }
        @if !words.is_empty() {
            (option(with_query("/search", [("q", words)].into_iter()), ui::icon("search"), &format!("Search everything for \u{201c}{words}\u{201d}"), "Search"))
        }
    })
}

/// What a field suggests: `people`, `tasks`, `projects` or `tags`. `data-value` is what comes into the field.
async fn suggest(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(noun): Path<String>,
    Query(typed): Query<Typed>,
) -> Result<Markup> {
    let noun = match noun.as_str() {
        "people" => Noun::User,
        "tasks" => Noun::Task,
        "projects" => Noun::Project,
        "tags" => Noun::Tag,
        _ => return Err(base::Error::missing("noun.unknown", "there are no suggestions of that kind").into()),
    };
    let mut tx = app.db.read(&actor).await?;
    let hits = typeahead::find(&mut tx, noun, &typed.q, 8).await?;
    let addresses = if noun == Noun::User { addresses(&mut tx, &hits).await? } else { Vec::new() };
    Ok(html! {
        @for (n, hit) in hits.iter().enumerate() {
            @let is_double = hits.iter().filter(|other| other.name == hit.name).count() > 1;
            @let value = match noun {
                Noun::User if is_double => addresses.get(n).cloned().unwrap_or_default(),
                Noun::Task => format!("/tasks/{}", hit.id),
                _ => hit.name.clone(),
            };
            li role="option" id={ "suggested-" (n) } data-value=(value) {
                @if noun == Noun::User { (ui::avatar(UserId(hit.id), &hit.name, "sm")) " " }
                span { (title(&hit.name)) }
                @if is_double { span.dim.t-s { " " (addresses.get(n).map_or("", String::as_str)) } }
            }
        }
    })
}

async fn addresses(tx: &mut Tx, hits: &[Hit]) -> base::Result<Vec<String>> {
    let ids: Vec<UserId> = hits.iter().map(|hit| UserId(hit.id)).collect();
    let known = people::users::by_ids(tx, &ids).await?;
    Ok(ids.iter().map(|id| known.get(id).map(|user| user.email.clone()).unwrap_or_default()).collect())
}
