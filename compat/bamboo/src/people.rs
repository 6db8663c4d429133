//! People, and who may do what. What is granted here is a grant like any other (`people::grants`); what a job's file says of rights is said there.

use crate::call::{Answer, Call};
use crate::catalogue::{Catalogue, no_plan};
use crate::routes::{Route, route};
use base::id::EnvironmentId;
use base::{Error, Result, Right, Role};
use db::Tx;
use people::grants::{self, Holder};
use people::rights::{self, RightSet};
use people::teams;
use people::users::{self, User, UserFilter};
use serde_json::{Value, json};

/// The endpoints of this resource.
pub const ROUTES: &[Route] = &[
    route!(GET "/rest/api/latest/currentUser" => me),
    route!(GET "/rest/api/latest/admin/users" => list),
    route!(GET "/rest/api/latest/admin/groups" => groups),
    route!(GET "/rest/api/latest/permissions/{kind}/users" => of_all),
    route!(GET "/rest/api/latest/permissions/{kind}/{id}/users" => holders_users),
    route!(GET "/rest/api/latest/permissions/{kind}/{id}/groups" => holders_groups),
    route!(GET "/rest/api/latest/permissions/{kind}/{id}/roles" => holders_roles),
    route!(PUT "/rest/api/latest/permissions/{kind}/{id}/users/{name}" => grant_user),
    route!(DELETE "/rest/api/latest/permissions/{kind}/{id}/users/{name}" => revoke_user),
    route!(PUT "/rest/api/latest/permissions/{kind}/{id}/groups/{name}" => grant_group),
    route!(DELETE "/rest/api/latest/permissions/{kind}/{id}/groups/{name}" => revoke_group),
];

/// A person as a record.
fn show(user: &User) -> Value {
    json!({"name": user.email, "fullName": user.name, "email": user.email, "enabled": user.active, "id": user.id.0})
}

/// The lists of people are paged with `start` and `limit`, and have their items in `results`.
fn listed(call: &Call<'_>, all: Vec<Value>) -> Answer {
    let (page, size) = (call.page(), all.len());
    let is_last = page.start.saturating_add(page.max) >= size;
    Answer::ok(json!({
        "size": size, "start": page.start, "limit": page.max, "isLastPage": is_last, "results": page.cut(all),
    }))
}

async fn me(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    let user = users::require_signed_in(&tx)?;
    let user = users::get(&mut tx, user).await?;
    Ok(Answer::ok(show(&user)))
}

async fn list(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    rights::require_admin(&mut tx).await?;
    let all = users::list(&mut tx, &UserFilter { limit: 100_000, ..UserFilter::default() }).await?;
    Ok(listed(call, all.iter().map(show).collect()))
}

async fn groups(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    rights::require_admin(&mut tx).await?;
    let all = teams::list(&mut tx).await?;
    Ok(listed(call, all.iter().map(|team| json!({"name": team.name})).collect()))
}

/// Who may do what everywhere: administrators all, members what members may.
async fn of_all(call: &Call<'_>) -> Result<Answer> {
    if call.param("kind") != "global" {
        return Err(unknown_kind(call.param("kind")));
    }
    let mut tx = call.read().await?;
    rights::require_admin(&mut tx).await?;
    let all = users::list(&mut tx, &UserFilter { limit: 100_000, ..UserFilter::default() }).await?;
    let record = |user: &User| {
        let mut all = show(user);
        all["permissions"] = match user.role {
            Role::Admin => json!(["ACCESS", "CREATE", "CREATE_REPOSITORY", "ADMINISTRATION"]),
            Role::Member => json!(["ACCESS", "CREATE_REPOSITORY"]),
            Role::Guest => json!(["ACCESS"]),
        };
        all
    };
    Ok(listed(call, all.iter().filter(|user| user.active).map(record).collect()))
}

fn unknown_kind(kind: &str) -> Error {
    Error::missing("bamboo.permissions", format!("There are no permissions of {kind:.50} here"))
}

/// What rights are held on: the job, the repository or the environment that a path names. The caller has to be able to see it.
async fn subject(call: &Call<'_>, tx: &mut Tx) -> Result<String> {
    let (kind, id) = (call.param("kind"), call.param("id"));
    let catalogue = Catalogue::load(call.app).await?;
    match kind {
        "plan" => {
            let plan = catalogue.plan_of(id).ok_or_else(|| no_plan(id))?;
            let job = jobs::jobs::require(tx, plan.id, Right::View).await;
            let job = crate::catalogue::seen(job, || no_plan(id))?;
            Ok(job.subject().to_string())
        }
        "project" | "projectplan" | "repository" | "deployment" => {
            let by_id = id.parse().ok().and_then(|id| catalogue.project(base::id::RepositoryId(id)));
            let found = by_id.or_else(|| catalogue.project_of(id));
            let found = found.filter(|_| call.actor.role != Role::Guest);
            let found = found
                .ok_or_else(|| Error::missing("bamboo.project", format!("Project {id:.200} not found")))?;
            Ok(format!("repository:{}", found.id))
        }
        "environment" => {
            let id = call.id("id")?;
            Ok(releases::environments::require(tx, EnvironmentId(id), Right::View)
                .await?
                .subject()
                .to_string())
        }
        other => Err(unknown_kind(other)),
    }
}

/// What Bamboo's words mean.
const WORDS: [(&str, &[Right]); 5] = [
    ("READ", &[Right::View, Right::Log]),
    ("VIEWCONFIGURATION", &[Right::View]),
    ("BUILD", &[Right::View, Right::Run, Right::Deploy]),
    ("WRITE", &[Right::View, Right::Edit, Right::Schedule]),
    ("ADMINISTRATION", &[Right::View, Right::Admin]),
];

/// The rights that only some nouns have: deploying is of environments, running and logs are of jobs.
fn fitting(subject: &str, right: Right) -> bool {
    match right {
        Right::Deploy => subject.starts_with("environment:"),
        Right::Log | Right::Run | Right::Schedule => !subject.starts_with("environment:"),
        _ => true,
    }
}

fn words(held: RightSet, subject: &str) -> Vec<&'static str> {
    let has = |rights: &[Right]| {
        rights.iter().filter(|right| fitting(subject, **right)).all(|right| held.contains(*right))
    };
    WORDS.iter().filter(|(_, rights)| has(rights)).map(|(word, _)| *word).collect()
}

/// The rights that the words of a body mean. Cloning is nobody's right here: whoever may read a job file may copy it.
fn asked(call: &Call<'_>, subject: &str) -> Result<RightSet> {
    let list = call.body.as_array().ok_or_else(|| {
        Error::invalid("bamboo.permissions", "Send a list of permissions, as [\"READ\", \"BUILD\"]")
    })?;
    let mut all = RightSet::NONE;
    for item in list {
        let word = item.as_str().unwrap_or_default().to_ascii_uppercase();
        if word == "CLONE" {
            continue;
        }
        let known =
            WORDS.iter().find(|(known, _)| *known == word || (*known == "ADMINISTRATION" && word == "ADMIN"));
        let (_, rights) = known.ok_or_else(|| {
            let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
            Error::invalid(
                "bamboo.permissions",
                format!("{word:.50} is no permission; there are {}", words.join(", ")),
            )
        })?;
        let fitting: Vec<Right> = rights.iter().copied().filter(|right| fitting(subject, *right)).collect();
        all = all.union(RightSet::of(&fitting));
    }
    Ok(all)
}

async fn holders(call: &Call<'_>, wants_users: bool) -> Result<Answer> {
    let mut tx = call.read().await?;
    let subject = subject(call, &mut tx).await?;
    let wanted = call.query.get("name").unwrap_or("").to_lowercase();
    let mut all = Vec::new();
    for grant in grants::list(&mut tx, &subject).await? {
        let mut record = match grant.holder {
            Holder::User(user) if wants_users => match users::opt(&mut tx, user).await? {
                Some(user) => show(&user),
                None => continue,
            },
            Holder::Team(team) if !wants_users => json!({"name": teams::get(&mut tx, team).await?.name}),
            Holder::User(_) | Holder::Team(_) => continue,
        };
        record["permissions"] = json!(words(grant.rights, &subject));
        record["editable"] = true.into();
        if record["name"].as_str().is_some_and(|name| name.to_lowercase().contains(&wanted)) {
            all.push(record);
        }
    }
    Ok(listed(call, all))
}

async fn holders_users(call: &Call<'_>) -> Result<Answer> {
    holders(call, true).await
}

async fn holders_groups(call: &Call<'_>) -> Result<Answer> {
    holders(call, false).await
}

/// What members have without a grant, where no file says otherwise; nobody comes in without signing in.
async fn holders_roles(call: &Call<'_>) -> Result<Answer> {
    let mut tx = call.read().await?;
    subject(call, &mut tx).await?;
    let signed_in = json!(["READ", "BUILD"]);
    Ok(listed(
        call,
        vec![
            json!({"name": "LOGGED_IN", "permissions": signed_in, "editable": false}),
            json!({"name": "ANONYMOUS", "permissions": [], "editable": false}),
        ],
    ))
}

async fn change(call: &Call<'_>, holder: Holder, mut tx: Tx, subject: &str, gives: bool) -> Result<Answer> {
    let asked = asked(call, subject)?;
    let old = grants::of_holder(&mut tx, subject, holder).await?;
    let new = if gives {
        old.union(asked)
    } else {
        // Seeing comes with every word: it goes with the word for it.
        let reads = call.body.as_array().into_iter().flatten().any(|word| word == "READ");
        let left: Vec<Right> =
            old.iter().filter(|right| !asked.contains(*right) || (*right == Right::View && !reads)).collect();
        RightSet::of(&left)
    };
    if new == old {
        return Ok(Answer::Empty(304));
    }
    grants::set(&mut tx, subject, holder, new).await?;
    tx.commit().await?;
    Ok(Answer::done())
}

async fn of_user(call: &Call<'_>, gives: bool) -> Result<Answer> {
    let mut tx = call.write().await?;
    let subject = subject(call, &mut tx).await?;
    let user = named(&mut tx, call.param("name")).await?;
    change(call, Holder::User(user.id), tx, &subject, gives).await
}

/// A person by address, or as Bamboo's users are called: by what stands before the `@`.
async fn named(tx: &mut Tx, name: &str) -> Result<User> {
    let found = users::find(tx, name).await;
    if name.contains('@') || found.is_ok() {
        return found;
    }
    let filter = UserFilter { query: Some(name.to_owned()), limit: 1_000, ..UserFilter::default() };
    let all = users::list(tx, &filter).await?;
    let is_meant =
        |user: &User| user.email.split('@').next().is_some_and(|own| own.eq_ignore_ascii_case(name));
    let mut meant = all.into_iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        _ => found,
    }
}

async fn of_group(call: &Call<'_>, gives: bool) -> Result<Answer> {
    let mut tx = call.write().await?;
    let subject = subject(call, &mut tx).await?;
    let name = call.param("name");
    let found = teams::list(&mut tx).await?.into_iter().find(|team| team.name.eq_ignore_ascii_case(name));
    let team =
        found.ok_or_else(|| Error::missing("bamboo.group", format!("There is no group {name:.100}")))?;
    change(call, Holder::Team(team.id), tx, &subject, gives).await
}

async fn grant_user(call: &Call<'_>) -> Result<Answer> {
    of_user(call, true).await
}

async fn revoke_user(call: &Call<'_>) -> Result<Answer> {
    of_user(call, false).await
}

async fn grant_group(call: &Call<'_>) -> Result<Answer> {
    of_group(call, true).await
}

async fn revoke_group(call: &Call<'_>) -> Result<Answer> {
    of_group(call, false).await
}
