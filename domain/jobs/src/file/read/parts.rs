//! Stages and their parts.

use super::super::limits::{PARTS, STAGES, STEPS_IN_JOB};
use super::super::shapes::{NAME, PART};
use super::super::view::{Keys, View};
use super::super::{Part, Stage};
use super::{is, matrix, pieces, steps};
use std::collections::BTreeSet;

/// The stages of a document, however they are written. `everywhere` is what each part begins with.
pub(super) fn stages(keys: &Keys<'_>, everywhere: &Part, deploys: bool) -> Vec<Stage> {
    let forms: Vec<&str> =
        ["steps", "jobs", "stages"].into_iter().filter(|form| keys.get(form).is_some()).collect();
    only_with_steps(keys, &forms);
    let mut reader =
        Reader { everywhere, deploys, keys_taken: BTreeSet::new(), steps: 0, shared: Vec::new() };
    match forms[..] {
        ["steps"] => vec![Stage { name: "run".to_owned(), manual: false, parts: reader.short(keys) }],
        ["jobs"] => keys
            .get("jobs")
            .map(|jobs| vec![reader.stage("run".to_owned(), false, &jobs)])
            .unwrap_or_default(),
        ["stages"] => keys.get("stages").map(|stages| reader.all(&stages)).unwrap_or_default(),
        [] => {
            keys.view.error("the job does nothing: it has none of steps, jobs, stages");
            Vec::new()
        }
        _ => {
            keys.view.error(format!("the job has {}; only one of them can be meant", forms.join(" and ")));
            Vec::new()
        }
    }
}

/// Keys that belong to the short form alone.
fn only_with_steps(keys: &Keys<'_>, forms: &[&str]) {
    if forms != ["steps"] {
        for key in ["matrix", "uses"] {
            if let Some(view) = keys.get(key) {
                view.error(format!("{key} belongs to a job of a stage, or beside steps"));
            }
        }
    }
}

struct Reader<'a> {
    everywhere: &'a Part,
    deploys: bool,
    keys_taken: BTreeSet<String>,
    /// How many the parts have so far; a matrix multiplies them.
    steps: usize,
    /// The artifacts that earlier stages share.
    shared: Vec<String>,
}

impl Reader<'_> {
    fn all(&mut self, view: &View<'_>) -> Vec<Stage> {
        let places = view.many();
        if places.is_empty() {
            view.error("the list of stages is empty");
        }
        if places.len() > STAGES {
            view.error(format!("there are {} stages, and {STAGES} are the most", places.len()));
        }
        let mut stages: Vec<Stage> = Vec::new();
        for place in places.iter().take(STAGES) {
            let Some(keys) = place.map(&super::super::shapes::STAGE) else { continue };
            let (Some(name), Some(jobs)) = (keys.get("name").and_then(|name| name.name()), keys.get("jobs"))
            else {
                continue;
            };
            if stages.iter().any(|stage| stage.name == name) {
                place.error(format!("the stage {name:?} is there twice"));
            }
            let manual = keys.get("manual").is_some_and(|manual| manual.boolean().unwrap_or(false));
            let stage = self.stage(name, manual, &jobs);
            let artifacts = stage.parts.iter().flat_map(|part| &part.artifacts);
            self.shared.extend(artifacts.filter(|rule| rule.shared).map(|rule| rule.name.clone()));
            stages.push(stage);
        }
        stages
    }

    fn stage(&mut self, name: String, manual: bool, jobs: &View<'_>) -> Stage {
        let mut stage = Stage { name, manual, parts: Vec::new() };
        let mut names = BTreeSet::new();
        for place in jobs.many() {
            let Some(keys) = place.map(&PART) else { continue };
            let Some(name) = keys.get("name").and_then(|name| name.name()) else { continue };
            if !names.insert(name.clone()) {
                place.error(format!("the job {name:?} is there twice in its stage"));
            }
            let mut part = Part { name, ..self.everywhere.clone() };
            pieces::common(&keys, &mut part, self.deploys);
            stage.parts.extend(self.written_out(&keys, part));
        }
        if stage.parts.is_empty() {
            jobs.error("the stage has no job");
        }
        stage
    }

    /// The one job of the short form.
    fn short(&mut self, keys: &Keys<'_>) -> Vec<Part> {
        let name = keys.get("name").and_then(|name| name.node.text()).unwrap_or("run").to_owned();
        self.written_out(keys, Part { name, ..self.everywhere.clone() })
    }

    /// A part for each cell of the matrix.
    fn written_out(&mut self, keys: &Keys<'_>, mut part: Part) -> Vec<Part> {
        part.steps = keys.get("steps").map(|steps| steps::steps(&steps)).unwrap_or_default();
        if part.steps.is_empty() {
            keys.view.error("the job has no step");
        }
        let uses = keys.get("uses").map(|uses| pieces::names(&uses, NAME));
        part.uses = uses.unwrap_or_else(|| self.shared.clone());
        let cells = keys.get("matrix").map_or_else(|| vec![Vec::new()], |view| matrix::cells(&view));
        self.steps += (part.steps.len() + part.finally.len()) * cells.len();
        if self.keys_taken.len() + cells.len() > PARTS {
            keys.view.error(format!("the job has more than {PARTS} parts, with its matrix written out"));
            return Vec::new();
        }
        if self.steps > STEPS_IN_JOB {
            keys.view
                .error(format!("the job has more than {STEPS_IN_JOB} steps, with its matrix written out"));
            return Vec::new();
        }
        let mut parts: Vec<Part> = cells.iter().map(|cell| matrix::part(&part, cell, &keys.view)).collect();
        for (written, cell) in parts.iter_mut().zip(&cells) {
            written.key = self.key(&part.name, cell);
        }
        parts
    }

    /// A name for addresses that no other part of the job has.
    fn key(&mut self, name: &str, cell: &matrix::Cell) -> String {
        let mut whole = name.to_owned();
        cell.iter().for_each(|(_, value)| {
            whole.push('-');
            whole.push_str(value);
        });
        let mut slug = String::new();
        for c in whole.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(56);
        let slug = slug.trim_matches('-');
        let slug = if slug.is_empty() { "part" } else { slug };
        let numbered = std::iter::once(slug.to_owned()).chain((2..).map(|n: u32| format!("{slug}-{n}")));
        let key = numbered.into_iter().find(|key| !self.keys_taken.contains(key)).unwrap_or_default();
        self.keys_taken.insert(key.clone());
        key
    }
}

/// Whether a name may be an artifact's.
pub(super) fn is_artifact_name(name: &str) -> bool {
    is(NAME, name) && !name.contains('$')
}
