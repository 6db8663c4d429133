//! The people of the demonstration and what they are working on, made through the public interfaces.

use crate::cli::print_line;
use crate::client::{Client, Failure, segment};
use crate::demo::stage::Place;
use serde_json::{Value, json};

/// The tokens of those who act.
pub struct Cast {
    /// Ben, who looks after production.
    pub ben: String,
    /// The machine account of the bastion.
    pub bastion: String,
}

/// Email, name, role, and whether they need a token.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("ben@example.com", "Ben Okafor", "member"),
    ("chiara@example.com", "Chiara Rossi", "member"),
    ("dmitri@example.com", "Dmitri Volkov", "member"),
    ("bastion@example.com", "Bastion", "member"),
];

/// Project, task, who, days from now that it is due, and whether it is done.
const TASKS: [(&str, &str, &str, Option<i64>, bool); 12] = [
    ("Shop", "Gift cards cannot be combined with vouchers", "chiara@example.com", Some(2), false),
    ("Shop", "Delivery date is wrong over public holidays", "dmitri@example.com", Some(1), false),
    ("Shop", "Ask the designers about the empty basket page", "chiara@example.com", None, false),
    ("Shop", "Search finds boots when people type shoes", "dmitri@example.com", Some(6), false),
    ("Shop", "Declined cards show an error code nobody understands", "chiara@example.com", Some(-1), true),
    ("Shop", "Measure how many people leave at the address form", "ann@example.com", Some(9), false),
    ("Operations", "Renew the certificate of the pickup service", "ben@example.com", Some(3), false),
    ("Operations", "Second bastion host: same crontab, other rack", "ben@example.com", Some(5), false),
    ("Operations", "Rehearse restoring last night's backup", "ben@example.com", Some(12), false),
    ("Operations", "Move the image cache off the old disks", "dmitri@example.com", Some(-2), true),
    ("Autumn sale", "Raise the limits before the sale starts", "ben@example.com", Some(8), false),
    ("Autumn sale", "Banner texts in four languages", "chiara@example.com", Some(4), false),
];

/// Makes everything that is there before the story begins.
pub async fn invite(place: &Place) -> Result<Cast, Failure> {
    let admin = place.client(&place.token)?;
    admin.patch("users/me", &json!({"name": "Ann Lee"})).await?;
    for (email, name, role) in PEOPLE {
        place.call(&place.token, &["user", "add", email, "--name", name, "--role", role]).await?;
    }
    let cast = Cast {
        ben: token(place, "ben@example.com").await?,
        bastion: token(place, "bastion@example.com").await?,
    };
    let shop = place.path("shop.git");
    place.call(&place.token, &["repo", "add", "shop", &shop.to_string_lossy()]).await?;
    place.call(&place.token, &["env", "add", "beta", "--repository", "shop"]).await?;
    place
        .call(&place.token, &["env", "add", "production", "--repository", "shop", "--after", "beta"])
        .await?;
    print_line("people, a repository and the environments beta and production are there");
    work(&admin).await?;
    Ok(cast)
}

async fn token(place: &Place, email: &str) -> Result<String, Failure> {
    place.call(&place.token, &["token", "new", "--user", email, "--name", "demo"]).await
}

async fn work(admin: &Client) -> Result<(), Failure> {
    let today = base::Clock::system().now();
    let mut project: (&str, Value) = ("", Value::Null);
    for (name, task, assignee, due, is_done) in TASKS {
        if project.0 != name {
            project = (name, admin.post("projects", &json!({"name": name})).await?["id"].clone());
        }
        let mut body = json!({"name": task, "projects": [project.1], "assignee": assignee});
        if let Some(days) = due {
            body["due_on"] = day(today, days).into();
        }
        let made = admin.post("tasks", &body).await?;
        let path = format!("tasks/{}", segment(made["id"].as_str().unwrap_or_default()));
        if is_done {
            admin.patch(&path, &json!({"completed": true})).await?;
        } else if due.is_none() {
            let text = "They answer on Thursdays; I have asked.";
            admin.post(&format!("{path}/comments"), &json!({"text": text})).await?;
        }
    }
    Ok(())
}

fn day(today: base::Time, days: i64) -> String {
    base::Time::from_millis(today.millis() + days * 86_400_000).date_utc().to_string()
}
