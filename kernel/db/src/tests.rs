//! What the database promises, on both.

use crate::testing::Place;
use crate::{Db, Migrations, params};
use base::{Actor, Result};
use std::sync::Arc;

const TABLE: Migrations = Migrations {
    name: "tests",
    steps: &[(
        "0001",
        "create table thing (id bigint primary key, name text not null, done boolean not null default false, size double precision, data bytea); create unique index thing_name on thing (name)",
    )],
};

#[derive(Clone)]
struct Hub {
    db: Db,
    place: Arc<Place>,
}

async fn hub(place: Place) -> Hub {
    Hub { db: place.open(&[TABLE]).await, place: Arc::new(place) }
}

impl Hub {
    async fn add(&self, name: &str) -> Result<i64> {
        let mut tx = self.db.write(&Actor::system()).await?;
        let id: i64 = tx.new_id();
        tx.run("insert into thing (name, id) values ($2, $1)", &params![id, name]).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn names(&self) -> Vec<String> {
        let mut tx = self.db.read(&Actor::system()).await.expect("a read begins");
        let rows = tx.rows("select name from thing order by id", &[]).await.expect("names are read");
        rows.iter().map(|row| row.get(0).expect("a name")).collect()
    }
}

crate::on_both! { hub;
    async fn what_was_committed_is_there_and_the_rest_is_not(hub) {
        hub.add("kept").await.expect("a row is added");
        let mut tx = hub.db.write(&Actor::system()).await.expect("a write begins");
        tx.run("insert into thing (id, name) values (7, 'dropped')", &[]).await.expect("it is in the transaction");
        drop(tx);
        assert_eq!(hub.names().await, ["kept"]);
    }

    async fn a_refused_transaction_does_not_harm_its_neighbours_in_the_same_commit(hub) {
        let work: Vec<_> = (0..20).map(|n| {
            let hub = hub.clone();
            tokio::spawn(async move { hub.add(&format!("name {}", n / 2)).await })
        }).collect();
        let mut outcomes = Vec::new();
        for one in work {
            outcomes.push(one.await.expect("the task ended"));
        }
        let refused = outcomes.iter().filter(|o| o.is_err()).count();
        assert_eq!(refused, 10, "each name is taken once: {outcomes:?}");
        assert_eq!(hub.names().await.len(), 10);
        let refusal = outcomes.into_iter().find_map(Result::err).expect("one was refused");
        let constraint = crate::violated_constraint(&refusal).expect("it names the constraint");
        assert!(constraint.contains("name"), "{constraint}");
    }

    async fn every_type_comes_back_as_it_was_stored(hub) {
        let mut tx = hub.db.write(&Actor::system()).await.expect("a write begins");
        tx.run(
            "insert into thing (id, name, done, size, data) values ($1, $2, $3, $4, $5)",
            &params![9_007_199_254_740_991_i64, "h\u{e9} 'quoted' $1 \u{1f682}", true, 2.5, vec![0_u8, 255]],
        ).await.expect("inserted");
        let row = tx.one("select id, name, done, size, data from thing", &[]).await.expect("one row");
        assert_eq!(row.get::<i64>(0).expect("id"), 9_007_199_254_740_991);
        assert_eq!(row.get::<String>(1).expect("name"), "h\u{e9} 'quoted' $1 \u{1f682}");
        assert!(row.get::<bool>(2).expect("done"));
        assert_eq!(row.get::<Option<f64>>(3).expect("size"), Some(2.5));
        assert_eq!(row.get::<Vec<u8>>(4).expect("data"), vec![0, 255]);
    }

    async fn a_read_sees_one_state_throughout(hub) {
        hub.add("first").await.expect("added");
        let mut tx = hub.db.read(&Actor::system()).await.expect("a read begins");
        let count = "select count(*) from thing";
        let before: i64 = tx.one(count, &[]).await.expect("counted").get(0).expect("a count");
        hub.add("second").await.expect("added");
        let after: i64 = tx.one(count, &[]).await.expect("counted").get(0).expect("a count");
        assert_eq!((before, after), (1, 1));
    }

    async fn a_read_cannot_write(hub) {
        let mut tx = hub.db.read(&Actor::system()).await.expect("a read begins");
        assert!(tx.run("delete from thing", &[]).await.is_err());
    }

    async fn two_nodes_never_give_out_the_same_id(hub) {
        let other = Hub { db: hub.place.open(&[TABLE]).await, place: hub.place.clone() };
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(hub.add(&format!("a{n}")).await.expect("added"));
            ids.push(other.add(&format!("b{n}")).await.expect("added"));
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    }
}
