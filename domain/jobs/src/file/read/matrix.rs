//! A matrix written out, and its values put where `${matrix.NAME}` stands.

use super::super::limits::PARTS;
use super::super::shapes::WORD;
use super::super::view::View;
use super::super::{Part, Test};
use super::is;
use std::collections::BTreeMap;

/// One combination of values, in the order of the file.
pub(super) type Cell = Vec<(String, String)>;

/// The cells of a matrix: all combinations without those that are excluded, then those that are included.
pub(super) fn cells(view: &View<'_>) -> Vec<Cell> {
    let rule = "a matrix has names of lower-case letters, digits and underscores, and include and exclude";
    let (mut axes, mut include, mut exclude) = (Vec::new(), Vec::new(), Vec::new());
    for (name, values) in view.named(rule, |name| is(WORD, name)) {
        match name.as_str() {
            "include" => include = rows(&values),
            "exclude" => exclude = rows(&values),
            _ => {
                let found: Vec<String> = values.many().iter().filter_map(View::scalar).collect();
                if found.is_empty() {
                    values.error("the list of values is empty");
                }
                axes.push((name, found));
            }
        }
    }
    let count = axes.iter().try_fold(1usize, |count, (_, values)| count.checked_mul(values.len()));
    if count.is_none_or(|count| count.saturating_add(include.len()) > PARTS) {
        view.error(format!("the matrix has more than {PARTS} combinations"));
        return Vec::new();
    }
    let mut cells: Vec<Cell> = if axes.is_empty() { Vec::new() } else { vec![Vec::new()] };
    for (name, values) in &axes {
        cells = cells
            .iter()
            .flat_map(|cell| {
                values.iter().map(|value| {
                    let mut cell = cell.clone();
                    cell.push((name.clone(), value.clone()));
                    cell
                })
            })
            .collect();
    }
    for (row, place) in &exclude {
        let before = cells.len();
        cells.retain(|cell| !row.iter().all(|pair| cell.contains(pair)));
        if cells.len() == before {
            place.warn("this excludes nothing");
        }
    }
    let names: Vec<&String> = match (axes.first(), include.first()) {
        (Some(_), _) => axes.iter().map(|(name, _)| name).collect(),
        (None, Some((row, _))) => row.iter().map(|(name, _)| name).collect(),
        (None, None) => Vec::new(),
    };
    for (row, place) in &include {
        let has_all =
            names.len() == row.len() && names.iter().all(|name| row.iter().any(|(own, _)| own == *name));
        if !has_all {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            place.error(format!("a combination gives exactly the names of the matrix: {}", names.join(", ")));
        } else if cells.iter().any(|cell| row.iter().all(|pair| cell.contains(pair))) {
            place.warn("this combination is there already");
        } else {
            cells.push(row.clone());
        }
    }
    if cells.is_empty() {
        view.error("the matrix has no combination");
    }
    cells
}

fn rows<'a>(view: &View<'a>) -> Vec<(Cell, View<'a>)> {
    let row = |place: View<'a>| {
        let named = place.named("it is one of the names of the matrix", |name| is(WORD, name));
        let row = named.into_iter().filter_map(|(name, value)| Some((name, value.scalar()?))).collect();
        (row, place)
    };
    view.list().into_iter().map(row).collect()
}

/// The part for one cell.
pub(super) fn part(plain: &Part, cell: &Cell, view: &View<'_>) -> Part {
    let mut part = plain.clone();
    part.matrix = cell.iter().cloned().collect();
    if !cell.is_empty() {
        let shown: Vec<String> = cell.iter().map(|(name, value)| format!("{name} {value}")).collect();
        part.name = format!("{} ({})", plain.name, shown.join(", "));
    }
    let mut unknown = None;
    let mut put = |text: &mut String| fill(text, &part.matrix, &mut unknown);
    part.image.iter_mut().for_each(&mut put);
    part.env.values_mut().for_each(&mut put);
    part.uses.iter_mut().for_each(&mut put);
    for requirement in &mut part.requires {
        match &mut requirement.test {
            Test::Exists => {}
            Test::Equals(text) | Test::Matches(text) => put(text),
        }
    }
    for artifact in &mut part.artifacts {
        put(&mut artifact.name);
        put(&mut artifact.pattern);
    }
    for step in part.steps.iter_mut().chain(&mut part.finally) {
        put(&mut step.name);
        put(&mut step.run);
        step.shell.iter_mut().for_each(&mut put);
        step.workdir.iter_mut().for_each(&mut put);
        step.env.values_mut().for_each(&mut put);
    }
    if let Some(name) = unknown {
        view.error(format!("${{matrix.{name}}} stands here, and the matrix has no {name}"));
    }
    part
}

const OPEN: &str = "${matrix.";

/// Puts values into a text. No shell knows this spelling, so nothing else can be meant.
fn fill(text: &mut String, values: &BTreeMap<String, String>, unknown: &mut Option<String>) {
    if !text.contains(OPEN) {
        return;
    }
    let mut filled = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(OPEN) {
        filled.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        match values.get(name) {
            Some(value) => filled.push_str(value),
            None => *unknown = Some(super::super::view::shortened(name)),
        }
        rest = behind;
    }
    filled.push_str(rest);
    *text = filled;
}
