//! A project as a calendar: a month of what is due.

use super::asked::Asked;
use super::load::Loaded;
use crate::tasks::pages::common::title;
use crate::tasks::pages::rows::{Rows, tick, tools};
use crate::tasks::shown::{Shown, Sort, shown};
use crate::tasks::{self, FullTask, Want};
use base::jiff::ToSpan;
use base::jiff::civil::Weekday;
use base::{Date, Result};
use db::Tx;
use maud::{Markup, html};
use web::ui;

/// More than a month shows well.
const MOST: usize = 500;

/// The month that is asked for.
pub(super) fn month(asked: &Asked, today: Date) -> Date {
    format!("{}-01", asked.month).parse::<Date>().unwrap_or_else(|_| today.first_of_month())
}

/// The first day that a month's page shows: a Monday.
fn first(month: Date) -> Date {
    let before = i32::from(month.weekday().since(Weekday::Monday));
    month.checked_sub(before.days()).unwrap_or(month)
}

/// What is due in that month, whoever is to do it.
pub(super) async fn due(tx: &mut Tx, loaded: &Loaded, asked: &Asked, today: Date) -> Result<Vec<FullTask>> {
    let from = first(month(asked, today));
    let wanted = Shown {
        project: Some(loaded.full.project.id),
        completed: if asked.done.is_empty() { Some(false) } else { None },
        due_from: Some(from),
        due_to: from.checked_add(41.days()).ok(),
        sort: Sort::Due,
        limit: MOST,
        ..Shown::default()
    };
    let found = shown(tx, &wanted).await?.items.into_iter().map(|(task, _)| task).collect();
    tasks::fill(tx, found, &Want { people: true, ..Want::default() }).await
}

/// The month with its tools.
pub(super) fn calendar(loaded: &Loaded, asked: &Asked, rows: &Rows<'_>, due: &[FullTask]) -> Markup {
    let (project, today) = (loaded.full.project.id, rows.frame.today());
    let month = month(asked, today);
    let link = |by: i32| {
        let other = month.checked_add(by.months()).unwrap_or(month);
        asked.link(project, &[("month", &other.strftime("%Y-%m").to_string()), ("task", "")])
    };
    let days: Vec<Date> = first(month).series(1.day()).take(42).collect();
    let weeks = days.chunks(7).filter(|week| week.iter().any(|day| day.month() == month.month()));
    html! {
        div #list data-live={ "project." (project) } data-project=(project) {
            div.row.month-head {
                h2 { (month.strftime("%B %Y")) }
                a.btn.quiet.icon.sm.push href=(link(-1)) data-pane="" aria-label="Month before" { (ui::icon("chevron-left")) }
                a.btn.sm href=(asked.link(project, &[("month", "")])) data-pane="" { "Today" }
                a.btn.quiet.icon.sm href=(link(1)) data-pane="" aria-label="Month after" { (ui::icon("chevron-right")) }
            }
            div.month-scroll tabindex="0" role="group" aria-label=(month.strftime("%B %Y")) {
                div.month-days aria-hidden="true" { @for day in days.iter().take(7) { span { (day.strftime("%a")) } } }
                @for week in weeks {
                    ul.month {
                        @for day in week {
                            @let own: Vec<&FullTask> = due.iter().filter(|full| full.task.due_on == Some(*day)).collect();
                            li.away[day.month() != month.month()].today[*day == today] data-drop-due=(day) {
                                time datetime=(day) { span.vh { (day.strftime("%A ")) } (day.day()) @if day.day() == 1 { (day.strftime(" %b")) } }
                                ul { @for full in own { (entry(rows, full)) } }
                            }
                        }
                    }
                }
            }
            @if due.is_empty() { p.note { "Nothing is due in this month. Tasks appear here on the day they are due." } }
        }
        (tools(&[]))
    }
}

fn entry(rows: &Rows<'_>, full: &FullTask) -> Markup {
    html! {
        li.entry.is-done[full.task.is_completed()] id={ "t-" (full.task.id) } data-task=(full.task.id) draggable=[rows.can_edit.then_some("true")]
            aria-current=[(rows.current == Some(full.task.id)).then_some("true")] {
            (tick(&full.task, rows.can_edit))
            a.clip href={ (rows.open) (full.task.id) } data-pane="" { (title(&full.task.name)) }
            @if let Some(who) = &full.assignee { (ui::avatar(who.id, &who.name, "sm")) span.vh { (who.name) } }
        }
    }
}
