//! A row of an answer.

use base::{Error, FromValue, Result, Value};

/// One row; columns are taken by position, in the order of the select list.
#[derive(Clone, Debug)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Reads the column at `index`.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        let value = self.0.get(index).cloned().ok_or_else(|| no_column(index))?;
        T::from_value(value).map_err(|e| e.while_doing(format!("reading column {index}")))
    }

    /// Takes the columns one after the other, from the first.
    pub fn columns(self) -> Columns {
        Columns { values: self.0.into_iter(), index: 0 }
    }
}

/// The columns of a row, taken one after the other.
#[derive(Debug)]
pub struct Columns {
    values: std::vec::IntoIter<Value>,
    index: usize,
}

impl Columns {
    /// Takes the next column.
    #[expect(clippy::should_implement_trait, reason = "an iterator has one type; columns differ")]
    pub fn next<T: FromValue>(&mut self) -> Result<T> {
        let index = self.index;
        self.index += 1;
        let value = self.values.next().ok_or_else(|| no_column(index))?;
        T::from_value(value).map_err(|e| e.while_doing(format!("reading column {index}")))
    }
}

fn no_column(index: usize) -> Error {
    Error::bug("db.column_missing", format!("a statement was expected to give a column {index}"))
}
