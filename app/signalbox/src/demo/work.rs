//! What the people of the demonstration are working on: projects with a past, made through the same interface as anybody's.

use crate::client::{Client, Failure, segment};
use crate::demo::people::Cast;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A project: its name, colour, view, what it is for, and its sections.
const PROJECTS: [(&str, &str, &str, &str, &[&str]); 3] = [
    (
        "Shop",
        "dark-teal",
        "list",
        "Everything that customers see.",
        &["Blocking production", "In progress", "Next", "Done this week"],
    ),
    ("Operations", "dark-blue", "list", "What keeps the shop running.", &["This week", "Later"]),
    (
        "Autumn sale",
        "dark-brown",
        "board",
        "Starts on a Friday, as every year.",
        &["Planned", "Under way", "Ready"],
    ),
];

/// A task: its project, section, name, who, how urgent, and days from now that it is due.
type Task = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<i64>);

const TASKS: [Task; 22] = [
    ("Shop", "Blocking production", "Order totals are off by a cent", "dmitri", "Now", Some(0)),
    ("Shop", "Blocking production", "Delivery date is wrong over public holidays", "emi", "High", Some(-1)),
    ("Shop", "In progress", "Show the delivery date on the order page", "chiara", "High", Some(1)),
    ("Shop", "In progress", "Accept gift cards at checkout", "chiara", "Normal", Some(2)),
    ("Shop", "In progress", "Search finds boots when people type shoes", "dmitri", "High", Some(3)),
    ("Shop", "In progress", "Keep the basket for thirty days", "dmitri", "Normal", Some(5)),
    ("Shop", "In progress", "Explain why a card was declined", "emi", "Normal", None),
    ("Shop", "Next", "Send the invoice as PDF", "emi", "Normal", Some(8)),
    ("Shop", "Next", "Translate the returns form", "farid", "Low", Some(11)),
    ("Shop", "Next", "Ask the designers about the empty basket page", "chiara", "Normal", None),
    ("Shop", "Next", "Measure how many people leave at the address form", "ann", "Low", Some(9)),
    ("Shop", "Done this week", "Order mails have the wrong time zone", "dmitri", "High", Some(-2)),
    ("Shop", "Done this week", "Make the colour filter keyboard friendly", "chiara", "Normal", Some(-1)),
    ("Operations", "This week", "Renew the certificate of the pickup service", "ben", "High", Some(3)),
    ("Operations", "This week", "Second bastion host: same crontab, other rack", "ben", "Normal", Some(5)),
    ("Operations", "This week", "Move the image cache off the old disks", "dmitri", "Normal", Some(-2)),
    ("Operations", "Later", "Rehearse restoring last night's backup", "ann", "Normal", Some(12)),
    ("Operations", "Later", "Delete the accounts of people who left", "farid", "Low", Some(20)),
    ("Autumn sale", "Planned", "Raise the limits before the sale starts", "ben", "High", Some(8)),
    ("Autumn sale", "Under way", "Banner texts in four languages", "farid", "Normal", Some(4)),
    ("Autumn sale", "Under way", "Prices of the first week", "ann", "High", Some(2)),
    ("Autumn sale", "Ready", "Choose the shoes of the front page", "emi", "Low", Some(-1)),
];

/// Those that are done already.
const DONE: [&str; 4] = [
    "Order mails have the wrong time zone",
    "Make the colour filter keyboard friendly",
    "Move the image cache off the old disks",
    "Choose the shoes of the front page",
];

/// What was said: the task, who, and the words.
const COMMENTS: [(&str, &str, &str); 9] = [
    (
        "Order totals are off by a cent",
        "chiara",
        "Three customers wrote since yesterday. All of them paid with two vouchers.",
    ),
    (
        "Order totals are off by a cent",
        "dmitri",
        "Then it is the rounding: we round each voucher and not their sum. I can have it today.",
    ),
    (
        "Order totals are off by a cent",
        "ben",
        "Please tell me before it goes to production, the bookkeeping runs at five.",
    ),
    (
        "Show the delivery date on the order page",
        "emi",
        "Works on beta with my address. On Sundays it says Monday, which is right.",
    ),
    (
        "Show the delivery date on the order page",
        "chiara",
        "Thank you. The mail has the old text still, I will change that too.",
    ),
    ("Ask the designers about the empty basket page", "chiara", "They answer on Thursdays; I have asked."),
    (
        "Search finds boots when people type shoes",
        "ann",
        "This is what most people who write to us are looking for.",
    ),
    (
        "Second bastion host: same crontab, other rack",
        "ben",
        "The slots make sure that only one of them deploys, so there is nothing to switch over.",
    ),
    ("Banner texts in four languages", "farid", "French and Polish are in, the others come on Monday."),
];

/// Parts of a task: the task, the part, and whether it is done.
const PARTS: [(&str, &str, bool); 5] = [
    ("Show the delivery date on the order page", "Ask the carrier for its calendar", true),
    ("Show the delivery date on the order page", "Say so when the date is only likely", true),
    ("Show the delivery date on the order page", "Change the text of the order mail", false),
    ("Renew the certificate of the pickup service", "Find out who has the key", true),
    ("Renew the certificate of the pickup service", "Try it on beta", false),
];

/// Makes the projects and what is in them; returns the ids of tasks by their names.
pub async fn make(cast: &Cast, today: base::Time) -> Result<BTreeMap<&'static str, String>, Failure> {
    let ann = &cast.of("ann").client;
    let urgency = urgency(ann).await?;
    let mut sections: BTreeMap<(&str, &str), (Value, Value)> = BTreeMap::new();
    for (name, color, view, notes, names) in PROJECTS {
        let body = json!({"name": name, "color": color, "view": view, "notes": notes});
        let project = ann.post("projects", &body).await?["id"].clone();
        let path = format!("projects/{}/sections", text(&project));
        // A project begins with a section that has no name yet.
        let first = ann.get(&path, &[]).await?["data"][0]["id"].clone();
        for (at, section) in names.iter().enumerate() {
            let body = json!({"name": section});
            let made = match (at, first.as_str()) {
                (0, Some(first)) => ann.patch(&format!("sections/{}", segment(first)), &body).await?,
                _ => ann.post(&path, &body).await?,
            };
            let (section, made) = (*section, made["id"].clone());
            sections.insert((name, section), (project.clone(), made));
        }
        if name == "Shop" {
            let body = json!({"data": {"custom_field": urgency["gid"], "is_important": true}});
            ann.post(&format!("../1.0/projects/{}/addCustomFieldSetting", text(&project)), &body).await?;
        }
    }
    let mut tasks = BTreeMap::new();
    for (project, section, name, who, how, due) in TASKS {
        let (project_id, section) = &sections[&(project, section)];
        let mut body =
            json!({"name": name, "project": project_id, "section": section, "assignee": cast.of(who).email});
        if let Some(days) = due {
            body["due_on"] = day(today, days).into();
        }
        if project == "Shop" {
            let options = urgency["enum_options"].as_array().into_iter().flatten();
            let option =
                options.filter(|option| option["name"] == how).map(|option| option["gid"].clone()).next();
            body["fields"] = json!({text(&urgency["gid"]): option});
        }
        let made = ann.post("tasks", &body).await?;
        tasks.insert(name, text(&made["id"]).to_owned());
    }
    for (task, part, is_done) in PARTS {
        ann.post("tasks", &json!({"name": part, "parent": tasks[task], "completed": is_done})).await?;
    }
    for (task, who, words) in COMMENTS {
        cast.of(who)
            .client
            .post(&format!("tasks/{}/comments", segment(&tasks[task])), &json!({"text": words}))
            .await?;
    }
    for task in DONE {
        let who = TASKS.iter().find(|(_, _, name, ..)| *name == task).map_or("ann", |(_, _, _, who, ..)| who);
        let path = format!("tasks/{}", segment(&tasks[task]));
        cast.of(who).client.patch(&path, &json!({"completed": true})).await?;
    }
    Ok(tasks)
}

/// The field that says how urgent something is. Custom fields are made through the Asana-compatible interface or on a page.
async fn urgency(ann: &Client) -> Result<Value, Failure> {
    let workspaces = ann.get("../1.0/workspaces", &[]).await?;
    let options: Vec<Value> =
        ["Now", "High", "Normal", "Low"].iter().map(|name| json!({"name": name})).collect();
    let body = json!({"data": {
        "name": "Priority", "resource_subtype": "enum", "workspace": workspaces["data"][0]["gid"], "enum_options": options,
    }});
    Ok(ann.post("../1.0/custom_fields", &body).await?["data"].clone())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn day(today: base::Time, days: i64) -> String {
    base::Time::from_millis(today.millis() + days * 86_400_000).date_utc().to_string()
}
