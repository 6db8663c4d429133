//! What the sidebar shows, from all domains in one read. It is asked for with every page, so it costs a handful of statements.

use base::id::ProjectId;
use base::jiff::tz::TimeZone;
use base::{Actor, Date, Result};
use db::Tx;
use releases::environments::Environment;
use releases::stations::Lamp;
use std::future::Future;
use std::pin::Pin;
use web::App;
use web::ui::{Shell, ShellEnvironment, ShellProject};
use work::favourites::FavouriteKind;
use work::page::Page;
use work::projects::{self, Project};
use work::search::{Among, Days, SearchFilter};

/// Projects that are looked at when somebody has marked none, and how many of them are shown.
const RECENT: usize = 100;
const SHOWN: usize = 8;

/// Loads what the sidebar shows `actor`.
pub(super) fn load<'a>(
    app: &'a App,
    actor: &'a Actor,
) -> Pin<Box<dyn Future<Output = Result<Shell>> + Send + 'a>> {
    Box::pin(async move {
        let mut tx = app.db.read(actor).await?;
        let zone = match actor.user {
            Some(user) => people::users::get(&mut tx, user).await?.time_zone,
            None => String::new(),
        };
        let zone = TimeZone::get(&zone).unwrap_or(TimeZone::UTC);
        let today = tx.now().date_in(&zone);
        let environments = releases::stations::lamps(&mut tx).await?;
        let projects = own_projects(&mut tx, &environments).await?;
        Ok(Shell {
            workspace: people::workspace::current(&mut tx).await?.name,
            inbox: u64::try_from(work::inbox::count_unread(&mut tx).await?).unwrap_or(0),
            due: due_by(&mut tx, today).await?.len() as u64,
            environments: environments.into_iter().map(environment).collect(),
            projects: projects.iter().map(project).collect(),
            zone,
        })
    })
}

fn environment((environment, lamp): (Environment, Lamp)) -> ShellEnvironment {
    ShellEnvironment {
        // Whoever ticks off the task of a lock opens the environment, too.
        topics: format!("environment.{} project.{}", environment.id, environment.lock_project),
        name: environment.name,
        aspect: lamp.aspect,
        meaning: lamp.meaning,
        note: lamp.note,
    }
}

fn project(project: &Project) -> ShellProject {
    ShellProject {
        href: format!("/projects/{}", project.id),
        name: project.name.clone(),
        colour: projects::colour(project).to_owned(),
    }
}

/// The projects that the actor marked; otherwise those that were changed last, by name. The projects that environments keep
/// their locks and deployments in are reached from the environments.
async fn own_projects(tx: &mut Tx, environments: &[(Environment, Lamp)]) -> Result<Vec<Project>> {
    if let Some(me) = tx.actor().user {
        let marked = work::favourites::list(tx, me, FavouriteKind::Project).await?;
        if !marked.is_empty() {
            let ids: Vec<ProjectId> = marked.iter().map(|named| ProjectId(named.id.0)).collect();
            let mut found = projects::visible(tx, &ids).await?;
            found.sort_by_key(|project| ids.iter().position(|id| *id == project.id));
            return Ok(found);
        }
    }
    let filter = projects::Filter { archived: Some(false), ..projects::Filter::default() };
    let mut found = projects::list(tx, &filter, &Page::first(RECENT)).await?.items;
    found.retain(|project| {
        environments.iter().all(|(e, _)| project.id != e.lock_project && project.id != e.deployment_project)
    });
    found.sort_by_key(|project| std::cmp::Reverse(project.modified_at));
    found.truncate(SHOWN);
    found.sort_by_key(|project| project.name.to_lowercase());
    Ok(found)
}

/// The actor's open tasks that are due on a day or before it, soonest first, as far as one looks.
pub(super) async fn due_by(tx: &mut Tx, day: Date) -> Result<Vec<work::tasks::Task>> {
    let Some(me) = tx.actor().user else { return Ok(Vec::new()) };
    let wanted = SearchFilter {
        completed: Some(false),
        assignee: Among::any(vec![me]),
        due_on: Days { before: Some(day), ..Days::default() },
        sort_by: Some(work::search::SortBy::DueDate),
        ascending: true,
        ..SearchFilter::default()
    };
    work::search::find(tx, &wanted).await
}
