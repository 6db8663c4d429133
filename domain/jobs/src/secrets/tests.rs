//! What secrets promise.

use super::*;
use crate::fixture::{COMMIT, hub};
use crate::runs::{self, Ask};

const JOB: &str = "name: report\nsecrets: [TOKEN]\nsteps: [{run: x}]\n";

db::on_both! { hub;
    async fn a_run_gets_the_secret_closest_to_it_and_everybody_can_see_that_it_did(hub) {
        hub.commit(JOB).await;
        let agent = hub.agent("small", &[]).await;
        let job = hub.job("report").await;
        let mut tx = hub.by(&hub.ann).await;
        for (scope, value) in [(Scope::Workspace, "wide"), (Scope::Job(job.id), "near")] {
            set(&mut tx, &hub.sealing, &scope, "TOKEN", &Text::new(value), false).await.expect("set");
        }
        tx.commit().await.expect("committed");
        hub.run("report").await;
        let held = hub.claim(&agent).await.remove(0);
        assert_eq!(held.secrets.get("TOKEN").map(String::as_str), Some("near"));
        assert_eq!(hub.verbs(&["secret."]).await, ["secret.set", "secret.set", "secret.given"]);
        let mut tx = hub.by_itself().await;
        let entries = journal::read(&mut tx, &journal::Query { limit: 1_000, ..journal::Query::default() }).await.expect("read");
        let told: String = entries.iter().map(|entry| entry.data.to_string()).collect();
        assert!(!told.contains("near") && !told.contains("wide"), "no value is ever written down");
    }

    async fn a_run_of_another_branch_gets_only_what_says_so(hub) {
        hub.commit(JOB).await;
        let agent = hub.agent("small", &[]).await;
        let job = hub.job("report").await;
        let ask = || Ask { commit: COMMIT.to_owned(), reference: Some("topic".to_owned()), ..Ask::default() };
        let mut tx = hub.by(&hub.ann).await;
        set(&mut tx, &hub.sealing, &Scope::Job(job.id), "TOKEN", &Text::new("first-value"), false).await.expect("set");
        runs::ask(&mut tx, job.id, ask()).await.expect("started");
        tx.commit().await.expect("committed");
        let held = hub.claim(&agent).await.remove(0);
        assert!(held.secrets.is_empty());
        hub.finish(&held, "succeeded").await.expect("taken in");
        let mut tx = hub.by(&hub.ann).await;
        set(&mut tx, &hub.sealing, &Scope::Job(job.id), "TOKEN", &Text::new("second-value"), true).await.expect("set");
        runs::ask(&mut tx, job.id, ask()).await.expect("started");
        tx.commit().await.expect("committed");
        let held = hub.claim(&agent).await.remove(0);
        assert_eq!(held.secrets.get("TOKEN").map(String::as_str), Some("second-value"));
    }

    async fn what_is_too_short_to_be_hidden_in_output_is_no_secret(hub) {
        let mut tx = hub.by(&hub.ann).await;
        for (value, is_taken) in [("abc", false), ("  abc \n", false), ("abcd", true)] {
            let set = set(&mut tx, &hub.sealing, &Scope::Workspace, "TOKEN", &Text::new(value), false).await;
            assert_eq!(set.map_err(|error| error.code()).err(), (!is_taken).then_some("secret.short"), "{value:?}");
        }
    }

    async fn members_neither_set_nor_move_secrets(hub) {
        hub.commit(JOB).await;
        let job = hub.job("report").await;
        let mut tx = hub.by(&hub.bob).await;
        for scope in [Scope::Workspace, Scope::Job(job.id), Scope::Repository(hub.repository.id)] {
            let error = set(&mut tx, &hub.sealing, &scope, "TOKEN", &Text::new("v"), false).await.expect_err("refused");
            assert!(matches!(error.kind(), base::Kind::Denied | base::Kind::Missing), "{scope:?}: {error}");
        }
    }
}
