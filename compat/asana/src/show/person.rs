//! People.

use crate::call::Call;
use crate::show;
use crate::wire::fields::{Level, Want};
use crate::wire::record::{Record, named};
use base::Result;
use base::id::UserId;
use db::Tx;
use people::users::User;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use work::names::Person;

/// Sizes of photos that clients ask for by name.
const PHOTO_SIZES: &[u32] = &[21, 27, 36, 60, 128, 1024];

fn photo(call: &Call<'_>, user: &User) -> Value {
    if user.photo.is_none() {
        return Value::Null;
    }
    // One picture serves all sizes: browsers scale it.
    let address = call.app.link(&format!("/api/v1/users/{}/photo", user.id));
    let sizes =
        PHOTO_SIZES.iter().map(|size| (format!("image_{size}x{size}"), Value::String(address.clone())));
    Value::Object(sizes.collect::<Map<_, _>>())
}

/// Records of people.
pub async fn users(tx: &mut Tx, call: &Call<'_>, users: &[User], want: Want<'_>) -> Result<Vec<Value>> {
    let workspaces = match want.asks("workspaces", Level::Full) {
        true => json!([show::workspace(tx, want.of("workspaces")).await?]),
        false => Value::Null,
    };
    let record = |user: &User| {
        Record::new("user", user.id, want)
            .compact("name", user.name.as_str())
            .full("email", user.email.as_str())
            .full("photo", photo(call, user))
            .full("workspaces", workspaces.clone())
            .opt_in("custom_fields", json!([]))
            .done()
    };
    Ok(users.iter().map(record).collect())
}

/// People whose names are known, by id; loaded only when more than the name is wanted.
#[derive(Default)]
pub struct Crowd(HashMap<UserId, Value>);

impl Crowd {
    /// Builds the record of everybody among `persons`.
    pub async fn load(
        tx: &mut Tx,
        call: &Call<'_>,
        persons: impl Iterator<Item = &Person>,
        want: Want<'_>,
    ) -> Result<Self> {
        if !want.goes_beyond(&["name"]) {
            let mut known = HashMap::new();
            for person in persons {
                known.entry(person.id).or_insert_with(|| named("user", person.id, &person.name, want));
            }
            return Ok(Self(known));
        }
        let ids: Vec<UserId> = persons.map(|person| person.id).collect();
        Self::of_ids(tx, call, &ids, want).await
    }

    /// Builds the records of people of whom only the ids are known.
    pub async fn of_ids(tx: &mut Tx, call: &Call<'_>, ids: &[UserId], want: Want<'_>) -> Result<Self> {
        let mut ids = ids.to_vec();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let loaded: Vec<User> = people::users::by_ids(tx, &ids).await?.into_values().collect();
        let values = users(tx, call, &loaded, want).await?;
        Ok(Self(loaded.iter().map(|user| user.id).zip(values).collect()))
    }

    /// The record of one of them; `null` for nobody.
    pub fn get(&self, id: Option<UserId>) -> Value {
        id.and_then(|id| self.0.get(&id)).cloned().unwrap_or(Value::Null)
    }

    /// The record of one of them by name.
    pub fn person(&self, person: Option<&Person>) -> Value {
        self.get(person.map(|person| person.id))
    }

    /// The records of several.
    pub fn all(&self, persons: &[Person]) -> Value {
        persons.iter().filter_map(|person| self.0.get(&person.id).cloned()).collect()
    }
}
