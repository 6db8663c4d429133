//! Typeahead: names that contain what somebody has typed so far, of what the actor sees. Those that begin with it come first.

mod store;

use crate::tasks::TaskKind;
use base::{Error, Limit, Result, Role};
use db::Tx;
use people::rights;

base::text_enum! {
    /// What is looked for.
    pub enum Noun {
        /// Tasks; the last changed first.
        Task = "task",
        /// Projects.
        Project = "project",
        /// People.
        User = "user",
        /// Tags.
        Tag = "tag",
        /// Custom fields.
        Field = "custom_field",
        /// Teams.
        Team = "team",
    }
}

/// Something whose name matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub noun: Noun,
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What kind of task it is; of tasks.
    pub task_kind: Option<TaskKind>,
}

/// Returns at most `count` of a noun whose names contain `query`, in any case. An empty query finds the newest.
pub async fn find(tx: &mut Tx, noun: Noun, query: &str, count: usize) -> Result<Vec<Hit>> {
    rights::require_role(tx, Role::Guest)?;
    tx.limits().check(Limit::NameChars, query.chars().count(), "the query")?;
    if query.contains('\0') {
        return Err(Error::invalid("text.nul", "the query holds the character NUL"));
    }
    let count = count.clamp(1, tx.limits().count(Limit::PageObjects));
    let query = query.trim().to_lowercase();
    let hit = |noun, id, name| Hit { noun, id, name, task_kind: None };
    match noun {
        Noun::Task => store::tasks(tx, &query, count).await,
        Noun::Project => store::projects(tx, &query, count).await,
        Noun::Tag => store::tags(tx, &query, count).await,
        Noun::Field => store::fields(tx, &query, count).await,
        Noun::User => {
            let filter = people::users::UserFilter {
                query: (!query.is_empty()).then(|| query.clone()),
                limit: tx.limits().count(Limit::UnpagedObjects),
                ..people::users::UserFilter::default()
            };
            let found = people::users::list(tx, &filter).await?;
            let hits = found.into_iter().map(|user| hit(noun, user.id.0, user.name));
            Ok(best(hits.collect(), &query, count))
        }
        Noun::Team => {
            let found = people::teams::list(tx).await?;
            let hits = found.into_iter().filter(|team| team.name.to_lowercase().contains(&query));
            Ok(best(hits.map(|team| hit(noun, team.id.0, team.name)).collect(), &query, count))
        }
    }
}

fn best(mut hits: Vec<Hit>, query: &str, count: usize) -> Vec<Hit> {
    hits.sort_by_key(|hit| {
        let name = hit.name.to_lowercase();
        (!name.starts_with(query), name)
    });
    hits.truncate(count);
    hits
}
