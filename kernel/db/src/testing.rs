//! Databases for tests: every promise is kept on SQLite and on PostgreSQL.

use crate::{Db, Engine, Location, Migrations};
use base::{Clock, Limits, Secret, Time};
use std::future::Future;

/// The instant at which test clocks start.
pub const START: &str = "2026-11-01T00:00:00Z";

/// A place for one empty database; dropping it removes the file.
pub struct Place {
    location: Location,
    clock: Clock,
    folder: std::path::PathBuf,
}

impl Place {
    /// Opens the database with `migrations`, at a clock that stands still at [`START`].
    pub async fn open(&self, migrations: &[Migrations]) -> Db {
        Db::open(&self.location, self.clock.clone(), Limits::default(), migrations)
            .await
            .expect("a test database opens")
    }

    /// The clock of the databases opened here.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A folder of this test's own, for files.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a test on an empty database of `engine`; PostgreSQL is the server that `SIGNALBOX_TEST_POSTGRES` names.
pub fn run<F: Future<Output = ()>>(engine: Engine, test: impl FnOnce(Place) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let name = format!("signalbox_test_{}", base::random::word::<20>());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let clock = Clock::still(Time::parse(START).expect("the start is a time"));
        match engine {
            Engine::Sqlite => {
                let location = Location::Sqlite(folder.join("signalbox.db"));
                test(Place { location, clock, folder }).await;
            }
            Engine::Postgres => {
                let Some(server) = postgres_server() else {
                    eprintln!("SKIPPED on PostgreSQL: set SIGNALBOX_TEST_POSTGRES=postgres://user@127.0.0.1:5432/postgres, or run `cargo xtask test`");
                    return;
                };
                let admin = Admin::connect(&server).await;
                admin.run(&format!("create database {name}")).await;
                let url = with_database(&server, &name);
                test(Place { location: Location::Postgres(Secret::new(url)), clock, folder }).await;
                admin.run(&format!("drop database {name} with (force)")).await;
            }
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "tests are told their server by the environment")]
fn postgres_server() -> Option<String> {
    std::env::var("SIGNALBOX_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn with_database(server: &str, name: &str) -> String {
    let (head, options) =
        server.split_once('?').map_or((server, String::new()), |(h, o)| (h, format!("?{o}")));
    let head = head.rsplit_once('/').map_or(head, |(host, _)| host);
    format!("{head}/{name}{options}")
}

struct Admin(tokio_postgres::Client);

impl Admin {
    async fn connect(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
            .await
            .expect("SIGNALBOX_TEST_POSTGRES answers");
        tokio::spawn(connection);
        Self(client)
    }

    async fn run(&self, sql: &str) {
        self.0.batch_execute(sql).await.expect("the test server lets us make and drop databases");
    }
}

/// Makes every test run on both databases.
///
/// `on_both! { hub; async fn a_lock_stops_a_deployment(hub) { ... } }` calls `hub(place).await`, an async function that
/// takes a [`Place`] and returns whatever the tests use.
#[macro_export]
macro_rules! on_both {
    ($setup:path; $($(#[$meta:meta])* async fn $name:ident($hub:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a test may need nothing of its parent")]
            use super::*;
            #[test]
            fn sqlite() {
                $crate::testing::run($crate::Engine::Sqlite, |place| async move { let $hub = $setup(place).await; $body });
            }
            #[test]
            fn postgres() {
                $crate::testing::run($crate::Engine::Postgres, |place| async move { let $hub = $setup(place).await; $body });
            }
        }
    )*};
}
