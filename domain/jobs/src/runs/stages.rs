//! Letting manual stages begin before a run has come to them: whoever starts it says how far it goes by itself.

use super::{Run, State, advance, missing, store};
use crate::jobs;
use base::id::RunId;
use base::{Error, Result, Right};
use db::Tx;
use serde_json::json;

/// How far a run goes without waiting for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// The stage with this name, and every one before it.
    Stage(String),
    /// To its end.
    All,
}

/// Lets the manual stages of a run begin, as far as that is wanted. One that it waits with begins now, later ones in their turn; a stage that
/// begins only after all before it have succeeded still does.
pub async fn release_through(tx: &mut Tx, id: RunId, through: &Through) -> Result<Run> {
    super::require(tx, id, Right::Run).await?;
    let mut run = store::hold(tx, id).await?.ok_or_else(|| missing(id))?;
    if run.state.is_over() {
        let message = format!("Too late: run {} {}", run.number, run.state.in_words());
        return Err(Error::conflict("run.over", message));
    }
    let stages = jobs::definition(tx, run.definition).await?.model.stages;
    let last = match through {
        Through::All => stages.len(),
        Through::Stage(name) => {
            let place = stages.iter().position(|stage| stage.name == *name);
            place.ok_or_else(|| {
                let known: Vec<&str> = stages.iter().map(|stage| stage.name.as_str()).collect();
                let message =
                    format!("There is no stage {name:.100} in this run; it has {}", known.join(", "));
                Error::invalid("run.stage", message)
            })?
        }
    };
    let wanted = |(place, stage): &(usize, &crate::file::Stage)| *place <= last && stage.manual;
    let places: Vec<usize> = stages.iter().enumerate().filter(wanted).map(|(place, _)| place).collect();
    for place in places.into_iter().filter(|place| !run.released.contains(place)).collect::<Vec<_>>() {
        run.released.push(place);
        let data = json!({"number": run.number, "stage": place});
        journal::enter(tx, "run.released", run.subject(), &run.parents(), data);
    }
    store::update(tx, &run).await?;
    if run.state == State::Held {
        advance::advance(tx, id).await?;
    }
    super::unchecked(tx, id).await
}
