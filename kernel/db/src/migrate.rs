//! Migrations: forward only, recorded with a checksum, one transaction each.

use crate::{Db, params, tx::Tx};
use base::{Actor, Error, Result};

/// One step: its name (`0001_tasks`) and its statements.
pub type Step = (&'static str, &'static str);

/// The migrations of one crate, in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// The crate.
    pub name: &'static str,
    /// The steps; a step that was released never changes.
    pub steps: &'static [Step],
}

const TABLE: &str = "create table if not exists migration (
  crate text not null, step text not null, checksum text not null, applied_at bigint not null,
  primary key (crate, step))";

pub(crate) async fn run(db: &Db, all: &[Migrations]) -> Result<()> {
    let mut tx = db.write(&Actor::system()).await?;
    tx.batch(TABLE).await?;
    tx.commit().await?;
    for migrations in all {
        for step in migrations.steps {
            apply(db, migrations.name, *step).await?;
        }
    }
    Ok(())
}

async fn apply(db: &Db, name: &str, (step, sql): Step) -> Result<()> {
    let checksum = checksum(sql);
    let mut tx = db.write(&Actor::system()).await?;
    // Several nodes may start at once; the lock makes the others wait and then find the step done.
    tx.batch("/*pg: lock table migration in exclusive mode */").await?;
    if let Some(known) = recorded(&mut tx, name, step).await? {
        if known == checksum {
            return Ok(());
        }
        return Err(Error::unavailable(
            "migration.changed",
            format!(
                "the migration {name}/{step} differs from the one that made this data; run the Signalbox release that made it, or a newer one"
            ),
        ));
    }
    tx.batch(sql).await.map_err(|e| e.while_doing(format!("running the migration {name}/{step}")))?;
    let now = tx.now();
    tx.run(
        "insert into migration (crate, step, checksum, applied_at) values ($1, $2, $3, $4)",
        &params![name, step, checksum, now],
    )
    .await?;
    tx.commit().await?;
    tracing::debug!(migration = %format!("{name}/{step}"), "migrated");
    Ok(())
}

async fn recorded(tx: &mut Tx, name: &str, step: &str) -> Result<Option<String>> {
    let row =
        tx.opt("select checksum from migration where crate = $1 and step = $2", &params![name, step]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// FNV-1a over the words of the text: a guard against editing a released step, not against an attacker. White space
/// does not count, so that formatting stays free.
fn checksum(sql: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in sql.split_whitespace().flat_map(|word| word.bytes().chain([b' '])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
