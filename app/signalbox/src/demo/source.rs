//! The product of the demonstration: a small shop in a git repository, its deploy script and the commits it gets.

use crate::client::Failure;
use crate::demo::stage::Place;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use tokio::process::Command;

/// The deploy script. It is what a team would write: build in a fresh directory, copy to every host, then switch.
const SCRIPT: &str = include_str!("deploy.sh");

/// What people commit, with who does it.
const CHANGES: [(&str, &str); 16] = [
    ("Show the delivery date on the order page", "Chiara Rossi"),
    ("Round totals half to even", "Dmitri Volkov"),
    ("Accept gift cards at checkout", "Chiara Rossi"),
    ("Explain why a card was declined", "Chiara Rossi"),
    ("Keep the basket for thirty days", "Dmitri Volkov"),
    ("Speed up the search for shoe sizes", "Dmitri Volkov"),
    ("Send the invoice as PDF", "Chiara Rossi"),
    ("Translate the returns form", "Chiara Rossi"),
    ("Fix the wrong time zone in order mails", "Dmitri Volkov"),
    ("Remember the chosen pickup point", "Chiara Rossi"),
    ("Log slow payment requests", "Dmitri Volkov"),
    ("Make the colour filter keyboard friendly", "Chiara Rossi"),
    ("Retry the warehouse export once", "Dmitri Volkov"),
    ("Drop the old newsletter box", "Chiara Rossi"),
    ("Show stock in the nearest shop", "Dmitri Volkov"),
    ("Undo the half-to-even rounding of totals", "Dmitri Volkov"),
];

/// Makes the repository that everybody pushes to, a clone with a first commit in it, and the script.
pub async fn make(place: &Place) -> Result<(), Failure> {
    let script = place.path("deploy.sh");
    let failed = |e: std::io::Error| Failure::Ended(1, format!("the deploy script cannot be written: {e}"));
    std::fs::write(&script, SCRIPT).map_err(failed)?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    git(place, &["init", "-q", "--bare", "-b", "main", "shop.git"]).await?;
    git(place, &["clone", "-q", "shop.git", "shop"]).await?;
    std::fs::write(place.path("shop/README"), "The shop.\n").map_err(failed)?;
    commit(place, "Open the shop", "Chiara Rossi").await?;
    Ok(())
}

/// Makes the `n`th commit and pushes it; returns its short id, title and author.
pub async fn change(place: &Place, n: usize) -> Result<(String, &'static str, &'static str), Failure> {
    let (title, author) = CHANGES[n % CHANGES.len()];
    let file = place.path(format!("shop/feature-{}.txt", n % CHANGES.len()));
    std::fs::write(file, format!("{title}\n(change {n})\n"))
        .map_err(|e| Failure::Ended(1, format!("the shop cannot be changed: {e}")))?;
    let id = commit(place, title, author).await?;
    Ok((id, title, author))
}

async fn commit(place: &Place, title: &str, author: &str) -> Result<String, Failure> {
    let email =
        format!("user.email={}@example.com", author.split(' ').next().unwrap_or_default().to_lowercase());
    let name = format!("user.name={author}");
    git(place, &["-C", "shop", "add", "-A"]).await?;
    git(place, &["-C", "shop", "-c", &name, "-c", &email, "commit", "-q", "-m", title]).await?;
    git(place, &["-C", "shop", "push", "-q", "origin", "HEAD:main"]).await?;
    git(place, &["-C", "shop", "rev-parse", "--short=7", "HEAD"]).await
}

async fn git(place: &Place, arguments: &[&str]) -> Result<String, Failure> {
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
    let output = command.output().await.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}
