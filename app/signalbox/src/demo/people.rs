//! The people of the demonstration and where they deploy to, made through the public interfaces.

use crate::cli::print_line;
use crate::client::{Client, Failure, segment};
use crate::demo::stage::{ADMINISTRATOR, Place};
use crate::demo::work;
use serde_json::json;
use std::collections::BTreeMap;

/// Somebody who acts.
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their token.
    pub token: String,
    /// What they call the server with.
    pub client: Client,
}

/// Everybody, and what they work on.
pub struct Cast {
    people: BTreeMap<&'static str, Person>,
    /// The ids of tasks by their names.
    pub tasks: BTreeMap<&'static str, String>,
}

impl Cast {
    /// Somebody by their first name. Only those are asked for who were invited.
    pub fn of(&self, name: &str) -> &Person {
        self.people.get(name).unwrap_or(&self.people["ann"])
    }

    /// The machine account of the bastion.
    pub fn bastion(&self) -> &str {
        &self.of("bastion").token
    }
}

/// First name and name.
const PEOPLE: [(&str, &str); 6] = [
    ("ben", "Ben Okafor"),
    ("chiara", "Chiara Rossi"),
    ("dmitri", "Dmitri Volkov"),
    ("emi", "Emi Tanaka"),
    ("farid", "Farid Haddad"),
    ("bastion", "Bastion"),
];

/// Makes everything that is there before the story begins.
pub async fn invite(place: &Place) -> Result<Cast, Failure> {
    let admin = place.client(&place.token)?;
    admin.patch("users/me", &json!({"name": "Ann Lee"})).await?;
    let ann = Person { email: ADMINISTRATOR.to_owned(), token: place.token.clone(), client: admin.clone() };
    let mut cast = Cast { people: BTreeMap::from([("ann", ann)]), tasks: BTreeMap::new() };
    for (first, name) in PEOPLE {
        let email = format!("{first}@example.com");
        let made = admin.post("users", &json!({"email": email, "name": name, "role": "member"})).await?;
        let tokens = format!("users/{}/tokens", segment(made["id"].as_str().unwrap_or_default()));
        let token = admin.post(&tokens, &json!({"name": "demo"})).await?;
        let token = token["token"].as_str().unwrap_or_default().to_owned();
        let client = place.client(&token)?;
        cast.people.insert(first, Person { email, token, client });
    }
    let shop = place.path("shop.git");
    place.call(&place.token, &["repo", "add", "shop", &shop.to_string_lossy()]).await?;
    place.call(&place.token, &["env", "add", "beta", "--repository", "shop"]).await?;
    place
        .call(&place.token, &["env", "add", "production", "--repository", "shop", "--after", "beta"])
        .await?;
    print_line("people, a repository and the environments beta and production are there");
    cast.tasks = work::make(&cast, base::Clock::system().now()).await?;
    Ok(cast)
}
