//! A task as a row or a card, and what a list of them needs besides: the form of the ticks, the bar of several, the editors of cells.

use super::common::{due, due_day, is_late, several, short, title};
use crate::beside::Column;
use crate::fields::{Entry, Field, FieldKind, FieldValue, Setting};
use crate::names::SectionName;
use crate::sections::Section;
use crate::tasks::{FullTask, TaskKind};
use maud::{Markup, html};
use web::ui::{self, Frame};

/// What the rows of a list have in common.
pub(crate) struct Rows<'a> {
    /// For whom.
    pub frame: &'a Frame,
    /// Its columns.
    pub columns: &'a [Setting],
    /// The address that a task's id is put behind, so that its pane opens beside this list.
    pub open: String,
    /// The task in the pane.
    pub current: Option<base::id::TaskId>,
    /// Whether rows can be edited and moved here.
    pub can_edit: bool,
    /// Whether rows show their project.
    pub shows_project: bool,
    /// Whether rows show who is to do it.
    pub shows_assignee: bool,
    /// What other domains know beside the tasks.
    pub lent: Vec<Column>,
}

/// What kind of task it is, where that is not plain.
pub(crate) fn kind_icon(kind: TaskKind) -> Option<&'static str> {
    match kind {
        TaskKind::Milestone => Some("diamond"),
        TaskKind::Approval => Some("thumbs-up"),
        TaskKind::Plain | TaskKind::Custom => None,
    }
}

/// The button that completes or reopens; a button, so that it needs no script and one form serves them all.
pub(crate) fn tick(task: &crate::tasks::Task, can_edit: bool) -> Markup {
    let (name, verb) = if task.is_completed() { ("reopen", "Reopen") } else { ("complete", "Complete") };
    html! {
        button.done form="tick" name=(name) value=(task.id) aria-pressed=(task.is_completed()) disabled[!can_edit]
            aria-label={ (verb) " " (title(&task.name)) } {}
    }
}

impl Rows<'_> {
    fn href(&self, full: &FullTask) -> String {
        format!("{}{}", self.open, full.task.id)
    }

    /// The widths of the columns behind the name.
    pub(crate) fn widths(&self) -> String {
        let more: String = self
            .columns
            .iter()
            .map(|column| match column.field.kind {
                FieldKind::Number => " 72px",
                FieldKind::Enum | FieldKind::Date => " 88px",
                _ => " 104px",
            })
            .collect();
        let project = if self.shows_project { "124px " } else { "" };
        let assignee = if self.shows_assignee { "92px " } else { "" };
        let lent: String = self.lent.iter().map(|column| format!(" {}", column.width)).collect();
        format!("--tk-cols:{project}{assignee}76px{more}{lent}")
    }

    /// The names of the columns.
    pub(crate) fn head(&self) -> Markup {
        html! {
            div.tk-cols aria-hidden="true" {
                span { "Task" }
                @if self.shows_project { span { "Project" } }
                @if self.shows_assignee { span { "Assignee" } }
                span { "Due" }
                @for column in self.columns { span.clip { (column.field.name) } }
                @for column in &self.lent { span.clip { (column.name) } }
            }
        }
    }

    /// One task.
    pub(crate) fn row(&self, full: &FullTask) -> Markup {
        let task = &full.task;
        let is_current = self.current == Some(task.id);
        html! {
            li.tk.is-done[task.is_completed()] id={ "t-" (task.id) } data-task=(task.id) draggable=[self.can_edit.then_some("true")]
                aria-current=[is_current.then_some("true")] {
                input.check type="checkbox" form="pick" name="task" value=(task.id) aria-label={ "Select " (title(&task.name)) };
                (tick(task, self.can_edit))
                span.name {
                    @if let Some(icon) = kind_icon(task.kind) { (small_icon(icon)) }
                    a.clip href=(self.href(full)) data-pane="" { (title(&task.name)) }
                    @for tag in &full.tags { a.chip.tag href={ "/search?tag=" (tag.id) } { (tag.name) } }
                    @if full.num_subtasks > 0 { span.faint.t-s.nowrap aria-label=(several(usize::try_from(full.num_subtasks).unwrap_or(0), "subtask")) { "\u{21b3} " (full.num_subtasks) } }
                }
                @if self.shows_project { (self.home(full)) }
                @if self.shows_assignee { (self.cell(full, "assignee", "Assignee", "x", full.assignee.as_ref().map_or("", |who| who.name.as_str()), self.assignee(full))) }
                (self.cell(full, "due", "Due", if is_late(self.frame, task) { "late" } else { "" }, &due(self.frame, task), html! { (due_day(self.frame, task)) }))
                @for column in self.columns { (self.field(full, column)) }
                @for shown in self.beside(full) { span.cell.lent { (shown) } }
            }
        }
    }

    fn beside(&self, full: &FullTask) -> impl Iterator<Item = Markup> {
        self.lent.iter().map(|column| column.cells.get(&full.task.id).cloned().unwrap_or_default())
    }

    fn home(&self, full: &FullTask) -> Markup {
        html! {
            span.cell.x {
                @if let Some(home) = full.homes.first() {
                    a.clip.plain href={ "/projects/" (home.project.id) } { (home.project.name) }
                }
            }
        }
    }

    fn assignee(&self, full: &FullTask) -> Markup {
        html! {
            @match &full.assignee {
                Some(who) => { (ui::avatar(who.id, &who.name, "sm")) span.clip { (short(who)) } },
                None => span.faint { "Nobody" },
            }
        }
    }

    /// A cell: with scripts it is edited where it is, without them it leads to the field in the pane.
    fn cell(
        &self,
        full: &FullTask,
        field: &str,
        name: &str,
        class: &str,
        value: &str,
        shown: Markup,
    ) -> Markup {
        html! {
            @if self.can_edit {
                a class={ "cell " (class) } href={ (self.href(full)) "#f-" (field) } data-edit=(field) data-value=(value) tabindex="-1"
                    aria-label=[shown.0.is_empty().then(|| format!("{name}: none"))] { (shown) }
            } @else { span class={ "cell " (class) } { (shown) } }
        }
    }

    fn field(&self, full: &FullTask, column: &Setting) -> Markup {
        let entry = full.fields.iter().find(|entry| entry.field.id == column.field.id);
        let value = entry.and_then(|entry| entry.value.as_ref());
        let typed = value.map(|value| typed(self.frame, &column.field, value)).unwrap_or_default();
        let shown =
            html! { @if let Some(value) = value { (value_markup(self.frame, &column.field, value)) } };
        self.cell(full, &format!("field-{}", column.field.id), &column.field.name, "x", &typed, shown)
    }

    /// One task as a card of a board.
    pub(crate) fn card(&self, full: &FullTask) -> Markup {
        let task = &full.task;
        html! {
            li.card.is-done[task.is_completed()] id={ "t-" (task.id) } data-task=(task.id) draggable=[self.can_edit.then_some("true")]
                aria-current=[(self.current == Some(task.id)).then_some("true")] {
                p.name {
                    (tick(task, self.can_edit))
                    @if let Some(icon) = kind_icon(task.kind) { (small_icon(icon)) }
                    a href=(self.href(full)) data-pane="" { (title(&task.name)) }
                }
                div.row.wrap {
                    @for column in self.columns {
                        @if let Some(value) = full.fields.iter().find(|entry| entry.field.id == column.field.id).and_then(|entry| entry.value.as_ref()) {
                            (value_markup(self.frame, &column.field, value))
                        }
                    }
                    @for tag in &full.tags { span.chip { (tag.name) } }
                    span.push.row {
                        @for shown in self.beside(full) { (shown) }
                        @if task.due_on.is_some() { span.t-s.late[is_late(self.frame, task)] { (due_day(self.frame, task)) } }
                        @if let Some(who) = &full.assignee { (ui::avatar(who.id, &who.name, "")) span.vh { (who.name) } }
                    }
                }
            }
        }
    }
}

/// An icon of 14 px.
pub(crate) fn small_icon(name: &str) -> Markup {
    html! { svg.ic.ic-s aria-hidden="true" { (ui::svg_use(&format!("i-{name}"))) } }
}

/// How urgent an option looks: the words that people use for it, whatever their field is called.
fn urgency(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "now" | "urgent" | "critical" | "blocker" | "p0" | "p1" => Some("p1"),
        "high" | "p2" => Some("p2"),
        "normal" | "medium" | "p3" => Some("p3"),
        "low" | "later" | "p4" => Some("p4"),
        _ => None,
    }
}

/// A value of a custom field, as it looks in a list.
pub(crate) fn value_markup(frame: &Frame, field: &Field, value: &FieldValue) -> Markup {
    html! {
        @match value {
            FieldValue::Enum(option) => {
                @match urgency(&option.name) {
                    Some(class) => span class={ "prio word " (class) } { (option.name) },
                    None => span.clip { (option.name) },
                }
            },
            FieldValue::People(people) => {
                @for person in people.iter().take(3) { (ui::avatar(person.id, &person.name, "sm")) }
                @if let [one] = people.as_slice() { span.clip { (short(one)) } } @else { span.vh { @for person in people { (person.name) " " } } }
            },
            other => span.clip { (typed(frame, field, other)) },
        }
    }
}

/// A value as text, which can be typed again where it is typed at all.
pub(crate) fn typed(frame: &Frame, field: &Field, value: &FieldValue) -> String {
    match value {
        FieldValue::Date { time: Some(at), .. } => {
            let civil = frame.shell.zone.to_datetime(at.timestamp());
            format!("{}, {}", frame.day(civil.date()), civil.strftime("%H:%M"))
        }
        FieldValue::Date { date, time: None } => frame.day(*date),
        other => crate::fields::values::display(field, other).unwrap_or_default(),
    }
}

/// The value with which an editor of this field begins.
pub(crate) fn begin(frame: &Frame, entry: &Entry) -> String {
    match &entry.value {
        None => String::new(),
        Some(FieldValue::Number(number)) => number.to_string(),
        Some(FieldValue::Enum(option)) => option.id.to_string(),
        Some(value) => typed(frame, &entry.field, value),
    }
}

/// The editor of a cell or of a field in the pane: one control, named as the form knows it.
pub(crate) fn control(field: &Field, value: &str, class: &str, label: &str) -> Option<Markup> {
    let name = format!("field-{}", field.id);
    Some(match field.kind {
        FieldKind::Enum => html! {
            select class=(class) name=(name) aria-label=(label) data-send="" {
                option value="" { "None" }
                @for option in field.options.iter().filter(|option| option.enabled || option.id.to_string() == value) {
                    (ui::option(&option.id.to_string(), &option.name, option.id.to_string() == value))
                }
            }
        },
        FieldKind::Text => {
            html! { input class=(class) name=(name) value=(value) aria-label=(label) autocomplete="off" data-save=""; }
        }
        FieldKind::Number => {
            html! { input class=(class) name=(name) value=(value) aria-label=(label) inputmode="decimal" autocomplete="off" data-save=""; }
        }
        FieldKind::Date => {
            html! { input class=(class) name=(name) value=(value) aria-label=(label) placeholder="fri, 4 Dec" autocomplete="off" data-save=""; }
        }
        FieldKind::People => {
            html! { input class=(class) name=(name) value=(value) aria-label=(label) placeholder="Names, with commas between" autocomplete="off" data-suggest="people" data-several="" data-save=""; }
        }
        FieldKind::MultiEnum | FieldKind::Reference => return None,
    })
}

/// What a list needs once: the form of the ticks and the editors of its cells.
pub(crate) fn tools(columns: &[Setting]) -> Markup {
    html! {
        form #tick method="post" action="/tasks/tick" data-morph="#list #task" {}
        template #edit-assignee { input.input.sm name="assignee" aria-label="Assignee" placeholder="Name or me" autocomplete="off" data-suggest="people"; }
        template #edit-due { input.input.sm name="due" aria-label="Due" placeholder="fri, 4 Dec" autocomplete="off"; }
        @for column in columns {
            @if let Some(control) = control(&column.field, "", "input sm", &column.field.name) {
                template id={ "edit-field-" (column.field.id) } { (control) }
            }
        }
    }
}

/// The bar that acts on several tasks.
pub(crate) fn picker(sections: &[Section]) -> Markup {
    let names: Vec<SectionName> =
        sections.iter().map(|section| SectionName::new(section.id, section.name.clone())).collect();
    let pop = |icon: &str, word: &str, verb: &str, control: Markup| {
        html! {
            details.pop data-keep="" {
                summary { (small_icon(icon)) span.word { (word) } }
                div.box { (control) button.btn.sm.primary name="do" value=(verb) { (word) } }
            }
        }
    };
    html! {
        form.picker #pick method="post" action="/tasks/bulk" data-morph="#list #task" role="group" aria-label="Selected tasks" {
            // Enter in a field does what stands beside the field, never what happens to be the first button.
            button.vh name="do" value="typed" tabindex="-1" aria-hidden="true" { "Apply" }
            span data-count="" { "Selected" }
            i {}
            (pop("user", "Assign", "assign", html! { input.input.sm name="assignee" aria-label="Assign to" placeholder="Name or me" autocomplete="off" data-suggest="people"; }))
            (pop("calendar", "Due", "due", html! { input.input.sm name="due" aria-label="Due" placeholder="fri, 4 Dec, none" autocomplete="off"; }))
            @if !names.is_empty() {
                (pop("arrow-right", "Move", "move", html! {
                    select.input.sm name="section" aria-label="Move to section" { @for name in &names { option value=(name.id) { (name.name) } } }
                }))
            }
            button name="do" value="complete" { (small_icon("circle-check")) span.word { "Complete" } }
            button name="do" value="delete" { (small_icon("trash-2")) span.word { "Delete" } }
            button type="reset" aria-label="Clear selection" data-clear="" { (small_icon("x")) }
        }
    }
}
