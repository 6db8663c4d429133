//! Who may do what in an environment.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::id::{EnvironmentId, TeamId, UserId};
use base::{Error, Right};
use db::Tx;
use maud::{Markup, html};
use people::RightSet;
use people::grants::{self, Grant, Holder};
use people::teams::{self, Team};
use people::users::{self, User, UserFilter};
use releases::environments::{self, Environment};
use web::ui::{self, Frame, Page, done};
use web::{App, Auth, Pairs, Path, Result};

const HERE: &str = "/settings/environments";
/// People offered in one list.
const OFFERED: usize = 500;

pub(super) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/settings/environments/{environment}", get(one).post(set))
        .route("/settings/environments/{environment}/take/{holder}", post(take))
}

/// What a right lets somebody do in an environment.
fn meaning(right: Right) -> &'static str {
    match right {
        Right::View => "see it",
        Right::Comment => "comment",
        Right::Edit => "change its tasks",
        Right::Admin => "change its settings and rights",
        Right::Deploy => "deploy",
        Right::Lock => "lock and release",
        Right::Override => "override",
        Right::Log | Right::Run | Right::Schedule | Right::Secrets => "nothing here: this is for jobs",
    }
}

/// What can be granted in an environment; the others are for jobs.
const GRANTABLE: [Right; 7] =
    [Right::View, Right::Comment, Right::Edit, Right::Admin, Right::Deploy, Right::Lock, Right::Override];

fn for_members(environment: &Environment) -> &'static str {
    if environment.restricted {
        "see it; the rest takes a right of their own"
    } else {
        "see it, comment, deploy, lock and release"
    }
}

async fn list(State(app): State<App>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let all = environments::list(&mut tx).await?;
    let content = html! {
        @if all.is_empty() { div.empty { p { "There is no environment yet. Each is a place that deployments go to." } p { a.btn href="/environments" { "Make an environment" } } } }
        ul.rows { @for environment in &all { li { a.item href={ (HERE) "/" (environment.id) } {
            span.grow { span.strong { (environment.name) } br; span.dim { "Members may " (for_members(environment)) "." } }
            @if environment.restricted { (ui::chip("", "restricted")) }
            (ui::icon("chevron-right"))
        } } } }
    };
    Ok(ui::settings(&frame, Page::new("Environments"), HERE, content))
}

/// What the page of one environment shows.
struct Shown<'a> {
    environment: &'a Environment,
    /// What the reader holds, and so may give.
    own: RightSet,
    runs: bool,
    people: Vec<User>,
    teams: Vec<Team>,
}

impl Shown<'_> {
    fn name(&self, holder: Holder) -> String {
        let found = match holder {
            Holder::User(id) => self.people.iter().find(|user| user.id == id).map(|user| user.name.clone()),
            Holder::Team(id) => {
                self.teams.iter().find(|team| team.id == id).map(|team| format!("Team {}", team.name))
            }
        };
        found.unwrap_or_else(|| "somebody who is not here any more".to_owned())
    }

    fn path(&self) -> String {
        format!("{HERE}/{}", self.environment.id)
    }
}

fn key(holder: Holder) -> String {
    match holder {
        Holder::User(id) => format!("user:{id}"),
        Holder::Team(id) => format!("team:{id}"),
    }
}

fn holder(text: &str) -> base::Result<Holder> {
    match text.split_once(':') {
        Some(("user", id)) => Ok(Holder::User(id.parse::<UserId>()?)),
        Some(("team", id)) => Ok(Holder::Team(id.parse::<TeamId>()?)),
        _ => Err(Error::invalid("grant.holder", "Choose a person or a team")),
    }
}

async fn one(State(app): State<App>, frame: Frame, Path(id): Path<EnvironmentId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let environment = environments::require(&mut tx, id, Right::View).await?;
    let subject = environment.subject().to_string();
    // What was granted, not what every member has anyway: only that can be passed on.
    let own = people::rights::on(&mut tx, &subject).await?;
    let grants = grants::list(&mut tx, &subject).await?;
    let shown = Shown {
        environment: &environment,
        own,
        runs: own.contains(Right::Admin),
        people: users::list(&mut tx, &UserFilter { limit: OFFERED, ..UserFilter::default() }).await?,
        teams: teams::list(&mut tx).await?,
    };
    let content = html! {
        p.lead { "Administrators may do everything. Members may " (for_members(&environment)) ". Guests may nothing that is not given to them." }
        @if !shown.runs { p.note { "You may look at this. Changing it takes the right to admin here, or an administrator." } }
        @if grants.is_empty() { (ui::empty("Nobody has been given a right of their own here.")) }
        @for grant in &grants { (row(&shown, grant)) }
        @if shown.runs { (give(&shown, &grants)) }
        @if shown.runs {
            p.note { "Its name, its repository and whether it is restricted are in "
                a href={ "/environments/" (environment.name) "/settings" } { "the settings of " (environment.name) } "." }
        }
    };
    let page = Page::new("Rights")
        .crumb("Environments", HERE)
        .crumb(&environment.name, format!("/environments/{}", environment.name));
    Ok(ui::settings(&frame, page, HERE, content))
}

/// One holder with a box for each right. What the reader does not hold cannot be given, so it is not offered; what the holder has
/// of it already is named, because only somebody who holds it could leave it in place.
fn row(shown: &Shown, grant: &Grant) -> Markup {
    let name = shown.name(grant.holder);
    let beyond: Vec<&str> =
        grant.rights.iter().filter(|right| !shown.own.contains(*right)).map(meaning).collect();
    html! {
        section.question id={ "of-" (key(grant.holder).replace(':', "-")) } {
            div.row { h2.grow.long { (name) }
                @if shown.runs { (ui::press_icon(&format!("{}/take/{}", shown.path(), key(grant.holder)), "x", &format!("Take every right away from {name}"))) } }
            @if shown.runs && beyond.is_empty() {
                form.form.wide method="post" action=(shown.path()) data-morph {
                    input type="hidden" name="holder" value=(key(grant.holder));
                    fieldset { legend.vh { (name) " may" } (ticks(shown, grant.rights)) }
                    (ui::refusal())
                    div.row { button.btn.sm aria-label={ "Save the rights of " (name) } { "Save" } }
                }
            } @else {
                p.dim { "May " (grant.rights.iter().map(meaning).collect::<Vec<_>>().join(", ")) "." }
                @if shown.runs { p.t-s.dim { "You do not hold all of it, so you can take it away but not change it." } }
            }
        }
    }
}

fn ticks(shown: &Shown, on: RightSet) -> Markup {
    html! { div.ticks { @for right in GRANTABLE.iter().filter(|right| shown.own.contains(**right)) { (ui::tick("right", right.as_str(), on.contains(*right), meaning(*right))) } } }
}

fn give(shown: &Shown, grants: &[Grant]) -> Markup {
    let has = |holder: Holder| grants.iter().any(|grant| grant.holder == holder);
    html! {
        section.block #give {
            div.block-head { h2 { "Give rights" } }
            form.form.wide method="post" action=(shown.path()) data-morph {
                label.field { span { "To" } select.input name="holder" {
                    optgroup label="People" { @for user in shown.people.iter().filter(|user| !has(Holder::User(user.id))) { (ui::option(&key(Holder::User(user.id)), &user.name, false)) } }
                    optgroup label="Teams" { @for team in shown.teams.iter().filter(|team| !has(Holder::Team(team.id))) { (ui::option(&key(Holder::Team(team.id)), &team.name, false)) } }
                } }
                fieldset { legend { "They may" } (ticks(shown, RightSet::of(&[Right::View]))) }
                p.t-s.dim { "Nobody grants what they lack: only what you may do yourself is offered." }
                (ui::refusal())
                div.row { button.btn.primary { "Give rights" } }
            }
        }
    }
}

async fn name_of(tx: &mut Tx, holder: Holder) -> base::Result<String> {
    Ok(match holder {
        Holder::User(user) => users::get(tx, user).await?.name,
        Holder::Team(team) => teams::get(tx, team).await?.name,
    })
}

async fn set(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(id): Path<EnvironmentId>,
    pairs: Pairs,
) -> Result<Response> {
    let holder = holder(pairs.get("holder"))?;
    let rights = pairs.all("right").map(Right::parse).collect::<base::Result<Vec<_>>>()?;
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::require(&mut tx, id, Right::View).await?;
    let name = name_of(&mut tx, holder).await?;
    grants::set(&mut tx, &environment.subject().to_string(), holder, RightSet::of(&rights)).await?;
    tx.commit().await?;
    let may: Vec<&str> = RightSet::of(&rights).iter().map(meaning).collect();
    let said = if may.is_empty() {
        format!("{name} has no right of their own here any more")
    } else {
        format!("{name} may {}", may.join(", "))
    };
    Ok(done(&format!("{HERE}/{id}"), &said))
}

async fn take(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((id, text)): Path<(EnvironmentId, String)>,
) -> Result<Response> {
    let holder = holder(&text)?;
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::require(&mut tx, id, Right::View).await?;
    grants::revoke(&mut tx, &environment.subject().to_string(), holder).await?;
    tx.commit().await?;
    Ok(done(&format!("{HERE}/{id}"), "The rights are taken away"))
}
