//! `signalbox task`: tasks from a terminal or a script.

use crate::cli::Printer;
use crate::cli::print::{field, items};
use crate::client::{Client, Failure, segment};
use serde_json::{Value, json};

/// What to do with tasks.
#[derive(Debug, clap::Subcommand)]
pub enum Task {
    /// Add a task.
    #[command(after_help = "\
Example:
  signalbox task add \"Renew the certificate\" --project Operations --assignee ann@example.com --due 2026-12-01")]
    Add {
        /// What is to be done.
        name: String,
        /// The project, by name or id.
        #[arg(long, short, value_name = "PROJECT")]
        project: Option<String>,
        /// Who does it, by email (or `me`).
        #[arg(long, value_name = "EMAIL")]
        assignee: Option<String>,
        /// The day that it is due.
        #[arg(long, value_name = "DATE")]
        due: Option<String>,
        /// More about it.
        #[arg(long, value_name = "TEXT")]
        notes: Option<String>,
    },
    /// Show a task and what was said about it.
    Show {
        /// The task's id.
        task: String,
    },
    /// Say something about a task.
    Comment {
        /// The task's id.
        task: String,
        /// What to say.
        text: String,
    },
    /// Complete a task.
    Done {
        /// The task's id.
        task: String,
    },
    /// List open tasks: yours, or those of a project.
    List {
        /// The project, by name or id.
        #[arg(long, short, value_name = "PROJECT")]
        project: Option<String>,
        /// Also those that are completed.
        #[arg(long)]
        all: bool,
    },
}

impl Task {
    /// Does it.
    pub async fn run(self, client: &Client, print: &Printer) -> Result<(), Failure> {
        match self {
            Self::Add { name, project, assignee, due, notes } => {
                let mut body = json!({"name": name});
                if let Some(project) = project {
                    body["projects"] = json!([project_id(client, &project).await?]);
                }
                for (key, value) in [("assignee", assignee), ("due_on", due), ("notes", notes)] {
                    if let Some(value) = value {
                        body[key] = value.into();
                    }
                }
                let answer = client.post("tasks", &body).await?;
                print.answer(&answer, |task| {
                    vec![format!("task {} {}", field(task, "id"), field(task, "url"))]
                });
            }
            Self::Show { task } => {
                let path = format!("tasks/{}", segment(&task));
                let mut answer = client.get(&path, &[]).await?;
                let comments = client.list(&format!("{path}/comments"), &[]).await?;
                if let Some(fields) = answer.as_object_mut() {
                    fields.insert("comments".to_owned(), Value::Array(items(&comments).to_vec()));
                }
                print.answer(&answer, shown);
            }
            Self::Comment { task, text } => {
                let answer = client
                    .post(&format!("tasks/{}/comments", segment(&task)), &json!({"text": text}))
                    .await?;
                print.answer(&answer, |_| vec![format!("said on task {task}")]);
            }
            Self::Done { task } => {
                let answer =
                    client.patch(&format!("tasks/{}", segment(&task)), &json!({"completed": true})).await?;
                print.answer(&answer, |done| vec![format!("task {task} is done: {}", field(done, "name"))]);
            }
            Self::List { project, all } => {
                let project = match project {
                    Some(project) => Some(project_id(client, &project).await?),
                    None => None,
                };
                let mut query = vec![];
                match &project {
                    Some(project) => query.push(("project", project.as_str())),
                    None => query.push(("assignee", "me")),
                }
                if !all {
                    query.push(("completed_since", "now"));
                }
                let answer = client.list("tasks", &query).await?;
                print.table(&answer, "nothing is open", |task| {
                    let done = if task["completed"] == true { "done" } else { "" };
                    vec![
                        field(task, "id"),
                        field(task, "name"),
                        field(task, "assignee"),
                        field(task, "due_on"),
                        done.to_owned(),
                    ]
                });
            }
        }
        Ok(())
    }
}

fn shown(task: &Value) -> Vec<String> {
    let mut lines = vec![field(task, "name")];
    let mut put = |label: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{label}{value}"));
        }
    };
    put("", if task["completed"] == true { "done".to_owned() } else { "open".to_owned() });
    put("assignee: ", field(task, "assignee"));
    put("due: ", field(task, "due_on"));
    put("", field(task, "url"));
    put("\n", field(task, "notes"));
    for comment in items(&task["comments"]) {
        let who = field(comment, "created_by");
        put("\n", format!("{} {}\n{}", who, field(comment, "created_at"), field(comment, "text")));
    }
    lines
}

/// The id of the project that `name` is the name or the id of.
async fn project_id(client: &Client, name: &str) -> Result<String, Failure> {
    if name.len() > 10 && name.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(name.to_owned());
    }
    let projects = client.list("projects", &[]).await?;
    let mut found =
        items(&projects).iter().filter(|project| field(project, "name").eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some(project), None) => Ok(field(project, "id")),
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("more than one project is named {name}; give its id")))
        }
        (None, _) => Err(Failure::usage(format!("no project is named {name}"))),
    }
}
