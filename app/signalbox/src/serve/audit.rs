//! The journal over HTTP: for administrators, because it shows everything that everybody did.

use axum::extract::State;
use base::id::UserId;
use base::{Error, Role, Time};
use journal::Query as JournalQuery;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::api::{Listing, ProblemDocument, Routes};
use web::{App, Auth, Json, Query, Result};

/// The routes of the journal.
pub(super) fn api() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(verify))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only entries after this seq.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<String>,
    /// The same as `after`: `next` of the page before.
    cursor: Option<String>,
    /// Only entries about this subject, such as `task:1200000000000001`.
    subject: Option<String>,
    /// Only this verb (`task.completed`), or every verb of a noun (`task.`).
    verb: Option<String>,
    /// Only what this person did.
    actor: Option<String>,
    /// `asc` (oldest first, when absent) or `desc`.
    #[param(value_type = Option<String>)]
    order: Option<String>,
    /// How many entries at most, 1 to 1000; 100 when absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    limit: Option<String>,
}

/// One change that happened.
#[derive(Serialize, utoipa::ToSchema)]
struct EntryJson {
    /// Its place in the order of commits, without gaps.
    seq: i64,
    /// Its id.
    id: String,
    /// When.
    #[schema(value_type = String)]
    at: Time,
    /// Who; null for the program itself.
    actor: Option<String>,
    /// Their name at the time.
    actor_name: String,
    /// Through which door they came: web, api, system or form.
    door: String,
    /// What happened.
    verb: String,
    /// To what.
    subject: String,
    /// What else it concerns.
    parents: Vec<String>,
    /// Old and new values.
    data: serde_json::Value,
    /// The request that caused it.
    request: Option<String>,
}

/// Lists what happened.
#[utoipa::path(get, path = "/journal", tag = "journal", params(Which),
  responses((status = 200, body = Listing<EntryJson>), (status = "4XX", body = ProblemDocument)))]
async fn list(
    State(app): State<App>,
    Auth(actor): Auth,
    Query(which): Query<Which>,
) -> Result<Json<Listing<EntryJson>>> {
    let limit = limit(which.limit.as_deref())?;
    let query = JournalQuery {
        after: number(which.cursor.as_deref().or(which.after.as_deref()))?,
        subject: which.subject.map(|text| text.parse()).transpose()?,
        verb: which.verb,
        actor: which.actor.map(|text| text.parse::<UserId>()).transpose()?,
        newest_first: which.order.as_deref() == Some("desc"),
        limit: limit + 1,
        ..JournalQuery::default()
    };
    let mut tx = app.db.read(&actor).await?;
    people::rights::require_role(&tx, Role::Admin)?;
    let entries = journal::read(&mut tx, &query).await?;
    let shown = entries.into_iter().map(EntryJson::from).collect();
    Ok(Json(Listing::from_overfull(shown, limit, |entry: &EntryJson| entry.seq.to_string())))
}

fn limit(text: Option<&str>) -> base::Result<usize> {
    let Some(text) = text else { return Ok(100) };
    let parsed = text.parse::<usize>().ok().filter(|n| (1..=1_000).contains(n));
    parsed.ok_or_else(|| Error::invalid("limit.invalid", "limit takes a whole number from 1 to 1000"))
}

fn number(text: Option<&str>) -> base::Result<i64> {
    let Some(text) = text else { return Ok(0) };
    let parsed = text.parse::<i64>().ok().filter(|n| *n >= 0);
    parsed.ok_or_else(|| Error::invalid("after.invalid", "after takes the seq of an entry"))
}

/// What a check of the audit chain found.
#[derive(Serialize, utoipa::ToSchema)]
struct VerdictJson {
    /// Whether every sealed entry is as it was.
    whole: bool,
    /// How many sealed entries were checked.
    checked: i64,
    /// How many newer entries are not sealed yet.
    unsealed: i64,
    /// The hash of the newest seal: keep it somewhere else to notice even a replaced chain.
    hash: String,
    /// The seq of the first entry that is not as it was.
    broken_seq: Option<i64>,
    /// What is wrong, in a sentence.
    why: Option<String>,
}

/// Recomputes the audit chain and names the first broken entry.
#[utoipa::path(get, path = "/journal/verify", tag = "journal",
  responses((status = 200, body = VerdictJson), (status = "4XX", body = ProblemDocument)))]
async fn verify(State(app): State<App>, Auth(actor): Auth) -> Result<Json<VerdictJson>> {
    let mut tx = app.db.read(&actor).await?;
    people::rights::require_role(&tx, Role::Admin)?;
    let verdict = journal::verify(&mut tx).await?;
    Ok(Json(VerdictJson {
        whole: verdict.broken.is_none(),
        checked: verdict.checked,
        unsealed: verdict.unsealed,
        hash: verdict.hash,
        broken_seq: verdict.broken.as_ref().map(|broken| broken.seq),
        why: verdict.broken.map(|broken| broken.why),
    }))
}

impl From<journal::Entry> for EntryJson {
    fn from(entry: journal::Entry) -> Self {
        Self {
            seq: entry.seq,
            id: entry.id.to_string(),
            at: entry.at,
            actor: entry.actor.map(|id| id.to_string()),
            actor_name: entry.actor_name,
            door: entry.door,
            verb: entry.verb,
            subject: entry.subject.to_string(),
            parents: entry.parents.iter().map(ToString::to_string).collect(),
            data: entry.data,
            request: entry.request,
        }
    }
}

/// Seals what happened since the last seal, one range in one transaction, so that the writer is never held long.
pub(super) async fn seal(db: &db::Db) -> base::Result<()> {
    loop {
        let mut tx = db.write(&super::system()).await?;
        let sealed = journal::seal(&mut tx).await?;
        if sealed == 0 {
            return Ok(());
        }
        tx.commit().await?;
    }
}
