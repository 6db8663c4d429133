//! Entries: what is written, and how it is read.

use base::id::{TokenId, UserId};
use base::{Error, Result, Time};
use db::{Filter, Row, Tx, params};
use std::borrow::Cow;

/// What an entry is about: a noun and an id. Its text is `task:1200000000000001`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The noun.
    pub kind: Cow<'static, str>,
    /// The id.
    pub id: i64,
}

impl Subject {
    /// The subject of a noun and an id.
    pub fn new(kind: &'static str, id: impl Into<i64>) -> Self {
        Self { kind: Cow::Borrowed(kind), id: id.into() }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl std::str::FromStr for Subject {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let parsed = text.split_once(':').and_then(|(kind, id)| Some((kind, id.parse().ok()?)));
        let Some((kind, id)) = parsed.filter(|(kind, _)| !kind.is_empty() && kind.len() <= 40) else {
            return Err(Error::invalid(
                "subject.malformed",
                "a subject is a noun and an id, like task:1200000000000001",
            ));
        };
        Ok(Self { kind: Cow::Owned(kind.to_owned()), id })
    }
}

impl serde::Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// One change that happened.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Entry {
    /// Its place in the order of commits, without gaps.
    pub seq: i64,
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: i64,
    /// When.
    pub at: Time,
    /// Who; none for the program itself and for strangers.
    pub actor: Option<UserId>,
    /// Their name at the time.
    pub actor_name: String,
    /// Through which door they came.
    pub door: String,
    /// With which token.
    pub token: Option<TokenId>,
    /// What happened, as `noun.past_tense`.
    pub verb: String,
    /// To what.
    pub subject: Subject,
    /// Whose watchers should see it too.
    pub parents: Vec<Subject>,
    /// Old and new values, and the names needed to tell the story later.
    pub data: serde_json::Value,
    /// The request that caused it.
    pub request: Option<String>,
}

fn as_text<S: serde::Serializer>(id: &i64, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(id)
}

const COUNT: &str = "update journal_head set seq = seq + 1";

const INSERT: &str = "insert into entry
    (seq, id, at, actor_id, actor_name, door, token_id, verb, subject, parents, data, request)
  select seq, cast($1 as bigint), cast($2 as bigint), cast($3 as bigint), cast($4 as text), cast($5 as text),
    cast($6 as bigint), cast($7 as text), cast($8 as text), cast($9 as text), cast($10 as text), cast($11 as text)
  from journal_head";

const ABOUT: &str = "insert into entry_about (subject, seq) select cast($1 as text), seq from journal_head
  where true on conflict do nothing";

/// Enters a change in the journal; it is written with the transaction, or not at all.
pub fn enter(
    tx: &mut Tx,
    verb: &'static str,
    subject: Subject,
    parents: &[Subject],
    data: serde_json::Value,
) {
    let id: i64 = tx.new_id();
    let actor = tx.actor().clone();
    let listed = parents.iter().map(Subject::to_string).collect::<Vec<_>>().join(" ");
    let values = params![
        id,
        tx.now(),
        actor.user,
        actor.name,
        actor.door,
        actor.token,
        verb,
        subject.to_string(),
        listed,
        data,
        actor.request,
    ];
    tx.defer(COUNT, Vec::new());
    tx.defer(INSERT, values.to_vec());
    tx.defer(ABOUT, params![subject.to_string()].to_vec());
    for parent in parents.iter().filter(|parent| **parent != subject) {
        tx.defer(ABOUT, params![parent.to_string()].to_vec());
    }
}

/// The seq of the newest entry; 0 when nothing has happened yet.
pub async fn head(tx: &mut Tx) -> Result<i64> {
    tx.one("select seq from journal_head", &[]).await?.get(0)
}

/// Which entries to read.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only entries after this seq.
    pub after: i64,
    /// Only entries before this seq.
    pub before: Option<i64>,
    /// Only entries about this subject, as subject or parent.
    pub subject: Option<Subject>,
    /// Only this verb, or with a trailing `.` (`task.`) every verb of that noun.
    pub verb: Option<String>,
    /// Only what this person did.
    pub actor: Option<UserId>,
    /// Only what happened at this time or later.
    pub from: Option<Time>,
    /// Only what happened before this time.
    pub to: Option<Time>,
    /// Only what this request caused at this instant: one transaction has one instant.
    pub request: Option<(String, Time)>,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// At most so many.
    pub limit: usize,
}

const COLUMNS: &str =
    "entry.seq, entry.id, entry.at, entry.actor_id, entry.actor_name, entry.door, entry.token_id,
  entry.verb, entry.subject, entry.parents, entry.data, entry.request";

/// Reads entries. Rights are the caller's business: the whole journal is for administrators.
pub async fn read(tx: &mut Tx, query: &Query) -> Result<Vec<Entry>> {
    let mut filter = Filter::default();
    let mut from = "entry";
    filter.and("entry.seq > ?", params![query.after]);
    if let Some(before) = query.before {
        filter.and("entry.seq < ?", params![before]);
    }
    if let Some(subject) = &query.subject {
        from = "entry_about join entry on entry.seq = entry_about.seq";
        filter.and("entry_about.subject = ?", params![subject.to_string()]);
    }
    match query.verb.as_deref() {
        Some(noun) if noun.ends_with('.') => {
            filter.and("substr(entry.verb, 1, ?) = ?", params![noun.chars().count(), noun]);
        }
        Some(verb) => filter.and("entry.verb = ?", params![verb]),
        None => {}
    }
    if let Some(actor) = query.actor {
        filter.and("entry.actor_id = ?", params![actor]);
    }
    if let Some(from) = query.from {
        filter.and("entry.at >= ?", params![from]);
    }
    if let Some(to) = query.to {
        filter.and("entry.at < ?", params![to]);
    }
    if let Some((request, at)) = &query.request {
        filter.and("entry.at = ? and entry.request = ?", params![*at, request]);
    }
    let order = if query.newest_first { "desc" } else { "asc" };
    let limit = filter.param(query.limit);
    let sql = format!(
        "select {COLUMNS} from {from} where {} order by entry.seq {order} limit {limit}",
        filter.sql()
    );
    tx.rows(&sql, filter.params()).await?.into_iter().map(from_row).collect()
}

pub(crate) fn from_row(row: Row) -> Result<Entry> {
    let mut c = row.columns();
    Ok(Entry {
        seq: c.next()?,
        id: c.next()?,
        at: c.next()?,
        actor: c.next()?,
        actor_name: c.next()?,
        door: c.next()?,
        token: c.next()?,
        verb: c.next()?,
        subject: c.next::<String>()?.parse()?,
        parents: c.next::<String>()?.split_whitespace().map(str::parse).collect::<Result<_>>()?,
        data: c.next()?,
        request: c.next()?,
    })
}
