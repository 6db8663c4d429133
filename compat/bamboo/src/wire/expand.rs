//! `expand=stages.stage.results,logEntries[0:500]`: what is to be shown whole, by dotted paths with slices.

use super::query::Query;

/// A part of a list: from the first to before the second.
pub type Slice = (Option<usize>, Option<usize>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: String,
    slice: Option<Slice>,
}

/// What is to be shown whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expand(Vec<Vec<Step>>);

impl Expand {
    /// Reads it; what makes no sense expands nothing.
    pub fn read(query: &Query) -> Self {
        let path = |text: &str| text.split('.').map(step).collect();
        Self(query.all("expand").map(path).collect())
    }

    /// Whether this path is to be shown, by itself or because something below it is.
    pub fn has(&self, path: &str) -> bool {
        self.below(path).next().is_some()
    }

    /// What is to be shown below this path.
    pub fn under(&self, path: &str) -> Self {
        let depth = path.split('.').count();
        Self(
            self.below(path).map(|steps| steps[depth..].to_vec()).filter(|steps| !steps.is_empty()).collect(),
        )
    }

    /// The part of a list that is wanted, when one is named at its path or at its items.
    pub fn slice(&self, path: &str) -> Option<Slice> {
        let depth = path.split('.').count();
        self.below(path)
            .find_map(|steps| steps[depth - 1].slice.or_else(|| steps.get(depth).and_then(|step| step.slice)))
    }

    fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Vec<Step>> {
        self.0.iter().filter(move |steps| {
            let mut names = steps.iter().map(|step| step.name.as_str());
            path.split('.').all(|part| names.next() == Some(part))
        })
    }
}

fn step(text: &str) -> Step {
    let sliced = text.strip_suffix(']').and_then(|text| text.split_once('['));
    let Some((name, range)) = sliced else { return Step { name: text.to_owned(), slice: None } };
    let slice = match range.split_once(':') {
        Some((from, to)) => (from.trim().parse().ok(), to.trim().parse().ok()),
        None => {
            let at: Option<usize> = range.trim().parse().ok();
            (at, at.map(|at| at.saturating_add(1)))
        }
    };
    Step { name: name.to_owned(), slice: Some(slice) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_slices_are_read() {
        let expand = Expand::read(&Query::parse(
            b"expand=stages.stage.results,logEntries[0:500],artifacts.artifact[2:],changes[3]",
        ));
        for path in ["stages", "stages.stage", "stages.stage.results", "logEntries", "artifacts"] {
            assert!(expand.has(path), "{path}");
        }
        assert!(!expand.has("stages.stage.results.result"));
        assert!(!expand.has("stage"));
        assert_eq!(expand.slice("logEntries"), Some((Some(0), Some(500))));
        assert_eq!(expand.slice("artifacts"), Some((Some(2), None)));
        assert_eq!(expand.slice("changes"), Some((Some(3), Some(4))));
        assert_eq!(expand.slice("stages"), None);
        assert!(expand.under("stages.stage").has("results"));
        assert!(!expand.under("stages.stage").has("stages"));
        assert_eq!(Expand::read(&Query::parse(b"expand=")), Expand::default());
    }

    #[test]
    fn nonsense_expands_nothing_that_is_there() {
        for text in ["[", "]", "a[", "a]", "..", "[:]", "a[b:c]", "a[-1:9999999999999999999999]"] {
            let raw = format!("expand={text}");
            assert!(!Expand::read(&Query::parse(raw.as_bytes())).has("stages"), "{text}");
        }
    }
}
