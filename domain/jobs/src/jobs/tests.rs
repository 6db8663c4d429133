//! What the list of jobs promises.

use super::*;
use crate::fixture::hub;

const JOBS: &str = "name: a\ntitle: Same\nsteps: [{run: x}]\n---\nname: b\ntitle: same\nsteps: [{run: x}]\n---\nname: c\ntitle: Backup\n\
    permissions: {view: [ann@example.com]}\nsteps: [{run: x}]\n---\nname: d\ntitle: archive\nsteps: [{run: x}]\n---\nname: e\ntitle: Zebra\n\
    permissions: {view: [ann@example.com]}\nsteps: [{run: x}]\n---\nname: f\ntitle: Zone\nsteps: [{run: x}]\n";

db::on_both! { hub;
    async fn the_pages_of_a_list_hold_each_job_that_is_seen_once_in_order(hub) {
        hub.commit(JOBS).await;
        let mut tx = hub.by(&hub.bob).await;
        let whole: Vec<String> = list(&mut tx).await.expect("listed").into_iter().map(|job| job.name).collect();
        assert_eq!(whole.len(), 4, "two are not Bob's to see: {whole:?}");
        for limit in 1..=5 {
            let (mut names, mut last) = (Vec::new(), None);
            loop {
                let some = page(&mut tx, last, limit).await.expect("a page");
                assert!(some.len() <= limit);
                last = some.last().map(|(job, _)| job.id);
                names.extend(some.into_iter().map(|(job, _)| job.name));
                if last.is_none() {
                    break;
                }
            }
            assert_eq!(names, whole, "in pages of {limit}");
        }
    }
}
