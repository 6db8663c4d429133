//! Conditions that depend on what was asked for, without pasting values into SQL.

use base::Value;

/// Gathers conditions and their parameters: `filter.and("task.name = ?", [name])`; each `?` becomes the next `$n`.
#[derive(Debug, Default)]
pub struct Filter {
    conditions: Vec<String>,
    params: Vec<Value>,
}

impl Filter {
    /// Starts with parameters that the statement around the filter uses itself as `$1`, `$2` and so on.
    pub fn after(params: impl Into<Vec<Value>>) -> Self {
        Self { conditions: Vec::new(), params: params.into() }
    }

    /// Adds a condition that must hold; its text is code, its values are parameters.
    pub fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        let mut text = String::with_capacity(condition.len() + 8);
        let mut values = values.into_iter();
        for c in condition.chars() {
            if c == '?' {
                self.params.push(values.next().unwrap_or(Value::Null));
                text.push_str(&format!("${}", self.params.len()));
            } else {
                text.push(c);
            }
        }
        self.conditions.push(text);
    }

    /// Adds `column in (...)`; with no values nothing matches.
    pub fn and_in(&mut self, column: &str, values: impl IntoIterator<Item = Value>) {
        let values: Vec<Value> = values.into_iter().collect();
        if values.is_empty() {
            self.conditions.push("1 = 0".to_owned());
            return;
        }
        let marks = vec!["?"; values.len()].join(", ");
        self.and(&format!("{column} in ({marks})"), values);
    }

    /// Adds a parameter and returns its `$n`, for an `order by` or a `limit`.
    pub fn param(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    /// The conditions joined by `and`; `1 = 1` when there are none.
    pub fn sql(&self) -> String {
        if self.conditions.is_empty() { "1 = 1".to_owned() } else { self.conditions.join(" and ") }
    }

    /// The parameters, in order.
    pub fn params(&self) -> &[Value] {
        &self.params
    }
}
