//! What runs are started with: whether it is what the job asks for.

use super::{Job, Param, ParamKind};
use std::collections::BTreeMap;

impl Param {
    /// The value as steps will see it, or what is wrong with it.
    pub fn accept(&self, given: &str) -> Result<String, String> {
        let name = &self.name;
        let text = given.trim();
        let shown: String = given.chars().take(60).collect();
        match self.kind {
            ParamKind::Text => {
                if given.chars().count() > super::limits::TEXT_CHARS || given.contains('\0') {
                    return Err(format!("{name} is too long or holds a zero byte"));
                }
                match &self.pattern {
                    Some(pattern) if !is_match(pattern, given) => {
                        Err(format!("{name} is {shown:?} and must match {pattern}"))
                    }
                    _ => Ok(given.to_owned()),
                }
            }
            ParamKind::Integer => {
                let number: i64 =
                    text.parse().map_err(|_| format!("{name} is {shown:?} and must be a whole number"))?;
                self.in_range(number as f64).map(|()| number.to_string())
            }
            ParamKind::Number => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                let number = number.ok_or_else(|| format!("{name} is {shown:?} and must be a number"))?;
                self.in_range(number).map(|()| text.to_owned())
            }
            ParamKind::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok("true".to_owned()),
                "false" | "no" | "off" | "0" | "" => Ok("false".to_owned()),
                _ => Err(format!("{name} is {shown:?} and must be true or false")),
            },
            ParamKind::Choice if self.choices.iter().any(|choice| choice == given) => Ok(given.to_owned()),
            ParamKind::Choice => {
                Err(format!("{name} is {shown:?} and must be one of {}", self.choices.join(", ")))
            }
            ParamKind::Date => {
                let date: base::Date = text
                    .parse()
                    .map_err(|_| format!("{name} is {shown:?} and must be a day like 2026-11-01"))?;
                Ok(date.to_string())
            }
        }
    }

    fn in_range(&self, number: f64) -> Result<(), String> {
        let name = &self.name;
        match (self.least, self.most) {
            (Some(least), _) if number < least => {
                Err(format!("{name} is {number} and must be at least {least}"))
            }
            (_, Some(most)) if number > most => Err(format!("{name} is {number} and must be at most {most}")),
            _ => Ok(()),
        }
    }
}

impl Job {
    /// The values that a run gets for what it was given, defaults filled in; or everything that is wrong with it.
    pub fn arguments(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Vec<String>> {
        let (mut values, mut wrong) = (BTreeMap::new(), Vec::new());
        for param in &self.params {
            match given.get(&param.name).or(param.default.as_ref()).map(|value| param.accept(value)) {
                Some(Ok(value)) => {
                    values.insert(param.name.clone(), value);
                }
                Some(Err(reason)) => wrong.push(reason),
                None if param.required => wrong.push(format!("{} is required", param.name)),
                None => {}
            }
        }
        for name in given.keys().filter(|name| self.params.iter().all(|param| param.name != **name)) {
            wrong.push(format!("the job has no parameter {name}"));
        }
        if wrong.is_empty() { Ok(values) } else { Err(wrong) }
    }
}

fn is_match(pattern: &str, text: &str) -> bool {
    super::compiled(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}
