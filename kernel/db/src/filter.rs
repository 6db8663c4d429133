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
        let mut parts = condition.split('?');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            self.params.push(values.next().unwrap_or(Value::Null));
            self.write_mark(&mut text);
            text.push_str(part);
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
        let mut text = String::with_capacity(column.len() + 8 + 6 * values.len());
        text.push_str(column);
        for (n, value) in values.into_iter().enumerate() {
            text.push_str(if n == 0 { " in (" } else { ", " });
            self.params.push(value);
            self.write_mark(&mut text);
        }
        text.push(')');
        self.conditions.push(text);
    }

    /// Writes the `$n` of the last parameter. Lists ask for a hundred things by id in a dozen statements: this is no place to allocate.
    fn write_mark(&self, text: &mut String) {
        text.push('$');
        text.push_str(itoa::Buffer::new().format(self.params.len()));
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
