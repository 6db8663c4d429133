//! What the database says of the repositories, read beside a server that may be running.

use super::DATABASE;
use base::{Actor, Clock, Error, Limits, Result};
use repos::repository::Kept;
use std::path::Path;

/// The repositories that there should be; none where there is no database yet.
pub(super) fn repositories(data: &Path, database: &str) -> Result<Vec<Kept>> {
    let location = match database {
        "sqlite" => db::Location::Sqlite(data.join(DATABASE)),
        url => db::Location::Postgres(base::Secret::new(url)),
    };
    if let db::Location::Sqlite(path) = &location
        && !path.is_file()
    {
        return Ok(Vec::new());
    }
    let broken = |_| Error::bug("doctor.read", "the look at the database broke off");
    // On a thread of its own: whoever asks may be in the middle of other work that waits.
    std::thread::spawn(move || read(&location)).join().map_err(broken)?
}

fn read(location: &db::Location) -> Result<Vec<Kept>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Error::unavailable("doctor.read", "nothing can be read").because(error))?;
    runtime.block_on(async {
        let db = db::Db::open(location, Clock::system(), Limits::default(), &[]).await?;
        repos::repository::kept(&mut db.read(&Actor::system()).await?).await
    })
}
