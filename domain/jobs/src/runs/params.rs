//! What a run is handed: checked against what the job's file asks for.

use crate::file::{Job, Param, ParamKind, compiled};
use base::{Date, Error, Result};
use std::collections::BTreeMap;

/// A longer value is refused: it goes into the environment of every step.
const CHARS_MAX: usize = 8_192;

/// The values of a run: what was given, and defaults for the rest. Refuses what the job does not ask for.
pub(super) fn resolved(job: &Job, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    if let Some(unknown) = given.keys().find(|name| job.params.iter().all(|param| param.name != **name)) {
        let known: Vec<&str> = job.params.iter().map(|param| param.name.as_str()).collect();
        let hint = if known.is_empty() {
            "it takes none".to_owned()
        } else {
            format!("it takes {}", known.join(", "))
        };
        return Err(Error::invalid(
            "param.unknown",
            format!("{} has no parameter {unknown:.100}; {hint}", job.name),
        ));
    }
    let mut all = BTreeMap::new();
    for param in &job.params {
        let value = given.get(&param.name).or(param.default.as_ref());
        match value {
            Some(value) => {
                check(param, value).map_err(|why| {
                    Error::invalid("param.invalid", format!("The parameter {} {why}", param.name))
                })?;
                all.insert(param.name.clone(), value.clone());
            }
            None if param.required => {
                let message = format!("The parameter {} is needed: {}", param.name, param.title);
                return Err(Error::invalid("param.missing", message));
            }
            None => {}
        }
    }
    Ok(all)
}

fn check(param: &Param, value: &str) -> Result<(), String> {
    if value.chars().count() > CHARS_MAX {
        return Err(format!("has at most {CHARS_MAX} characters"));
    }
    if value.contains('\0') {
        return Err("must not hold a zero character".to_owned());
    }
    match param.kind {
        ParamKind::Text => match &param.pattern {
            Some(pattern) if !matches(pattern, value) => Err(format!("must match {pattern}")),
            _ => Ok(()),
        },
        ParamKind::Boolean if matches!(value, "true" | "false") => Ok(()),
        ParamKind::Boolean => Err("is true or false".to_owned()),
        ParamKind::Choice if param.choices.iter().any(|choice| choice == value) => Ok(()),
        ParamKind::Choice => Err(format!("is one of {}", param.choices.join(", "))),
        ParamKind::Date => value.parse::<Date>().map(drop).map_err(|_| "is a day like 2026-11-01".to_owned()),
        ParamKind::Integer => match value.parse::<i64>() {
            Ok(number) => within(param, number as f64),
            Err(_) => Err("is a whole number".to_owned()),
        },
        ParamKind::Number => match value.parse::<f64>() {
            Ok(number) if number.is_finite() => within(param, number),
            _ => Err("is a number".to_owned()),
        },
    }
}

fn matches(pattern: &str, value: &str) -> bool {
    compiled(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(value))
}

fn within(param: &Param, number: f64) -> Result<(), String> {
    match (param.least, param.most) {
        (Some(least), _) if number < least => Err(format!("is at least {least}")),
        (_, Some(most)) if number > most => Err(format!("is at most {most}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        let param = |name: &str, kind| Param { name: name.to_owned(), kind, ..Param::default() };
        Job {
            name: "report".to_owned(),
            params: vec![
                Param { required: true, ..param("month", ParamKind::Date) },
                Param {
                    least: Some(1.0),
                    most: Some(5.0),
                    default: Some("2".to_owned()),
                    ..param("tries", ParamKind::Integer)
                },
                Param { choices: vec!["a".to_owned(), "b".to_owned()], ..param("kind", ParamKind::Choice) },
                Param { pattern: Some("[a-z]+".to_owned()), ..param("word", ParamKind::Text) },
            ],
            ..Job::default()
        }
    }

    fn given(pairs: &[(&str, &str)]) -> Result<BTreeMap<String, String>> {
        let given = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        resolved(&job(), &given)
    }

    #[test]
    fn defaults_fill_in_and_what_is_wrong_is_named() {
        let all = given(&[("month", "2026-11-01")]).expect("good");
        assert_eq!(all.get("tries").map(String::as_str), Some("2"));
        assert!(!all.contains_key("kind"));
        for (pairs, code, word) in [
            (&[][..], "param.missing", "month"),
            (&[("month", "soon")], "param.invalid", "day"),
            (&[("month", "2026-11-01"), ("tries", "9")], "param.invalid", "at most 5"),
            (&[("month", "2026-11-01"), ("kind", "c")], "param.invalid", "one of a, b"),
            (&[("month", "2026-11-01"), ("word", "x1")], "param.invalid", "match"),
            (&[("month", "2026-11-01"), ("moth", "x")], "param.unknown", "moth"),
        ] {
            let error = given(pairs).expect_err("refused");
            assert_eq!(error.code(), code, "{pairs:?}");
            assert!(error.message().contains(word), "{}", error.message());
        }
    }
}
