//! What the palette finds of jobs.

use super::*;
use crate::fixture::hub;

const FILE: &str = "name: nightly-backup
title: Nightly backup
steps: [{run: x}]
---
name: report-100
title: Report of 100%
permissions: {run: []}
steps: [{run: x}]
---
name: hidden
title: Nightly secret
permissions: {view: []}
steps: [{run: x}]
";

db::on_both! { hub;
    async fn jobs_are_found_by_title_and_name_and_only_what_one_may(hub) {
        hub.commit(FILE).await;
        let mut tx = hub.by(&hub.bob).await;
        for (words, expected) in [
            ("NIGHT", vec!["/jobs/nightly-backup", "/jobs/nightly-backup?open=run"]),
            ("run nightly", vec!["/jobs/nightly-backup?open=run"]),
            ("100%", vec!["/jobs/report-100"]),
            ("t_1", vec![]),
            ("p%o", vec![]),
            (" ", vec![]),
            ("secret", vec![]),
        ] {
            let found = find(&mut tx, words).await.expect("read");
            assert_eq!(found.iter().map(|one| one.href.as_str()).collect::<Vec<_>>(), expected, "{words}");
        }
    }
}
