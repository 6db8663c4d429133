//! Obligations become lines of lists, with texts that are read again from the exports.

use super::Frame;
use crate::book::names::List;
use crate::figures::Missed;
use crate::input::recall::Texts;
use crate::rules::{Obligation, Outcome};
use std::collections::HashMap;

/// The line of a list for an obligation.
///
/// `maybe` is where the record of a sale is that may be its renewal.
pub fn missed(frame: &Frame<'_>, o: &Obligation, maybe: Option<u64>, all: &HashMap<u64, Texts>) -> Missed {
    let names = &frame.ledger.names;
    let texts = all.get(&o.line.at).cloned().unwrap_or_default();
    let (country, region) = names.parts(List::Place, o.line.place.into());
    let app = names.name(List::App, o.line.app.into());
    let until = if o.outcome == Outcome::VeryLate { o.retained_on() } else { None };
    let maybe = maybe.and_then(|at| all.get(&at)).map(|texts| texts.licence.clone());
    Missed {
        licence: texts.licence,
        app: app.to_string(),
        app_name: names.app_names.get(app).cloned().unwrap_or_default(),
        hosting: names.name(List::Hosting, o.line.hosting.into()).to_string(),
        tier: names.name(List::Tier, o.line.tier.into()).to_string(),
        due: o.due,
        outcome: o.outcome.name().to_string(),
        days_overdue: until.unwrap_or(frame.as_of).0 - o.due.0,
        last_price_cents: o.line.price.into(),
        expected_cents: o.expected,
        maybe,
        company: texts.company,
        country: country.to_string(),
        region: region.to_string(),
        partner: names.parts(List::Partner, o.line.partner).0.to_string(),
        contact: texts.contact,
    }
}
