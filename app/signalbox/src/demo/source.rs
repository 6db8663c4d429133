//! The product of the demonstration: a small shop in a git repository, its deploy script and the commits it gets.

use crate::client::Failure;
use crate::demo::stage::Place;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use tokio::process::Command;

/// The deploy script. It is what a team would write: build in a fresh directory, copy to every host, then switch.
const SCRIPT: &str = include_str!("deploy.sh");

/// A commit: its title, who makes it, and the task that it belongs to, with the word before the task's id.
type Change = (&'static str, &'static str, Option<(&'static str, &'static str)>);

/// What people commit.
const CHANGES: [Change; 16] = [
    (
        "Show the delivery date on the order page",
        "Chiara Rossi",
        Some(("Task", "Show the delivery date on the order page")),
    ),
    ("Move orders into their own table", "Dmitri Volkov", None),
    ("Give the new table its index", "Dmitri Volkov", None),
    ("Accept gift cards at checkout", "Chiara Rossi", Some(("Task", "Accept gift cards at checkout"))),
    (
        "Round the sum of vouchers, not each of them",
        "Dmitri Volkov",
        Some(("Fixes", "Order totals are off by a cent")),
    ),
    ("Explain why a card was declined", "Emi Tanaka", Some(("Task", "Explain why a card was declined"))),
    ("Keep the basket for thirty days", "Dmitri Volkov", Some(("Task", "Keep the basket for thirty days"))),
    (
        "Know that boots are shoes",
        "Dmitri Volkov",
        Some(("Task", "Search finds boots when people type shoes")),
    ),
    ("Send the invoice as PDF", "Emi Tanaka", Some(("Task", "Send the invoice as PDF"))),
    (
        "Ask the carrier's calendar for holidays",
        "Emi Tanaka",
        Some(("Fixes", "Delivery date is wrong over public holidays")),
    ),
    ("Translate the returns form", "Farid Haddad", Some(("Task", "Translate the returns form"))),
    ("Remember the chosen pickup point", "Chiara Rossi", None),
    ("Log slow payment requests", "Dmitri Volkov", None),
    ("Retry the warehouse export once", "Dmitri Volkov", None),
    ("Drop the old newsletter box", "Chiara Rossi", None),
    ("Show stock in the nearest shop", "Emi Tanaka", None),
];

/// The change whose deployment fails, and the one that mends it.
const BREAKS: usize = 1;
const MENDS: usize = 2;

/// Makes the repository that everybody pushes to, a clone with a first commit in it, and the script.
pub async fn make(place: &Place) -> Result<(), Failure> {
    let script = place.path("deploy.sh");
    let failed = |e: std::io::Error| Failure::Ended(1, format!("the deploy script cannot be written: {e}"));
    std::fs::write(&script, SCRIPT).map_err(failed)?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    git(place, &["init", "-q", "--bare", "-b", "main", "shop.git"]).await?;
    git(place, &["clone", "-q", "shop.git", "shop"]).await?;
    std::fs::write(place.path("shop/README"), "The shop.\n").map_err(failed)?;
    // Work that was done before the story begins.
    commit(place, "Open the shop", "Chiara Rossi").await?;
    Ok(())
}

/// Makes the `n`th commit and pushes it; returns its short id, title and author.
pub async fn change(
    place: &Place,
    tasks: &BTreeMap<&'static str, String>,
    n: usize,
) -> Result<(String, &'static str, &'static str), Failure> {
    let (title, author, belongs) = CHANGES[n % CHANGES.len()];
    let failed = |e: std::io::Error| Failure::Ended(1, format!("the shop cannot be changed: {e}"));
    let file = place.path(format!("shop/feature-{}.txt", n % CHANGES.len()));
    std::fs::write(file, format!("{title}\n(change {n})\n")).map_err(failed)?;
    let migration = place.path("shop/migration.sql");
    match n {
        BREAKS => std::fs::write(migration, "create index on orders;\n").map_err(failed)?,
        MENDS => {
            std::fs::write(migration, "create index orders_by_day on orders (day);\n").map_err(failed)?
        }
        _ => {}
    }
    // Only the first time: later on the same change is somebody's second thought.
    let belongs = belongs.filter(|_| n < CHANGES.len());
    let message = match belongs.and_then(|(word, task)| Some((word, tasks.get(task)?))) {
        Some((word, task)) => format!("{title}\n\n{word}: {task}"),
        None => title.to_owned(),
    };
    let id = commit(place, &message, author).await?;
    Ok((id, title, author))
}

async fn commit(place: &Place, message: &str, author: &str) -> Result<String, Failure> {
    let email =
        format!("user.email={}@example.com", author.split(' ').next().unwrap_or_default().to_lowercase());
    let name = format!("user.name={author}");
    git(place, &["-C", "shop", "add", "-A"]).await?;
    git(place, &["-C", "shop", "-c", &name, "-c", &email, "commit", "-q", "-m", message]).await?;
    git(place, &["-C", "shop", "push", "-q", "origin", "HEAD:main"]).await?;
    git(place, &["-C", "shop", "rev-parse", "--short=7", "HEAD"]).await
}

async fn git(place: &Place, arguments: &[&str]) -> Result<String, Failure> {
    run_git(place, None, arguments).await
}

/// git as the owner of `token`, which is in no list of processes.
pub async fn git_by(place: &Place, token: &str, arguments: &[&str]) -> Result<String, Failure> {
    run_git(place, Some(token), arguments).await
}

async fn run_git(place: &Place, token: Option<&str>, arguments: &[&str]) -> Result<String, Failure> {
    let failed =
        |why: String| Failure::Ended(1, format!("git {} failed: {}", arguments.join(" "), why.trim()));
    let mut command = Command::new("git");
    // Whatever this machine has configured (hooks, signing, other default branches) is not part of the story.
    command
        .args(arguments)
        .current_dir(&place.dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .process_group(0);
    if let Some(token) = token {
        let header = format!("Authorization: Bearer {token}");
        command.envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "http.extraHeader")]);
        command.env("GIT_CONFIG_VALUE_0", header);
    }
    let output = command.output().await.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}
