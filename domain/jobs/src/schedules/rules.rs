//! The rules of time zones that fires are computed with. Parliaments change them at short notice, and a machine learns of it with an update
//! of its own: then the next fires are computed anew, and each fire says by which edition its instant was found.

use super::store;
use crate::jobs;
use base::Result;
use db::Tx;
use std::path::Path;
use std::sync::OnceLock;

/// Where a system keeps its rules, with their edition in the first line.
const SYSTEM: &str = "/usr/share/zoneinfo/tzdata.zi";

/// The edition of the rules that this server computes with, such as `2026a`; those of the program where the system has none.
pub(super) fn edition() -> &'static str {
    static EDITION: OnceLock<String> = OnceLock::new();
    EDITION.get_or_init(|| read(Path::new(SYSTEM)).unwrap_or_else(|| "built in".to_owned()))
}

fn read(file: &Path) -> Option<String> {
    use std::io::{BufRead, Read};
    let mut line = String::new();
    std::io::BufReader::new(std::fs::File::open(file).ok()?).take(100).read_line(&mut line).ok()?;
    named(&line).map(str::to_owned)
}

fn named(first_line: &str) -> Option<&str> {
    first_line.strip_prefix("# version ").map(str::trim).filter(|edition| !edition.is_empty())
}

/// Computes the next fires anew when the rules are of another edition than when they were computed. Called once at the start of a server.
pub async fn after_restart(tx: &mut Tx) -> Result<()> {
    renew(tx, edition()).await
}

async fn renew(tx: &mut Tx, edition: &str) -> Result<()> {
    let before = store::edition(tx).await?;
    if before.as_deref() == Some(edition) {
        return Ok(());
    }
    store::set_edition(tx, edition).await?;
    let Some(before) = before else { return Ok(()) };
    let mut moved = 0;
    for mut schedule in store::all(tx).await? {
        let job = jobs::unchecked(tx, schedule.job).await?;
        let model = jobs::definition(tx, job.definition).await?.model;
        let next = super::next(&job, &model, &schedule.trigger, schedule.cursor_at);
        if next != schedule.next_at {
            schedule.next_at = next;
            store::update(tx, &schedule).await?;
            moved += 1;
        }
    }
    tracing::info!(
        before,
        edition,
        moved,
        "time zones have new rules; schedules that fire at another time were moved"
    );
    super::fire::wake(tx).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::hub;
    use crate::schedules::of_job;
    use std::time::Duration;

    #[test]
    fn the_edition_stands_in_the_first_line() {
        assert_eq!(named("# version 2026b\n"), Some("2026b"));
        assert_eq!(named("# version 2024b-0-gabc"), Some("2024b-0-gabc"));
        assert_eq!(named("# version \n"), None);
        assert_eq!(named("Zone Europe/Zurich"), None);
        assert!(!edition().is_empty());
    }

    db::on_both! { hub;
        async fn new_rules_move_the_next_fires_and_the_same_rules_do_not(hub) {
            hub.commit("name: daily\non: [{cron: '0 9 * * *', tz: Europe/Zurich}]\nsteps: [{run: x}]\n").await;
            let job = hub.job("daily").await.id;
            let mut tx = hub.by_itself().await;
            renew(&mut tx, "2025a").await.expect("noted");
            let right = of_job(&mut tx, job).await.expect("read").remove(0);
            let mut wrong = right.clone();
            wrong.next_at = right.next_at.map(|at| at.plus(Duration::from_secs(3_600)));
            store::update(&mut tx, &wrong).await.expect("as other rules had it");
            renew(&mut tx, "2025a").await.expect("nothing to do");
            assert_eq!(of_job(&mut tx, job).await.expect("read"), [wrong]);
            renew(&mut tx, "2025b").await.expect("computed anew");
            assert_eq!(of_job(&mut tx, job).await.expect("read"), [right]);
        }
    }
}
