//! The schedules of a job: what is to come, and what became of every fire.

use crate::cron::{self, decide::Decision};
use crate::jobs::Definition;
use crate::schedules::freeze::{self, Around};
use crate::schedules::{Fire, Schedule};
use crate::words::{self, Reader};
use maud::{Markup, html};
use web::ui::{self, Aspect};

/// Fires to come that are listed of one schedule.
const UPCOMING: usize = 5;

/// What a decision is called, and what its lamp shows.
fn decided(decision: Decision) -> (Aspect, &'static str) {
    match decision {
        Decision::Start => (Aspect::Green, "Started"),
        Decision::Buffer => (Aspect::Green, "Started after the run before"),
        Decision::BufferReplacing => (Aspect::Green, "Started in the place of one that waited"),
        Decision::CancelOther => (Aspect::Amber, "Started, and cancelled the run before"),
        Decision::TerminateOther => (Aspect::Amber, "Started, and killed the run before"),
        Decision::SkipOverlap => (Aspect::Idle, "Skipped: the run before was still there"),
        Decision::SkipMissed => (Aspect::Amber, "Missed"),
        Decision::SkipPaused => (Aspect::Idle, "Skipped: paused"),
        Decision::SkipWindow => (Aspect::Idle, "Skipped: excluded by a calendar"),
        Decision::SkipFrozen => (Aspect::Idle, "Skipped: frozen"),
        Decision::SkipDisabled => (Aspect::Idle, "Skipped: switched off"),
    }
}

/// The schedules with their next fires.
pub(super) fn upcoming(
    definition: &Definition,
    all: &[Schedule],
    (is_paused, frozen): (bool, &[Around]),
    reader: Reader<'_>,
) -> Markup {
    let coming = |clock: &cron::Schedule| {
        let mut fires = clock.preview(reader.now, UPCOMING);
        freeze::mark(&mut fires, frozen, reader.now);
        fires
    };
    html! {
        section.fires {
            div.block-head { h2 { "Schedule" } }
            @for freeze in &definition.model.freeze { p.t-s.dim { "Frozen " (freeze.in_words()) "." } }
            @if all.is_empty() { p.dim { "No clock starts it: " (others(definition)) "." } }
            @for schedule in all {
                @let clock = cron::Schedule::of(&definition.model, &schedule.trigger).ok();
                p {
                    b.strong { (words::capital(&clock.as_ref().map(cron::Schedule::in_words).unwrap_or_default())) }
                    " " span.mono.faint.nowrap { (schedule.trigger.expression) }
                    @if !schedule.trigger.enabled { " " (ui::chip("", "Switched off")) }
                }
                @if let Some(clock) = clock.filter(|_| schedule.next_at.is_some()) {
                    ul.rows {
                        @for fire in coming(&clock) {
                            li.item {
                                (ui::lamp(Aspect::Idle))
                                span.grow { (reader.at(fire.at)) @if !reader.shows(fire.at, &fire.local) { " " span.t-s.faint { (fire.local) } } }
                                @if let Some(calendar) = &fire.excluded_by { span.t-s.dim { "not on a day in " (calendar) } }
                                @else if is_paused { span.t-s.dim { "paused" } }
                                @else if let Some(why) = &fire.frozen { span.t-s.dim title=(why) { "frozen" } }
                            }
                        }
                    }
                } @else { p.dim { "Nothing is to come." } }
            }
        }
    }
}

/// What else starts it.
fn others(definition: &Definition) -> String {
    use crate::file::Trigger;
    let mut all: Vec<String> = definition
        .model
        .triggers
        .iter()
        .filter_map(|trigger| match trigger {
            Trigger::Push(_) => Some("pushes".to_owned()),
            Trigger::Webhook(_) => Some("webhooks".to_owned()),
            Trigger::After(after) => Some(format!("the end of {}", after.job)),
            Trigger::Cron(_) | Trigger::Manual => None,
        })
        .collect();
    all.push("people".to_owned());
    format!("{} do", all.join(", "))
}

/// Every fire with what was decided, and why.
pub(super) fn past(fires: &[Fire], reader: Reader<'_>) -> Markup {
    html! {
        @if !fires.is_empty() {
            section.block {
                div.block-head { h2 { "Every fire accounted for" } }
                ul.rows {
                    @for fire in fires {
                        @let (aspect, says) = decided(fire.decision);
                        li.item {
                            (ui::lamp(aspect))
                            span.grow {
                                span.num { (reader.at(fire.scheduled_at)) } " " (says)
                                @if !fire.reason.is_empty() { span.t-s.dim.under { (words::sentence(&fire.reason)) } }
                            }
                            @if let Some(run) = fire.run { a.t-s href={ "/runs/" (run) } { "Its run" } }
                        }
                    }
                }
            }
        }
    }
}
