//! A rule as a sentence.

use super::choices::Choices;
use crate::rules::{Action, Rule, Trigger};
use base::id::{FieldId, SectionId};
use maud::{Markup, html};

/// Says rules with the names of what they are about.
pub(super) struct Words<'a>(pub &'a Choices);

impl Words<'_> {
    /// The whole sentence: when this, then that, and that.
    pub fn sentence(&self, rule: &Rule) -> Markup {
        let last = rule.actions.len().saturating_sub(1);
        html! {
            "When " (self.trigger(&rule.trigger)) ", "
            @for (at, action) in rule.actions.iter().enumerate() {
                @if at > 0 { @if at == last { " and " } @else { ", " } }
                (self.action(action))
            }
            "."
        }
    }

    fn trigger(&self, trigger: &Trigger) -> Markup {
        html! {
            @match trigger {
                Trigger::TaskAdded => "a task comes into the project",
                Trigger::Completed => "a task is completed",
                Trigger::Reopened => "a task is reopened",
                Trigger::MovedToSection { section } => { "a task is moved to " (self.section(*section)) }
                Trigger::FieldChanged { field, to: Some(to) } => { (self.field(*field)) " becomes " b { (self.value(*field, to)) } }
                Trigger::FieldChanged { field, to: None } => { (self.field(*field)) " changes" }
                Trigger::Commented { contains: Some(text) } => { "a comment contains " q { (text) } }
                Trigger::Commented { contains: None } => "somebody comments",
            }
        }
    }

    fn action(&self, action: &Action) -> Markup {
        html! {
            @match action {
                Action::MoveToSection { section } => { "move it to " (self.section(*section)) }
                Action::Assign { user: Some(user) } => { "assign it to " b { (self.0.person(*user)) } }
                Action::Assign { user: None } => "take its assignee away",
                Action::Comment { text } => { "comment " q { (text) } }
                Action::Complete => "complete it",
                Action::AddToProject { project } => { "add it to the project " b { (self.0.project(*project)) } }
                Action::SetField { field, value: Some(value) } => { "set " (self.field(*field)) " to " b { (self.value(*field, value)) } }
                Action::SetField { field, value: None } => { "clear " (self.field(*field)) }
            }
        }
    }

    fn section(&self, id: SectionId) -> Markup {
        html! { @match self.0.sections.iter().find(|section| section.id == id) { Some(section) => b { (section.name) }, None => "a section that is gone" } }
    }

    fn field(&self, id: FieldId) -> Markup {
        html! { @match self.0.field(id) { Some(field) => b { (field.name) }, None => "a field that the project does not show" } }
    }

    /// A value as people say it: an option may be told by its id.
    fn value(&self, field: FieldId, value: &str) -> String {
        let option = self
            .0
            .field(field)
            .and_then(|field| field.options.iter().find(|option| option.id.to_string() == value));
        option.map_or_else(|| value.to_owned(), |option| option.name.clone())
    }
}
