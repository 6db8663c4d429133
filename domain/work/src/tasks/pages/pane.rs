//! A task: the same markup in the pane beside a list and as a page of its own.

use super::common::{due, is_late, title};
use super::load::Around;
use super::rows::{begin, control, small_icon, tick, value_markup};
use super::ties::{homes, tags, task_chip, waits};
use super::{files, talk};
use crate::fields::{Entry, FieldKind, FieldValue};
use crate::tasks::{Approval, Task, TaskKind};
use base::Right;
use maud::{Markup, PreEscaped, html};
use web::ui::{self, Frame};

/// Where the task is shown.
pub(crate) enum Shown {
    /// Beside a list; the address closes the pane.
    Pane(String),
    /// Alone.
    Page,
}

/// What forms of the pane bring up to date.
pub(super) const REGIONS: &str = "#task #list";

/// The whole of it, with what other domains know beside it.
pub(crate) fn pane(
    frame: &Frame,
    around: &Around,
    beside: &[(&str, Markup)],
    shown: &Shown,
    link: &str,
) -> Markup {
    let live = format!("task.{}", around.full.task.id);
    let inside = html! {
        (head(frame, around, shown, link))
        div.pane-body { (body(frame, around, beside, matches!(shown, Shown::Page))) }
        (talk::say(frame, around))
    };
    html! {
        @match shown {
            Shown::Pane(_) => aside.pane #task aria-label="Task" data-live=(live) { (inside) },
            Shown::Page => article.task-page #task data-live=(live) { (inside) },
        }
    }
}

fn head(frame: &Frame, around: &Around, shown: &Shown, link: &str) -> Markup {
    let task = &around.full.task;
    let can_edit = around.can(Right::Edit);
    html! {
        div.pane-head {
            @if can_edit { (state(task)) }
            span.push {}
            (talk::heart(&format!("/tasks/{}/set", task.id), "liked", &around.full.likes, frame.actor.user, "this task"))
            @if around.can(Right::Comment) {
                form method="post" action={ "/tasks/" (task.id) "/files" } enctype="multipart/form-data" data-morph="#task" {
                    label.btn.quiet.icon.sm.attach { (ui::icon("paperclip")) input.vh type="file" name="file" multiple data-send="" aria-label="Attach files"; }
                    noscript { button.btn.sm { "Attach" } }
                }
            }
            button.btn.quiet.icon.sm type="button" data-copy=(link) aria-label="Copy link" { (ui::icon("link")) }
            @if let Shown::Pane(_) = shown { a.btn.quiet.icon.sm href={ "/tasks/" (task.id) } aria-label="Open as a page" { (ui::icon("maximize-2")) } }
            (menu(around))
            @if let Shown::Pane(close) = shown { a.btn.quiet.icon.sm href=(close) data-pane="" data-pane-close="" aria-label="Close" { (ui::icon("x")) } }
        }
    }
}

fn post(task: &Task, verb: &str, class: &str, content: Markup) -> Markup {
    html! {
        form method="post" action={ "/tasks/" (task.id) "/" (verb) } data-morph=(REGIONS) { button class=(class) { (content) } }
    }
}

/// The button of what is to be done next; an approval has three.
fn state(task: &Task) -> Markup {
    if task.kind == TaskKind::Approval && !task.is_completed() {
        return html! {
            form.row method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) {
                @for (decision, word) in [(Approval::Approved, "Approve"), (Approval::ChangesRequested, "Ask for changes"), (Approval::Rejected, "Reject")] {
                    button.btn.sm name="approval" value=(decision) { (word) }
                }
            }
        };
    }
    let decided = match task.approval {
        Some(Approval::Approved) => "Approved",
        Some(Approval::Rejected) => "Rejected",
        Some(Approval::ChangesRequested) => "Changes wanted",
        _ => "Completed",
    };
    if task.is_completed() {
        post(
            task,
            "reopen",
            "btn sm is-done",
            html! { (ui::icon("circle-check")) (decided) span.vh { ", reopen" } },
        )
    } else {
        post(task, "complete", "btn sm", html! { (ui::icon("check")) "Mark complete" })
    }
}

fn menu(around: &Around) -> Markup {
    let task = &around.full.task;
    let kinds = [
        (TaskKind::Plain, "Make it a task"),
        (TaskKind::Milestone, "Make it a milestone"),
        (TaskKind::Approval, "Make it an approval"),
    ];
    html! {
        @if around.can(Right::Edit) {
            details.menu data-keep="" {
                summary.btn.quiet.icon.sm aria-label="More" { (ui::icon("ellipsis")) }
                div.box {
                    form method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) {
                        @for (kind, word) in kinds.iter().filter(|(kind, _)| *kind != task.kind) {
                            button name="kind" value=(kind) { (word) }
                        }
                    }
                    form method="post" action={ "/tasks/" (task.id) "/duplicate" } { button { (small_icon("copy")) "Duplicate task" } }
                    form method="post" action={ "/tasks/" (task.id) "/delete" } data-morph="" { button.r { (small_icon("trash-2")) "Delete task" } }
                }
            }
        }
    }
}

fn body(frame: &Frame, around: &Around, beside: &[(&str, Markup)], is_alone: bool) -> Markup {
    let (task, can_edit) = (&around.full.task, around.can(Right::Edit));
    let done = around.subtasks.iter().filter(|sub| sub.task.is_completed()).count();
    html! {
        // Beside a list its form serves both.
        @if is_alone { form #tick method="post" action="/tasks/tick" data-morph=(REGIONS) {} }
        @if let Some(parent) = &around.full.parent { p.t-s { a href={ "/tasks/" (parent.id) } { (title(&parent.name)) } span.faint { " / part of it" } } }
        @if can_edit {
            (name_heading(task, "vh", is_alone))
            form method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) {
                textarea.titleedit.plain #title name="name" rows="1" aria-label="Name" placeholder="Untitled task" data-save="" data-one-line="" { (task.name) }
                span.form-problem hidden role="alert" {}
                noscript { button.btn.sm { "Save name" } }
            }
        } @else { (name_heading(task, "titleedit", is_alone)) }
        dl.kv {
            (row(task, can_edit, "Assignee", "assignee", assignee(around)))
            (row(task, can_edit, "Due", "due", when(frame, around)))
            @if task.start_on.is_some() || (can_edit && task.due_on.is_some() && task.kind != TaskKind::Milestone) {
                @let start = task.start_on.map(|day| frame.day(day)).unwrap_or_default();
                (row(task, can_edit, "Start", "start", html! {
                    @if can_edit { input.plain name="start" value=(start) placeholder="None" aria-label="Start" autocomplete="off" data-save=""; } @else { (start) }
                }))
            }
            dt { "Projects" } dd { (homes(around)) }
            @for entry in around.full.fields.iter().filter(|entry| entry.enabled || entry.value.is_some()) { (field(frame, around, entry)) }
            @for (name, shown) in beside { dt { (name) } dd { (shown) } }
            @if can_edit || !around.full.tags.is_empty() { dt { "Tags" } dd { (tags(around)) } }
            @if can_edit || !around.waits_for.is_empty() { dt { "Waits for" } dd { (waits(around)) } }
            @if !around.waited_by.is_empty() {
                dt { "Holds up" }
                dd { @for other in &around.waited_by { (task_chip(other)) } }
            }
        }
        (description(around, is_alone))
        @if can_edit || !around.subtasks.is_empty() {
            h3 { "Subtasks " @if !around.subtasks.is_empty() { span.faint { (done) " of " (around.subtasks.len()) } } }
            ul.subs {
                @for sub in &around.subtasks {
                    li.sub.is-done[sub.task.is_completed()] {
                        (tick(&sub.task, can_edit))
                        a.grow.clip.plain href={ "/tasks/" (sub.task.id) } { (title(&sub.task.name)) }
                        @if sub.task.due_on.is_some() { span.t-s.dim.late[is_late(frame, &sub.task)] { (due(frame, &sub.task)) } }
                        @if let Some(who) = &sub.assignee { (ui::avatar(who.id, &who.name, "sm")) span.vh { (who.name) } }
                    }
                }
            }
            @if can_edit {
                form.tk-add method="post" action={ "/tasks/" (task.id) "/subtasks" } data-morph=(REGIONS) data-reset="" {
                    (ui::icon("plus"))
                    input.plain #subtask name="line" placeholder="Add subtask" aria-label="Add a subtask" autocomplete="off" data-mention="" required;
                    span.form-problem hidden role="alert" {}
                }
            }
        }
        (files::list(task.id, &around.files, can_edit))
        (talk::talk(frame, around))
    }
}

/// The name as a heading: of the page when it is one, below the list's otherwise.
fn name_heading(task: &Task, class: &str, is_alone: bool) -> Markup {
    html! {
        @if is_alone { h1 class=(class) tabindex="-1" { (title(&task.name)) } }
        @else { h2 class=(class) tabindex="-1" { (title(&task.name)) } }
    }
}

/// A field and its form. The field has an id of its own, so that a cell of the list can lead to it.
fn row(task: &Task, can_edit: bool, name: &str, key: &str, control: Markup) -> Markup {
    html! {
        dt { (name) }
        dd.edit[can_edit] id={ "f-" (key) } {
            @if can_edit {
                form method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) {
                    (control)
                    noscript { button.btn.sm { "Save" } }
                    span.form-problem hidden role="alert" {}
                }
            } @else { (control) }
        }
    }
}

fn assignee(around: &Around) -> Markup {
    let (who, can_edit) = (&around.full.assignee, around.can(Right::Edit));
    html! {
        @if let Some(who) = who { (ui::avatar(who.id, &who.name, "")) }
        @if can_edit {
            input.plain name="assignee" value=(who.as_ref().map_or("", |who| who.name.as_str())) placeholder="Nobody" aria-label="Assignee"
                autocomplete="off" data-suggest="people" data-save="";
        } @else { (who.as_ref().map_or("Nobody", |who| who.name.as_str())) }
    }
}

fn when(frame: &Frame, around: &Around) -> Markup {
    let task = &around.full.task;
    html! {
        @if around.can(Right::Edit) {
            input.plain.late[is_late(frame, task)] name="due" value=(due(frame, task)) placeholder="No date" aria-label="Due"
                autocomplete="off" data-save="";
        } @else { span.late[is_late(frame, task)] { @if task.due_on.is_some() { (due(frame, task)) } @else { "No date" } } }
    }
}

fn field(frame: &Frame, around: &Around, entry: &Entry) -> Markup {
    let (task, field) = (&around.full.task, &entry.field);
    let can_edit = around.can(Right::Edit) && entry.enabled;
    let shown = html! { @if let Some(value) = &entry.value { (value_markup(frame, field, value)) } @else { span.faint { "None" } } };
    let key = format!("field-{}", field.id);
    html! {
        @match (can_edit, control(field, &begin(frame, entry), "plain", &field.name)) {
            (true, Some(control)) => (row(task, true, &field.name, &key, control)),
            (true, None) => { dt { (field.name) } dd id={ "f-" (key) } { (several(around, entry, shown)) } },
            (false, _) => { dt { (field.name) } dd id={ "f-" (key) } { (shown) } },
        }
    }
}

/// The editor of a field with several values: what it has, and behind it what it may have.
fn several(around: &Around, entry: &Entry, shown: Markup) -> Markup {
    let (task, field) = (&around.full.task, &entry.field);
    let key = format!("field-{}", field.id);
    let chosen = |id: base::id::OptionId| matches!(&entry.value, Some(FieldValue::MultiEnum(options)) if options.iter().any(|option| option.id == id));
    let names = match &entry.value {
        Some(FieldValue::Reference(tasks)) => {
            tasks.iter().map(|task| format!("/tasks/{}", task.id)).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    };
    html! {
        details.pick data-keep="" id={ "pick-" (field.id) } {
            summary { (shown) span.vh { ", change " (field.name) } }
            form method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) data-stay="" {
                input type="hidden" name=(key) value="";
                @if field.kind == FieldKind::MultiEnum {
                    @for option in field.options.iter().filter(|option| option.enabled || chosen(option.id)) {
                        label.row { input.check type="checkbox" name=(key) value=(option.id) checked[chosen(option.id)] data-send=""; (option.name) }
                    }
                    noscript { button.btn.sm { "Save" } }
                } @else {
                    textarea.input id={ "refs-" (field.id) } name=(key) rows="3" aria-label={ (field.name) ", one address of a task a line" } { (names) }
                    button.btn.sm { "Save " (field.name) }
                }
                span.form-problem hidden role="alert" {}
            }
        }
    }
}

fn description(around: &Around, is_alone: bool) -> Markup {
    let task = &around.full.task;
    html! {
        div.about #about {
            // The headings of the description and of what follows stand below one of the page.
            @if is_alone { h2.vh { "Description and more" } }
            @if !around.notes.is_empty() { div.prose.rich #notes { (PreEscaped(around.notes.clone())) } }
            @if around.can(Right::Edit) {
                details.compose #compose data-keep="" {
                    summary.t-s { @if around.notes.is_empty() { "Add a description" } @else { "Edit description" } }
                    form.stack method="post" action={ "/tasks/" (task.id) "/set" } data-morph=(REGIONS) {
                        textarea.input id={ "notes-" (task.id) } name="notes" rows="6" aria-label="Description" aria-describedby="notes-help" data-mention="" { (around.typed) }
                        p.t-s.dim #notes-help { "**bold** _italic_ `code` - list # heading > quote [text](address) @name. ⌘ Enter saves." }
                        button.btn.sm { "Save description" }
                        span.form-problem hidden role="alert" {}
                    }
                }
            }
        }
    }
}
