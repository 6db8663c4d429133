//! What other domains know beside a task. None of them is known here: the wiring lends their columns to the lists of tasks and
//! their rows to a task's pane, like it lends the places of commits to the pages of repositories.

use base::Result;
use base::id::TaskId;
use db::Tx;
use maud::Markup;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use web::App;
use web::ui::Frame;

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Asks for the cells of a page.
pub type Cells = for<'a> fn(&'a mut Tx, &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, Markup>>;

/// A column that another domain lends. Both questions are asked in a fixed number of statements, however many tasks there are.
#[derive(Clone, Copy)]
pub struct Lent {
    /// Its name, as the head of a column.
    pub name: &'static str,
    /// How wide it is, in the words of a grid.
    pub width: &'static str,
    /// A cell for each of the tasks of a page, or nothing at all when none of them has anything to show; then there is no column.
    pub cells: Cells,
    /// The same in words, for the pane of one task.
    pub whole: for<'a> fn(&'a mut Tx, &'a Frame, TaskId) -> Answer<'a, Option<Markup>>,
}

/// Everything that is lent; among the parts of the app, where the wiring has any.
#[derive(Clone, Copy)]
pub struct Beside(pub &'static [Lent]);

fn lent(app: &App) -> &[Lent] {
    app.parts.get::<Beside>().map_or(&[], |beside| beside.0)
}

/// A column with the cells of a page.
pub(crate) struct Column {
    pub name: &'static str,
    pub width: &'static str,
    pub cells: BTreeMap<TaskId, Markup>,
}

/// The columns that these tasks have something in.
pub(crate) async fn columns(
    app: &App,
    tx: &mut Tx,
    tasks: impl Iterator<Item = TaskId>,
) -> Result<Vec<Column>> {
    let (tasks, mut found): (Vec<TaskId>, _) = (tasks.collect(), Vec::new());
    for Lent { name, width, cells, .. } in lent(app) {
        let cells = if tasks.is_empty() { BTreeMap::new() } else { cells(tx, &tasks).await? };
        if !cells.is_empty() {
            found.push(Column { name, width, cells });
        }
    }
    Ok(found)
}

/// What the pane of a task shows.
pub(crate) async fn of(
    app: &App,
    tx: &mut Tx,
    frame: &Frame,
    task: TaskId,
) -> Result<Vec<(&'static str, Markup)>> {
    let mut found = Vec::new();
    for Lent { name, whole, .. } in lent(app) {
        if let Some(shown) = whole(tx, frame, task).await? {
            found.push((*name, shown));
        }
    }
    Ok(found)
}
