//! The files that a run kept, by the rules that kept them.

use super::part::job_key;
use super::result::{Detail, key};
use super::words;
use crate::call::Call;
use crate::catalogue::Plan;
use jobs::attempts::Artifact;
use jobs::runs::{Part, Run};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// What stands in a part of a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one part of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The files of a run, or of one of its parts: one record for each rule, whose address gives the file when it kept one.
pub fn of_run(call: &Call<'_>, plan: &Plan, run: &Run, detail: &Detail, only: Option<&Part>) -> Vec<Value> {
    let mut all = Vec::new();
    for (short, part) in detail.keyed() {
        if only.is_some_and(|only| only.id != part.id) {
            continue;
        }
        let own = detail.artifacts.iter().filter(|artifact| artifact.part == part.id);
        let mut rules: Vec<(&str, Vec<&Artifact>)> = Vec::new();
        for artifact in own {
            match rules.iter_mut().find(|(name, _)| *name == artifact.name) {
                Some((_, files)) => files.push(artifact),
                None => rules.push((&artifact.name, vec![artifact])),
            }
        }
        for (name, files) in rules {
            let size: i64 = files.iter().map(|file| file.size).sum();
            let shared = files.iter().any(|file| file.shared);
            let place = if shared { "shared" } else { short.as_str() };
            let path = format!("browse/{}/artifact/{place}/{}/", key(plan, run), segment(name));
            all.push(json!({
                "name": name,
                "producerJobKey": format!("{}-{}", job_key(plan, &short), run.number),
                "shared": shared,
                "size": size,
                "prettySizeDescription": words::size(size),
                "files": files.len(),
                "link": {"href": call.link(&path), "rel": "self"},
            }));
        }
    }
    all
}
