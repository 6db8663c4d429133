//! The settings of an environment: what it is called, where its commits come from, who may do what.

use super::list::{REPOSITORIES, after_choice, busy_choice, chosen, repository_choice};
use crate::environments::{self, Environment, EnvironmentChange, IfBusy};
use crate::words;
use axum::extract::State;
use axum::response::Response;
use base::id::{RepositoryId, TeamId, UserId};
use base::{Error, Right};
use db::Tx;
use maud::{Markup, html};
use people::RightSet;
use people::grants::{self, Holder};
use people::users::{self, UserFilter};
use serde::Deserialize;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Form, Path, Result};

/// The rights that mean something for an environment, with what each allows.
const RIGHTS: [(Right, &str); 5] = [
    (Right::View, "see it"),
    (Right::Lock, "lock and release"),
    (Right::Deploy, "deploy"),
    (Right::Override, "pass a blocker"),
    (Right::Admin, "change these settings"),
];

/// People that a choice offers.
const PEOPLE: usize = 200;

/// Who holds what, with their names.
struct Granted {
    holder: Holder,
    name: String,
    rights: RightSet,
}

/// The page.
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Admin).await?;
    let repositories = repos::repository::list(&mut tx, 0, REPOSITORIES).await?;
    let all = environments::list(&mut tx).await?;
    let granted = granted(&mut tx, &environment).await?;
    let people = users::list(&mut tx, &UserFilter { limit: PEOPLE, ..UserFilter::default() }).await?;
    let teams = people::teams::list(&mut tx).await?;
    let home = format!("/environments/{}", environment.name);
    let content = html! {
        form.stack method="post" action={ (home) "/settings" } data-morph {
            (ui::refusal())
            (ui::field("Name", "name", "text", &environment.name, "Commands and addresses use it; change those too.", None))
            (repository_choice(&repositories, Some(environment.repository)))
            (after_choice(&all, Some(environment.id), environment.after))
            (busy_choice(environment.if_busy))
            div.ticks {
                (ui::tick("enabled", "1", environment.enabled, "Deployments are possible"))
                (ui::tick("restricted", "1", environment.restricted, "Locking and deploying takes a right of its own"))
            }
            (ui::field("Why it is switched off", "disabled_reason", "text", &environment.disabled_reason, "Said to everybody who wants to deploy while it is off.", None))
            div.row { button.btn.primary { "Save settings" } a.btn.quiet href=(home) { "Cancel" } }
        }
        section.block #rights {
            div.block-head { h2 { "Who may do what" } }
            p.dim {
                @if environment.restricted { "Members see it. Locking and deploying takes a right from this list; administrators may do everything." }
                @else { "Members see it, lock it and deploy to it; administrators may do everything. This list gives more, to them or to guests." }
            }
            @if !granted.is_empty() {
                ul.rows {
                    @for grant in &granted {
                        li.item {
                            span.grow { b { (grant.name) } " may " (words::both(&RIGHTS.iter().filter(|(right, _)| grant.rights.contains(*right)).map(|(_, says)| *says).collect::<Vec<_>>())) }
                            form method="post" action={ (home) "/rights" } data-morph="#rights" {
                                input type="hidden" name="holder" value=(coded(grant.holder));
                                button.btn.quiet.sm aria-label={ "Take the rights from " (grant.name) } { "Take away" }
                            }
                        }
                    }
                }
            }
            form.stack method="post" action={ (home) "/rights" } data-morph="#rights" {
                (ui::refusal())
                label.field {
                    span { "Give rights to" }
                    select.input name="holder" {
                        optgroup label="Teams" { @for team in &teams { (ui::option(&coded(Holder::Team(team.id)), &team.name, false)) } }
                        optgroup label="People" { @for person in &people { (ui::option(&coded(Holder::User(person.id)), &person.name, false)) } }
                    }
                }
                fieldset.ticks { legend.vh { "What they may do" } @for (right, says) in RIGHTS { (ui::tick(right.as_str(), "1", matches!(right, Right::View), says)) } }
                div.row { button.btn { "Give rights" } }
            }
        }
    };
    let page = Page::new("Settings")
        .crumb("Environments", "/environments")
        .crumb(words::capital(&environment.name), home);
    Ok(frame.page(page.reading(content)))
}

async fn granted(tx: &mut Tx, environment: &Environment) -> base::Result<Vec<Granted>> {
    let found = grants::list(tx, &environment.subject().to_string()).await?;
    let ids: Vec<UserId> = found
        .iter()
        .filter_map(|grant| if let Holder::User(id) = grant.holder { Some(id) } else { None })
        .collect();
    let users = users::by_ids(tx, &ids).await?;
    let teams = people::teams::list(tx).await?;
    Ok(found
        .into_iter()
        .map(|grant| Granted {
            name: match grant.holder {
                Holder::User(id) => users.get(&id).map(|user| user.name.clone()),
                Holder::Team(id) => teams.iter().find(|team| team.id == id).map(|team| team.name.clone()),
            }
            .unwrap_or_else(|| "somebody who is gone".to_owned()),
            holder: grant.holder,
            rights: grant.rights,
        })
        .collect())
}

fn coded(holder: Holder) -> String {
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

/// What the form sends; a box that is not ticked is absent.
#[derive(Debug, Deserialize)]
pub(super) struct Changed {
    name: String,
    repository: RepositoryId,
    #[serde(default)]
    after: String,
    if_busy: IfBusy,
    restricted: Option<String>,
    enabled: Option<String>,
    #[serde(default)]
    disabled_reason: String,
}

/// Changes the environment.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(form): Form<Changed>,
) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Admin).await?;
    repos::repository::get(&mut tx, form.repository).await?;
    let change = EnvironmentChange {
        name: Some(form.name.trim().to_owned()),
        repository: Some(form.repository),
        after: Some(chosen(&form.after)?),
        enabled: Some(form.enabled.is_some()),
        disabled_reason: Some(form.disabled_reason.trim().to_owned()),
        restricted: Some(form.restricted.is_some()),
        if_busy: Some(form.if_busy),
    };
    let changed = environments::change(&mut tx, environment.id, change).await?;
    tx.commit().await?;
    let text = match (environment.enabled, changed.enabled) {
        (true, false) => format!("{} is switched off", words::capital(&changed.name)),
        (false, true) => format!("{} is switched on", words::capital(&changed.name)),
        _ => format!("The settings of {} are saved", changed.name),
    };
    Ok(ui::done(&format!("/environments/{}", changed.name), &text))
}

/// Who is to have which rights; none of them takes all away.
#[derive(Debug, Deserialize)]
pub(super) struct Grant {
    holder: String,
    view: Option<String>,
    lock: Option<String>,
    deploy: Option<String>,
    r#override: Option<String>,
    admin: Option<String>,
}

/// Gives or takes rights.
pub(super) async fn grant(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Form(form): Form<Grant>,
) -> Result<Response> {
    let holder = holder(&form.holder)?;
    let given = [
        (form.view, Right::View),
        (form.lock, Right::Lock),
        (form.deploy, Right::Deploy),
        (form.r#override, Right::Override),
        (form.admin, Right::Admin),
    ];
    let rights: Vec<Right> = given.into_iter().filter_map(|(ticked, right)| ticked.map(|_| right)).collect();
    let mut tx = app.db.write(&actor).await?;
    let environment = environments::named(&mut tx, &name, Right::Admin).await?;
    let subject = environment.subject().to_string();
    let text = if rights.is_empty() {
        grants::revoke(&mut tx, &subject, holder).await?;
        "The rights are taken away"
    } else {
        // Whoever may do anything there sees it.
        grants::set(&mut tx, &subject, holder, RightSet::of(&rights).with(Right::View)).await?;
        "The rights are given"
    };
    tx.commit().await?;
    Ok(ui::done(&format!("/environments/{}/settings", environment.name), text))
}
