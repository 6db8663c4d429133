//! The questions of a form: one form edits all of them, and its buttons add, move and remove.

use crate::fields::Setting;
use crate::forms::{Form, Question, QuestionKind, Target};
use base::{Error, Result};
use maud::{Markup, html};
use web::Pairs;
use web::ui;

/// What a new form asks.
pub(super) fn first() -> Vec<Question> {
    let ask = |key: &str, label: &str, kind, target, is_required| Question {
        key: key.to_owned(),
        label: label.to_owned(),
        help: String::new(),
        kind,
        options: Vec::new(),
        is_required,
        target,
    };
    vec![
        ask("what", "What is it about?", QuestionKind::Line, Target::Name, true),
        ask("more", "What should we know?", QuestionKind::Text, Target::Notes, false),
    ]
}

fn kind_words(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Line => "One line",
        QuestionKind::Text => "Several lines",
        QuestionKind::Email => "E-mail address",
        QuestionKind::Number => "Number",
        QuestionKind::Date => "Day",
        QuestionKind::Choice => "One of the options",
        QuestionKind::Choices => "Some of the options",
    }
}

/// The form that edits all questions.
pub(super) fn editor(form: &Form, path: &str, fields: &[Setting]) -> Markup {
    let count = form.questions.len();
    html! {
        form.form.wide method="post" action={ (path) "/questions" } data-morph {
            input type="hidden" name="count" value=(count);
            // Enter in a field saves: the first button of a form is what it presses.
            button.vh tabindex="-1" aria-hidden="true" { "Save questions" }
            @for (at, question) in form.questions.iter().enumerate() { (one(at, count, question, fields)) }
            (ui::refusal())
            div.row.wrap {
                button.btn.primary { "Save questions" }
                button.btn name="do" value="add" { (ui::icon("plus")) " Add question" }
            }
        }
    }
}

fn one(at: usize, count: usize, question: &Question, fields: &[Setting]) -> Markup {
    let name = |part: &str| format!("{part}.{at}");
    let target = question.target.to_string();
    html! {
        fieldset.question {
            legend.vh { "Question " (at + 1) }
            div.inline {
                label.field { span { "Question " (at + 1) } input.input name=(name("label")) value=(question.label) required; }
                label.field.narrow { span { "Answer" } select.input name=(name("kind")) { @for kind in QuestionKind::ALL { (ui::option(kind.as_str(), kind_words(*kind), *kind == question.kind)) } } }
                label.field.narrow { span { "Goes into" } select.input name=(name("target")) {
                    (ui::option("name", "the task's name", target == "name"))
                    (ui::option("notes", "its description", target == "notes"))
                    (ui::option("due_on", "its due date", target == "due_on"))
                    @for setting in fields { (ui::option(&format!("field:{}", setting.field.id), &setting.field.name, target == format!("field:{}", setting.field.id))) }
                } }
            }
            div.inline {
                label.field { span { "Help" } input.input name=(name("help")) value=(question.help); }
                label.field.narrow { span { "Key" } input.input.mono name=(name("key")) value=(question.key) required pattern="[A-Za-z0-9_\\-]+"; }
            }
            @if matches!(question.kind, QuestionKind::Choice | QuestionKind::Choices) {
                label.field { span { "Options, one on each line" } textarea.input name=(name("options")) rows="4" { (question.options.join("\n")) } }
            } @else { input type="hidden" name=(name("options")) value=(question.options.join("\n")); }
            div.row.wrap {
                (ui::tick(&name("required"), "on", question.is_required, "needs an answer"))
                span.push {}
                @if at > 0 { (act("up", at, "chevron-up", "Move up")) }
                @if at + 1 < count { (act("down", at, "chevron-down", "Move down")) }
                (act("remove", at, "x", "Remove"))
            }
        }
    }
}

fn act(what: &str, at: usize, icon: &str, words: &str) -> Markup {
    let words = format!("{words} question {}", at + 1);
    html! { button.btn.quiet.icon.sm name="do" value={ (what) ":" (at) } aria-label=(words) title=(words) formnovalidate { (ui::icon(icon)) } }
}

/// The questions as the form says them, after what its button asks, and what to say then.
pub(super) fn wanted(pairs: &Pairs) -> Result<(Vec<Question>, &'static str)> {
    let count: usize = pairs.get("count").parse().unwrap_or(0).min(200);
    let mut questions = (0..count).map(|at| read(pairs, at)).collect::<Result<Vec<_>>>()?;
    let (what, at) = pairs.get("do").split_once(':').unwrap_or((pairs.get("do"), ""));
    let at = at.parse::<usize>().ok().filter(|at| *at < questions.len());
    let said = match (what, at) {
        ("add", _) => {
            questions.push(new(&questions));
            "A question is added"
        }
        ("remove", Some(at)) => {
            questions.remove(at);
            "The question is removed"
        }
        ("up", Some(at)) if at > 0 => {
            questions.swap(at, at - 1);
            "The question is moved"
        }
        ("down", Some(at)) if at + 1 < questions.len() => {
            questions.swap(at, at + 1);
            "The question is moved"
        }
        _ => "The questions are saved",
    };
    Ok((questions, said))
}

fn new(others: &[Question]) -> Question {
    let key = (others.len() + 1..)
        .map(|n| format!("q{n}"))
        .find(|key| others.iter().all(|other| !other.key.eq_ignore_ascii_case(key)));
    Question {
        key: key.unwrap_or_default(),
        label: "New question".to_owned(),
        help: String::new(),
        kind: QuestionKind::Line,
        options: Vec::new(),
        is_required: false,
        target: Target::Notes,
    }
}

fn read(pairs: &Pairs, at: usize) -> Result<Question> {
    let text = |part: &str| pairs.get(&format!("{part}.{at}")).trim().to_owned();
    let kind = QuestionKind::parse(&text("kind"))?;
    let chooses = matches!(kind, QuestionKind::Choice | QuestionKind::Choices);
    let mut options: Vec<String> = text("options")
        .lines()
        .map(str::trim)
        .filter(|option| !option.is_empty())
        .map(str::to_owned)
        .collect();
    if chooses && options.is_empty() {
        // Just made one to choose from: something to begin with, and the field to change it.
        options = vec!["Yes".to_owned(), "No".to_owned()];
    }
    let target = text("target").parse::<Target>()?;
    let label = text("label");
    if label.is_empty() {
        return Err(Error::invalid("form.label", format!("Question {} has no words yet", at + 1)));
    }
    Ok(Question {
        key: text("key"),
        label,
        help: text("help"),
        kind,
        options,
        is_required: pairs.is_ticked(&format!("required.{at}")),
        target,
    })
}
