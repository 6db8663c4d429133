//! Parameters, and the values that triggers hand over.

use super::super::limits::PARAMS;
use super::super::shapes::{self, WORD};
use super::super::view::View;
use super::super::{Param, ParamKind};
use super::is;
use std::collections::BTreeMap;

/// Values that a trigger hands to its runs.
pub(super) fn given(view: Option<View<'_>>) -> BTreeMap<String, String> {
    let rule = "a parameter's name has lower-case letters, digits and underscores";
    let named = view.map(|view| view.named(rule, |name| is(WORD, name))).unwrap_or_default();
    named.into_iter().filter_map(|(name, value)| Some((name, value.scalar()?))).collect()
}

pub(super) fn params(view: &View<'_>) -> Vec<Param> {
    let rule = "a parameter's name has lower-case letters, digits and underscores, at most 40";
    let named = view.named(rule, |name| is(WORD, name));
    if named.len() > PARAMS {
        view.error(format!("there are {} parameters, and {PARAMS} are the most", named.len()));
    }
    named.into_iter().take(PARAMS).filter_map(|(name, view)| param(name, &view)).collect()
}

fn param(name: String, view: &View<'_>) -> Option<Param> {
    if !view.is_map() {
        let default = if view.node.is_null() { None } else { Some(view.scalar()?) };
        return Some(Param { title: name.clone(), name, default, ..Param::default() });
    }
    let keys = view.map(&shapes::PARAM)?;
    let choices: Vec<String> = keys
        .get("choices")
        .map(|choices| choices.many().iter().filter_map(View::scalar).collect())
        .unwrap_or_default();
    let usual = if choices.is_empty() { ParamKind::Text } else { ParamKind::Choice };
    let kind =
        keys.get("type").and_then(|word| word.word(ParamKind::ALL, ParamKind::as_str)).unwrap_or(usual);
    if (kind == ParamKind::Choice) == choices.is_empty() {
        view.error("choices belong to the type choice, and that needs them");
    }
    let pattern = keys.get("pattern").and_then(|pattern| {
        let text = pattern.text()?;
        if let Err(message) = super::super::compiled(&text) {
            pattern.error(message);
        }
        Some(text)
    });
    let param = Param {
        title: keys.get("title").and_then(|title| title.name()).unwrap_or_else(|| name.clone()),
        name,
        kind,
        description: keys.get("description").and_then(|text| text.text()).unwrap_or_default(),
        default: keys.get("default").and_then(|default| default.scalar()),
        required: keys.get("required").is_some_and(|required| required.boolean().unwrap_or(false)),
        choices,
        pattern,
        least: keys.get("least").and_then(|least| least.number()),
        most: keys.get("most").and_then(|most| most.number()),
    };
    if let (Some(default), Some(view)) = (&param.default, keys.get("default"))
        && let Err(message) = param.accept(default)
    {
        view.error(message);
    }
    Some(param)
}
