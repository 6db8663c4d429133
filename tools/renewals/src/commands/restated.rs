//! What earlier reports said differently: refunds come later, and history is edited.

use crate::figures::{Age, Figures, MonthFigures, Restated};
use crate::{Error, Result};
use serde::Deserialize;
use std::path::Path;

/// What is read of the figures of an earlier report.
#[derive(Debug, Deserialize)]
struct Earlier {
    months: Vec<MonthFigures>,
}

/// The months that the report at `path` gave otherwise, though they were mature.
pub fn since(path: &Path, figures: &Figures) -> Result<Vec<Restated>> {
    let text = std::fs::read(path).map_err(|e| Error::input(format!("{}: {e}", path.display())))?;
    let earlier: Earlier = serde_json::from_slice(&text)
        .map_err(|e| Error::input(format!("{}: not the figures of a report: {e}", path.display())))?;
    Ok(compare(&earlier.months, &figures.months))
}

fn compare(earlier: &[MonthFigures], now: &[MonthFigures]) -> Vec<Restated> {
    let retained = |month: &MonthFigures| {
        month.by_age.iter().find(|a| a.age == Age::Days30 && a.mature).map(|a| a.retained)
    };
    let mut restated = Vec::new();
    for was in earlier {
        let is = now.iter().find(|is| is.month == was.month);
        let (Some(is), Some(retained_was)) = (is, retained(was)) else { continue };
        let Some(retained) = retained(is) else { continue };
        if (was.due, retained_was) != (is.due, retained) {
            let (month, due_was, due) = (is.month, was.due, is.due);
            restated.push(Restated { month, due_was, retained_was, due, retained, why: why(was, is) });
        }
    }
    restated
}

/// What there is more or less of.
fn why(was: &MonthFigures, is: &MonthFigures) -> String {
    let counts = |month: &MonthFigures| {
        let o = &month.outcomes;
        [
            ("early", o.early),
            ("on time", o.on_time),
            ("late", o.late),
            ("very late", o.very_late),
            ("upgraded", o.upgraded),
            ("migrated", o.migrated),
            ("repurchased", o.repurchased),
            ("pending or lapsed", o.pending + o.lapsed),
            ("superseded", month.superseded),
            ("cancelled", month.cancelled),
            ("bought backwards", month.retro),
            ("after the end of sale", month.not_renewable.due),
        ]
    };
    let changes: Vec<String> = counts(was)
        .into_iter()
        .zip(counts(is))
        .filter(|((_, was), (_, is))| was != is)
        .map(|((name, was), (_, is))| {
            if is > was { format!("{} more {name}", is - was) } else { format!("{} fewer {name}", was - is) }
        })
        .collect();
    if changes.is_empty() { "sales were dated otherwise".to_string() } else { changes.join(", ") }
}
