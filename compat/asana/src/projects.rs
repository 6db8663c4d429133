//! `/projects`.

use crate::call::Call;
use crate::routes::{Route, route};
use crate::show;
use crate::wire::answer::Answer;
use crate::wire::fault;
use crate::wire::fields::Level;
use crate::wire::value::{self, Data};
use base::id::{ProjectId, TeamId, UserId};
use base::{Error, Result};
use db::Tx;
use serde_json::{Map, Value};
use work::names::Text;
use work::page::Listed;
use work::projects::{Access, Filter, NewProject, Privacy, Project, ProjectChange, View};

/// The endpoints.
pub const ROUTES: &[Route] = &[
    route!(GET "/projects" => list),
    route!(POST "/projects" => create),
    route!(GET "/projects/{project}" => get),
    route!(PUT "/projects/{project}" => change),
    route!(DELETE "/projects/{project}" => delete),
    route!(GET "/workspaces/{workspace}/projects" => of_workspace),
    route!(POST "/workspaces/{workspace}/projects" => create),
    route!(GET "/teams/{team}/projects" => of_team),
    route!(POST "/teams/{team}/projects" => create),
    route!(GET "/tasks/{task}/projects" => of_task),
    route!(GET "/projects/{project}/task_counts" => task_counts),
    route!(POST "/projects/{project}/duplicate" => crate::jobs::duplicate_project),
    route!(POST "/projects/{project}/addFollowers" => add_followers),
    route!(POST "/projects/{project}/removeFollowers" => remove_followers),
    route!(POST "/projects/{project}/addMembers" => add_members),
    route!(POST "/projects/{project}/removeMembers" => remove_members),
];

/// Text that was sent plain under one key or rich under another; both at once make no sense.
pub fn text(data: &Data, plain: &str, rich: &str) -> Result<Option<Text>> {
    let (plain_text, rich_text) = (value::text(data, plain)?, value::text(data, rich)?);
    match (plain_text, rich_text.flatten()) {
        (None, None) => Ok(None),
        (Some(plain), None) => Ok(Some(Text::Plain(plain.unwrap_or_default()))),
        (None, Some(rich)) => Ok(Some(Text::Rich(rich))),
        // A record that was read, changed and sent back whole has both; the rich one says more.
        (Some(_), Some(rich)) => Ok(Some(Text::Rich(rich))),
    }
}

async fn answer(tx: &mut Tx, call: &Call<'_>, listed: Listed<Project>) -> Result<Answer> {
    let Listed { items, next } = listed;
    let records = show::project::projects(tx, call, items, call.fields.compact()).await?;
    call.list(&Listed::<()> { items: vec![], next }, records)
}

async fn listed(tx: &mut Tx, call: &Call<'_>, team: Option<TeamId>) -> Result<Answer> {
    let filter = Filter { team, archived: call.query.flag("archived")? };
    let listed = work::projects::list(tx, &filter, &call.page()?).await?;
    answer(tx, call, listed).await
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    if let Some(workspace) = call.query.id("workspace")? {
        crate::workspaces::check(&mut tx, workspace).await?;
    }
    listed(&mut tx, call, call.query.id("team")?).await
}

async fn of_workspace(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    listed(&mut tx, call, None).await
}

async fn of_team(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let team = people::teams::get(&mut tx, call.id("team")?).await?;
    listed(&mut tx, call, Some(team.id)).await
}

async fn of_task(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let homes = work::tasks::Want { homes: true, ..work::tasks::Want::default() };
    let task = work::tasks::full(&mut tx, call.id("task")?, &homes).await?;
    let mut ids: Vec<ProjectId> = task.homes.iter().map(|home| home.project.id).collect();
    ids.sort();
    let Listed { items, next } = call.cut(ids, |id| id.0)?;
    let mut projects = Vec::with_capacity(items.len());
    for id in items {
        projects.push(work::projects::get(&mut tx, id).await?);
    }
    answer(&mut tx, call, Listed { items: projects, next }).await
}

async fn get(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let project = work::projects::get(&mut tx, call.id("project")?).await?;
    Ok(Answer::ok(show::project::project(&mut tx, call, project, call.fields.full()).await?))
}

/// `privacy_setting`, or the older `public`. A record sent back whole has both: then the newer one counts.
pub fn privacy(data: &Data) -> Result<Option<Privacy>> {
    match word(data, "privacy_setting", Privacy::parse)? {
        Some(privacy) => Ok(Some(privacy)),
        None => Ok(value::flag(data, "public")?
            .map(|public| if public { Privacy::Workspace } else { Privacy::Private })),
    }
}

/// One of a set of words; `null` counts as not sent.
pub fn word<T>(data: &Data, key: &str, parse: fn(&str) -> Result<T>) -> Result<Option<T>> {
    let Some(text) = value::text(data, key)?.flatten() else { return Ok(None) };
    parse(&text).map(Some).map_err(|error| value::bad(key, error.message()))
}

/// A colour word; `none` is no colour.
pub fn color(data: &Data) -> Result<Option<Option<String>>> {
    Ok(value::text(data, "color")?.map(|color| color.filter(|color| color != "none")))
}

async fn owner(tx: &mut Tx, call: &Call<'_>) -> Result<Option<Option<UserId>>> {
    match value::reference(&call.data, "owner")? {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(text)) => Ok(Some(Some(call.user(tx, "owner", &text).await?))),
    }
}

async fn create(call: &Call<'_>) -> Result<Answer> {
    let data = &call.data;
    let mut tx = call.write().await?;
    crate::workspaces::check_in_body(&mut tx, call).await?;
    if !call.param("workspace").is_empty() {
        crate::workspaces::check(&mut tx, call.id("workspace")?).await?;
    }
    let team = match call.param("team").is_empty() {
        false => Some(call.id("team")?),
        true => value::given_id(data, "team")?.flatten(),
    };
    let followers = value::references(data, "followers")?.unwrap_or_default();
    let new = NewProject {
        name: value::text(data, "name")?.flatten().unwrap_or_default(),
        notes: text(data, "notes", "html_notes")?,
        team,
        color: color(data)?.flatten(),
        icon: value::text(data, "icon")?.flatten(),
        view: word(data, "default_view", View::parse)?.or(word(data, "layout", View::parse)?),
        due_on: value::date(data, "due_on")?.or(value::date(data, "due_date")?).flatten(),
        start_on: value::date(data, "start_on")?.flatten(),
        privacy: privacy(data)?,
        default_access: word(data, "default_access_level", Access::parse)?,
        archived: value::flag(data, "archived")?.unwrap_or(false),
        owner: owner(&mut tx, call).await?,
        followers: call.users(&mut tx, "followers", &followers).await?,
    };
    let project = work::projects::create(&mut tx, new).await?;
    let record = show::project::project(&mut tx, call, project, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::created(record, "projects"))
}

async fn change(call: &Call<'_>) -> Result<Answer> {
    let data = &call.data;
    let project: ProjectId = call.id("project")?;
    let mut tx = call.write().await?;
    let change = ProjectChange {
        name: value::text(data, "name")?.flatten(),
        notes: text(data, "notes", "html_notes")?,
        team: value::given_id(data, "team")?.flatten(),
        color: color(data)?,
        icon: value::text(data, "icon")?,
        view: word(data, "default_view", View::parse)?.or(word(data, "layout", View::parse)?),
        due_on: value::date(data, "due_on")?.or(value::date(data, "due_date")?),
        start_on: value::date(data, "start_on")?,
        privacy: privacy(data)?,
        default_access: word(data, "default_access_level", Access::parse)?,
        archived: value::flag(data, "archived")?,
        completed: value::flag(data, "completed")?,
        owner: owner(&mut tx, call).await?,
    };
    let project = work::projects::change(&mut tx, project, change).await?;
    let record = show::project::project(&mut tx, call, project, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn delete(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.write().await?;
    work::projects::delete(&mut tx, call.id("project")?).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Counts appear only when asked for by name; otherwise the object is empty.
async fn task_counts(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let counts = work::projects::task_counts(&mut tx, call.id("project")?).await?;
    let want = call.fields.full();
    let all = [
        ("num_tasks", counts.tasks),
        ("num_incomplete_tasks", counts.open),
        ("num_completed_tasks", counts.tasks - counts.open),
        ("num_milestones", counts.milestones),
        ("num_incomplete_milestones", counts.open_milestones),
        ("num_completed_milestones", counts.milestones - counts.open_milestones),
    ];
    let asked = all.into_iter().filter(|(key, _)| want.asks(key, Level::OptIn));
    Ok(Answer::ok(Value::Object(
        asked.map(|(key, count)| (key.to_owned(), count.into())).collect::<Map<_, _>>(),
    )))
}

async fn people_in_body(tx: &mut Tx, call: &Call<'_>, key: &str) -> Result<Vec<UserId>> {
    let texts = value::references(&call.data, key)?.ok_or_else(|| value::missing_input(key))?;
    call.users(tx, key, &texts).await
}

/// All four changes of people answer with the project, full.
async fn finish(mut tx: Tx, call: &Call<'_>, project: ProjectId, done: Result<(), Error>) -> Result<Answer> {
    done.map_err(
        |error| if error.code().starts_with("user.") { fault::in_body("user", error) } else { error },
    )?;
    let project = work::projects::get(&mut tx, project).await?;
    let record = show::project::project(&mut tx, call, project, call.fields.full()).await?;
    tx.commit().await?;
    Ok(Answer::ok(record))
}

async fn add_followers(call: &Call<'_>) -> Result<Answer> {
    let (project, mut tx) = (call.id("project")?, call.write().await?);
    let users = people_in_body(&mut tx, call, "followers").await?;
    let done = work::projects::add_followers(&mut tx, project, &users).await;
    finish(tx, call, project, done).await
}

async fn remove_followers(call: &Call<'_>) -> Result<Answer> {
    let (project, mut tx) = (call.id("project")?, call.write().await?);
    let users = people_in_body(&mut tx, call, "followers").await?;
    let done = work::projects::remove_followers(&mut tx, project, &users).await;
    finish(tx, call, project, done).await
}

async fn add_members(call: &Call<'_>) -> Result<Answer> {
    let (project, mut tx) = (call.id("project")?, call.write().await?);
    let users = people_in_body(&mut tx, call, "members").await?;
    let done = work::members::add(&mut tx, project, &users).await;
    finish(tx, call, project, done).await
}

async fn remove_members(call: &Call<'_>) -> Result<Answer> {
    let (project, mut tx) = (call.id("project")?, call.write().await?);
    let users = people_in_body(&mut tx, call, "members").await?;
    let done = work::members::remove(&mut tx, project, &users).await;
    finish(tx, call, project, done).await
}
