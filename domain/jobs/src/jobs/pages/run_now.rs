//! Starting a run by hand: a field for each parameter that the job's file asks for.

use crate::file::{Param, ParamKind};
use crate::jobs::{self, Job};
use crate::runs::{self, api::starting};
use crate::schedules::Pass;
use crate::schedules::freeze::{self, Hold};
use axum::extract::State;
use axum::response::Response;
use base::Right;
use maud::{Markup, html};
use people::rights::RightSet;
use std::collections::BTreeMap;
use web::ui::{self, Frame, Page};
use web::{App, Auth, Pairs, Path, Result};

/// What the name of a parameter's field begins with.
const FIELD: &str = "param-";

/// What stands in the way of a run, and whether the reader may pass it.
pub(super) struct Frozen<'a> {
    holds: &'a [Hold],
    may_pass: bool,
}

impl<'a> Frozen<'a> {
    pub(super) fn of(holds: &'a [Hold], rights: RightSet) -> Self {
        Self { holds, may_pass: rights.contains(Right::Schedule) }
    }
}

fn frozen_note(job: &Job, frozen: &Frozen<'_>) -> Markup {
    html! {
        @for hold in frozen.holds {
            p.note { (job.title) " is " (hold.sentence) "." }
            @if frozen.may_pass { input type="hidden" name="override" value=(hold.mark); }
        }
        @if !frozen.holds.is_empty() && frozen.may_pass {
            label.field {
                span { "Why it is to run all the same" }
                textarea.input name="reason" rows="2" maxlength="10000" required {}
            }
        }
    }
}

/// The form; in a dialog it morphs the page under it.
pub(super) fn fields(job: &Job, params: &[Param], frozen: &Frozen<'_>, in_dialog: bool) -> Markup {
    let may_start = frozen.holds.is_empty() || frozen.may_pass;
    html! {
        form method="post" action={ "/jobs/" (job.name) "/run" } data-morph[in_dialog] {
            div.dlg-body {
                @if in_dialog { div { h2 #run-title { "Run " (job.title) } } }
                (ui::refusal())
                (frozen_note(job, frozen))
                @for param in params { (field(param)) }
                label.field {
                    span { "Branch, tag or commit " span.faint { "(the default branch, when empty)" } }
                    input.input.mono name="ref" autocomplete="off" spellcheck="false";
                }
            }
            div.dlg-foot {
                @if in_dialog { button.btn.quiet type="button" data-close { "Cancel" } } @else { a.btn.quiet href={ "/jobs/" (job.name) } { "Cancel" } }
                @if may_start {
                    button.btn.primary { (ui::icon("play")) " Run " (job.title) @if !frozen.holds.is_empty() { " all the same" } }
                }
            }
        }
    }
}

fn field(param: &Param) -> Markup {
    let name = format!("{FIELD}{}", param.name);
    let title = if param.title.is_empty() { &param.name } else { &param.title };
    let value = param.default.as_deref().unwrap_or_default();
    let (least, most) = (param.least.map(|n| n.to_string()), param.most.map(|n| n.to_string()));
    html! {
        label.field {
            span { (title) @if !param.required { " " span.faint { "(optional)" } } }
            @match param.kind {
                ParamKind::Choice => select.input name=(name) {
                    @if !param.required && value.is_empty() { (ui::option("", "", true)) }
                    @for choice in &param.choices { (ui::option(choice, choice, choice == value)) }
                },
                ParamKind::Boolean => select.input name=(name) {
                    @if value.is_empty() { (ui::option("", "", true)) }
                    (ui::option("true", "yes", value == "true"))
                    (ui::option("false", "no", value == "false"))
                },
                ParamKind::Date => input.input type="date" name=(name) value=(value) required[param.required];,
                ParamKind::Integer => input.input type="number" step="1" name=(name) value=(value) min=[least] max=[most] required[param.required];,
                ParamKind::Number => input.input type="number" step="any" name=(name) value=(value) min=[least] max=[most] required[param.required];,
                ParamKind::Text => input.input name=(name) value=(value) pattern=[param.pattern.as_ref()] required[param.required];,
            }
            @if !param.description.is_empty() { small { (param.description) } }
        }
    }
}

/// The same, for who has no dialogs.
pub(super) async fn form(State(app): State<App>, Path(name): Path<String>, frame: Frame) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let job = jobs::named(&mut tx, &name, Right::Run).await?;
    let definition = jobs::definition(&mut tx, job.definition).await?;
    let page = Page::new(format!("Run {}", job.title)).crumb("Jobs", "/jobs");
    let holds = freeze::now(&mut tx, &definition.model.freeze).await?;
    let rights = jobs::rights(&mut tx, &job).await?;
    let form = fields(&job, &definition.model.params, &Frozen::of(&holds, rights), false);
    Ok(frame.page(page.reading(html! { div.box { (form) } })))
}

/// Starts a run; leads to it.
pub(super) async fn run(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    given: Pairs,
) -> Result<Response> {
    let params: BTreeMap<String, String> = given
        .0
        .iter()
        .filter_map(|(field, value)| Some((field.strip_prefix(FIELD)?, value)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    let marks: Vec<String> =
        given.0.iter().filter(|(field, _)| field == "override").map(|(_, mark)| mark.clone()).collect();
    let (job, mut ask) = starting::asked(&app, &actor, &name, given.filled("ref"), params).await?;
    ask.pass = (!marks.is_empty())
        .then(|| Pass { marks, reason: given.filled("reason").unwrap_or_default().to_owned() });
    let mut tx = app.db.write(&actor).await?;
    let run = runs::ask(&mut tx, job.id, ask).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("/runs/{}", run.id), &format!("Run {} of {} is started", run.number, job.title)))
}
