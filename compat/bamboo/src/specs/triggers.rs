//! Triggers. Polling becomes pushes, Quartz stays Quartz, and every schedule is told its zone.

use super::emit::{Keys, Out};
use super::note::{Notes, Taken, many, slug, worded};
use jobs::cron::Schedule;
use jobs::file::Dialect;
use jobs::file::yaml::Node;
use std::cell::Cell;

/// What triggers need to know.
pub(super) struct Triggers<'a> {
    pub notes: &'a Notes,
    /// The zone of Bamboo's server.
    pub zone: Option<&'a str>,
    /// Set when a schedule was found and no zone is known.
    pub needs_zone: &'a Cell<bool>,
}

impl Triggers<'_> {
    /// The triggers of a plan.
    pub fn of_plan(&self, plan: &Taken<'_>) -> Vec<Out> {
        let mut on = Vec::new();
        match plan.get("triggers") {
            None => {
                self.notes.changed(
                    plan.node,
                    "without triggers Bamboo polls every three minutes; here a push starts it",
                );
                on.push(Out::text("push"));
            }
            Some(triggers) => {
                for trigger in many(triggers) {
                    on.extend(self.plan_trigger(trigger));
                }
            }
        }
        on.dedup();
        on.push(Out::text("manual"));
        on
    }

    fn plan_trigger(&self, trigger: &Node) -> Option<Out> {
        let (kind, inner) = worded(trigger)?;
        match (kind, inner) {
            ("polling", _) => {
                self.notes
                    .changed(trigger, "polling becomes a push: the repository tells when something arrives");
                if inner.is_some_and(|inner| inner.get("conditions").is_some()) {
                    self.notes.unsupported(trigger, "conditions of a trigger can't be translated");
                }
                Some(Out::text("push"))
            }
            ("cron", Some(inner)) => self.cron(inner),
            ("remote" | "bitbucket-server-trigger" | "bitbucket-trigger" | "github-trigger", inner) => {
                if inner.is_some_and(|inner| {
                    inner.text().is_some_and(|text| !text.is_empty()) || inner.get("ip").is_some()
                }) {
                    self.notes.changed(trigger, "who may tell of a push is not restricted by addresses here, but by the webhook's secret");
                }
                Some(Out::text("push"))
            }
            ("tag", inner) => {
                let filter = inner.and_then(|inner| inner.text().or_else(|| inner.get("filter")?.text()));
                if filter.is_some() {
                    self.notes.changed(
                        trigger,
                        "the filter of tags was an expression; here it is a pattern: look at it",
                    );
                }
                let mut push = Keys::default();
                push.put(
                    "tags",
                    Out::texts([filter.filter(|text| !text.is_empty()).unwrap_or("**").to_owned()]),
                );
                Some(Out::Map(vec![("push".to_owned(), push.out())]))
            }
            (other, _) => {
                let other: String = other.chars().take(60).collect();
                self.notes.unsupported(trigger, format!("the trigger {other} can't be translated"));
                None
            }
        }
    }

    /// The triggers of an environment. `source` is the plan, `sibling` names the job of another environment.
    pub fn of_environment(
        &self,
        node: Option<&Node>,
        source: Option<&str>,
        sibling: impl Fn(&str) -> Option<String>,
    ) -> Vec<Out> {
        let mut on = Vec::new();
        let after = |job: String| Out::Map(vec![("after".to_owned(), Out::Text(job))]);
        for trigger in node.map(many).unwrap_or_default() {
            let Some((kind, inner)) = worded(trigger) else { continue };
            match (kind, inner) {
                ("build-success", inner) => {
                    if inner.is_some_and(|inner| inner.get("branch").is_some()) {
                        self.notes.unsupported(trigger, "success on one branch can't be told apart here");
                    }
                    on.extend(source.map(|plan| after(slug(plan))));
                }
                ("stage-success", _) => {
                    self.notes
                        .changed(trigger, "it starts after the whole plan, and not after one of its stages");
                    on.extend(source.map(|plan| after(slug(plan))));
                }
                ("environment-success", Some(inner)) => match inner.text().and_then(&sibling) {
                    Some(job) => on.push(after(job)),
                    None => self.notes.unsupported(trigger, "there is no such environment in this document"),
                },
                ("cron", Some(inner)) => on.extend(self.cron(inner)),
                (other, _) => {
                    let other: String = other.chars().take(60).collect();
                    self.notes.unsupported(trigger, format!("the trigger {other} can't be translated"));
                }
            }
        }
        on.dedup();
        on.push(Out::text("manual"));
        on
    }

    fn cron(&self, node: &Node) -> Option<Out> {
        let taken = Taken::new(node, "cron");
        let expression = node.text().or_else(|| taken.text("expression")).unwrap_or_default();
        if taken.text("artifact-branch").is_some() {
            self.notes.unsupported(node, "a schedule can't choose the branch of its artifacts");
        }
        if let Err(reason) = Schedule::parse(expression, Dialect::Quartz, "UTC", "job") {
            let shown: String = expression.chars().take(80).collect();
            self.notes.unsupported(node, format!("the schedule {shown:?} can't be used: {reason}"));
            return None;
        }
        let fields: Vec<&str> = expression.split_whitespace().collect();
        if fields.get(4) == Some(&"?") {
            self.notes.changed(node, "the question mark in the field of the month is read as *");
        }
        if self.zone.is_none() {
            self.needs_zone.set(true);
            self.notes.unsupported(node, "the schedule is in the time of Bamboo's server: say its time zone");
        }
        let mut cron = Keys::default();
        cron.put("cron", Out::text(fields.join(" ")));
        cron.put("dialect", Out::text("quartz"));
        cron.put("tz", Out::text(self.zone.unwrap_or("UTC")));
        Some(cron.out())
    }
}
