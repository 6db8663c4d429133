//! `/rule_triggers`: runs a rule by hand. Rules themselves have no public API.

use crate::routes::Route;

/// The endpoint.
pub const ROUTES: &[Route] = &[];
