//! What was read of definitions lately. A run asks for the same one at each of its steps, and to read it again costs more than the step.
//!
//! A definition never changes what it means; the text is compared all the same, so that nothing in here can be outdated.

use crate::file;
use base::id::DefinitionId;
use base::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How many are kept at most.
const KEPT: usize = 256;

type Models = HashMap<DefinitionId, (String, Arc<file::Job>)>;

static MODELS: LazyLock<Mutex<Models>> = LazyLock::new(Mutex::default);

/// What the stored text of a definition means.
pub(super) fn read(id: DefinitionId, text: String) -> Result<file::Job> {
    if let Some(model) = kept(id, &text) {
        return Ok(file::Job::clone(&model));
    }
    let model: file::Job = serde_json::from_str(&text).map_err(|error| {
        Error::bug("jobs.stored", "something stored of jobs cannot be read").because(error)
    })?;
    let mut all = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= KEPT {
        // Of thousands that each fire once, none is asked for again; which ones go is all the same.
        all.clear();
    }
    all.insert(id, (text, Arc::new(model.clone())));
    Ok(model)
}

fn kept(id: DefinitionId, text: &str) -> Option<Arc<file::Job>> {
    let all = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(&id).filter(|(known, _)| known == text).map(|(_, model)| model.clone())
}

#[cfg(test)]
#[test]
fn a_definition_is_what_its_text_says_whatever_was_kept() {
    let said = |name: &str| {
        let parsed = file::parse(&format!("name: {name}\nsteps: [{{run: 'true'}}]\n"));
        serde_json::to_string(&parsed.jobs[0]).expect("json")
    };
    let id = DefinitionId(i64::MAX);
    assert_eq!(read(id, said("one")).expect("read").name, "one");
    assert_eq!(read(id, said("one")).expect("kept").name, "one");
    assert_eq!(read(id, said("two")).expect("read").name, "two");
    for n in 0..2 * KEPT {
        read(DefinitionId(i64::MAX - 1 - n as i64), said("more")).expect("read");
    }
    assert!(MODELS.lock().expect("unpoisoned").len() <= KEPT);
}
