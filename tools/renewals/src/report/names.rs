//! What segments are called on the page.

use std::collections::BTreeMap;

use super::frame::short;
use crate::figures::Figures;

/// The names of apps, as far as the lists tell them: segments know an app by its key alone.
#[derive(Debug, Default)]
pub struct Names<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    /// Returns the names that the lists of licences tell.
    pub fn of_apps(figures: &'a Figures) -> Self {
        let listed = figures.not_renewed.iter().chain(&figures.won_back);
        Self(listed.filter(|one| !one.app_name.is_empty()).map(|one| (&*one.app, &*one.app_name)).collect())
    }

    /// Returns what a segment is called in a sentence, where no heading says what it is a part of.
    pub fn told(&self, dimension: &str, segment: &str) -> String {
        let kind = match dimension {
            "partner_type" => "kinds of partner",
            "country" => "countries",
            "app" => "apps",
            other => &format!("{other}s"),
        };
        match (dimension, segment) {
            (_, "(other)") => format!("other {kind}"),
            (_, "(none)") => format!("no {}", dimension.replace('_', " ")),
            ("tier" | "term" | "tenure", _) => format!("{dimension} {}", self.of(dimension, segment)),
            _ => self.of(dimension, segment),
        }
    }

    /// Returns what a segment of a dimension is called.
    pub fn of(&self, dimension: &str, segment: &str) -> String {
        match (segment, self.0.get(segment)) {
            ("(none)", _) => "None given".to_owned(),
            ("(other)", _) => "All others".to_owned(),
            (_, Some(name)) if dimension == "app" => short(name, 40),
            (name, _) => short(&name.replace('_', " "), 40),
        }
    }
}
