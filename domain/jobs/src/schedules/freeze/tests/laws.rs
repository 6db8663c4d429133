//! What holds for every freeze around every schedule.

use super::*;
use crate::cron::Schedule;
use crate::file::Dialect;
use crate::schedules::freeze::window::Stay;
use proptest::prelude::*;

fn time(text: &str) -> Time {
    Time::parse(text).expect("a time")
}

fn around(expression: &str, zone: &str, before_s: u64, until: FreezeEnd) -> Around {
    let clock = Clock {
        schedule: Schedule::parse(expression, Dialect::Standard, zone, "prod").expect("an expression"),
        cursor: time("2026-01-01T00:00:00Z"),
        missed: file::Missed::default(),
        waits: false,
    };
    let rule = Freeze { job: "prod".to_owned(), before_s, until, line: 1 };
    let other = Other { name: "prod".to_owned(), clocks: vec![clock], ..Other::default() };
    Around { rule, other }
}

#[test]
fn it_follows_the_clock_of_the_other_job_through_its_changes() {
    // In New York 17:30 is 21:30 UTC in summer, and 22:30 in winter, which begins on 1 November.
    let one = around("30 17 * * *", "America/New_York", 5_400, FreezeEnd::Begins);
    let now = time("2026-10-30T00:00:00Z");
    let says = |at: &str| holding(std::slice::from_ref(&one), time(at), now).map(|hold| hold.sentence);
    let why = Some("frozen until 17:30 because prod runs at 17:30 (America/New_York)".to_owned());
    assert_eq!(says("2026-10-31T19:59:59Z"), None);
    assert_eq!(says("2026-10-31T20:00:00Z"), why);
    assert_eq!(says("2026-10-31T21:30:00Z"), None, "half-open");
    assert_eq!(says("2026-11-01T20:30:00Z"), None, "an hour later in winter");
    assert_eq!(says("2026-11-01T21:00:00Z"), why);
    assert_eq!(says("2026-11-01T22:29:59Z"), why);
}

#[test]
fn a_window_over_midnight_says_the_day() {
    let one = around("30 0 * * *", "UTC", 5_400, FreezeEnd::After(600));
    let hold = holding(&[one], time("2026-11-01T23:30:00Z"), time("2026-11-01T20:00:00Z")).expect("frozen");
    assert_eq!(hold.sentence, "frozen until 2026-11-02 00:40 because prod runs at 2026-11-02 00:30 (UTC)");
    assert_eq!(hold.until, Some(time("2026-11-02T00:40:00Z")));
}

#[test]
fn a_fire_that_is_frozen_itself_makes_no_window_unless_it_waits() {
    let mut one = around("30 17 * * *", "UTC", 5_400, FreezeEnd::Finished);
    one.other.frozen = vec![around("0 18 * * *", "UTC", 3_600, FreezeEnd::Finished)];
    let (at, now) = (time("2026-11-02T16:30:00Z"), time("2026-11-02T10:00:00Z"));
    assert_eq!(holding(std::slice::from_ref(&one), at, now), None);
    one.other.clocks[0].waits = true;
    assert!(holding(&[one], at, now).is_some());
}

#[test]
fn a_fire_that_is_due_and_not_decided_yet_holds_as_long_as_it_may_still_happen() {
    let mut one = around("30 17 * * *", "UTC", 0, FreezeEnd::Finished);
    one.other.clocks[0].cursor = time("2026-11-02T10:00:00Z");
    let says = |one: &Around, at: &str| holding(std::slice::from_ref(one), time(at), time(at)).is_some();
    assert!(
        says(&one, "2026-11-02T17:30:00Z"),
        "both are due at the same instant, and this one is decided first"
    );
    assert!(says(&one, "2026-11-02T18:15:00Z"), "it is made up for within the hour");
    assert!(!says(&one, "2026-11-02T18:45:00Z"), "and not after it");
    one.other.clocks[0].cursor = time("2026-11-02T17:30:00Z");
    assert!(!says(&one, "2026-11-02T17:30:00Z"), "what came of it is among the runs");
    one.other.stays = vec![Stay { number: 3, from: time("2026-11-02T17:30:00Z"), begun: None, until: None }];
    assert!(says(&one, "2026-11-02T17:31:00Z"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What is to come, against the plain definition: the list of all fires, and the stretch around each.
    #[test]
    fn an_instant_is_frozen_exactly_when_it_lies_in_a_stretch(
        minute in prop_oneof![Just("0".to_owned()), Just("30".to_owned()), Just("*/20".to_owned()), Just("5,50".to_owned())],
        hour in prop_oneof![Just("*".to_owned()), Just("*/6".to_owned()), (0u32..24).prop_map(|hour| hour.to_string())],
        weekday in prop_oneof![Just("*"), Just("MON-FRI"), Just("1")],
        zone in prop_oneof![Just("UTC"), Just("America/New_York"), Just("Europe/London"), Just("Australia/Lord_Howe")],
        before_min in 0u64..300,
        until in prop_oneof![Just(FreezeEnd::Begins), Just(FreezeEnd::Finished), (1u64..20_000).prop_map(FreezeEnd::After)],
        pause in proptest::option::of((0u64..200_000, 1u64..300_000)),
        after_s in 0u64..400_000,
    ) {
        let now = time("2026-10-30T00:00:00Z");
        let mut one = around(&format!("{minute} {hour} * * {weekday}"), zone, before_min * 60, until);
        one.other.clocks[0].cursor = now;
        one.other.pause = pause.map(|(from, long)| {
            let from = now.plus(Duration::from_secs(from));
            Pause { from, until: Some(from.plus(Duration::from_secs(long))), reason: String::new() }
        });
        let at = now.plus(Duration::from_millis(1 + after_s * 1_000));
        let is_paused = |fire: Time| one.other.pause.as_ref().is_some_and(|pause| pause.holds_at(fire));
        let fires = one.other.clocks[0].schedule.fires(now.plus(Duration::from_millis(1)), now.plus(Duration::from_secs(600_000)), 100_000);
        let lies_in = fires.into_iter().filter(|fire| !is_paused(*fire)).any(|fire| {
            let from = fire.minus(Duration::from_secs(before_min * 60));
            let end = match until {
                FreezeEnd::Begins => fire,
                // How long it will take nobody knows.
                FreezeEnd::Finished => fire.plus(Duration::from_millis(1)),
                FreezeEnd::After(seconds) => fire.plus(Duration::from_secs(seconds)),
            };
            from <= at && at < end
        });
        let hold = holding(std::slice::from_ref(&one), at, now);
        prop_assert_eq!(hold.is_some(), lies_in, "{:?}", hold);
        if let Some(until) = hold.and_then(|hold| hold.until) {
            prop_assert!(until > at);
        }
    }
}

/// The same throws each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// When each run of a job left the ones that wait.
#[derive(Default)]
struct Begun(std::collections::BTreeMap<i64, Time>);

impl Begun {
    async fn look(&mut self, hub: &Hub, name: &str) {
        let now = hub.db.clock().now();
        let never = [State::Waiting, State::Skipped, State::Cancelled];
        for run in hub.runs(name).await.into_iter().filter(|run| !never.contains(&run.state)) {
            self.0.entry(run.number).or_insert(now);
        }
    }
}

db::on_both! { hub;
    /// Whatever happens in three days, no run of the frozen job begins in a window: production by the clock and by hand, long and short,
    /// failing and passing, paused; beta by the clock and by hand, under each policy.
    async fn no_run_begins_within_a_window(hub) {
        for (n, policy) in ["skip", "buffer_one", "buffer_latest", "buffer_all", "allow_all", "cancel_other"].into_iter().enumerate() {
            let (beta, prod) = (format!("beta-{n}"), format!("prod-{n}"));
            let text = files(&format!("overlap: {policy}\nconcurrency: hosts-{n}\n"), &format!("concurrency: hosts-{n}\n"))
                .replace("name: beta\n", &format!("name: {beta}\n")).replace("prod-push", &prod).replace("30 17", "30 9,17");
            hub.commit_files(&[("signalbox.yaml", &text)]).await;
            let agent = hub.agent(&format!("agent-{n}"), &[]).await;
            hub.settle().await;
            let mut dice = Dice(n as u64 + 1);
            let mut begun = Begun::default();
            let mut held: Vec<(crate::attempts::testing::Held, Time)> = Vec::new();
            for step in 0..200 {
                hub.advance(Duration::from_secs(300)).await;
                begun.look(&hub, &beta).await;
                let now = hub.db.clock().now();
                let (over, on): (Vec<_>, Vec<_>) = held.drain(..).partition(|(_, until)| *until <= now);
                held = on;
                for (one, _) in over {
                    // It may have been cancelled meanwhile.
                    let _gone = hub.finish(&one, if dice.below(3) == 0 { "failed" } else { "succeeded" }).await;
                }
                begun.look(&hub, &beta).await;
                for one in hub.claim(&agent).await {
                    never_lost(&hub).await;
                    held.push((one, now.plus(Duration::from_secs(60 * dice.below(50)))));
                }
                let name = if dice.below(2) == 0 { &beta } else { &prod };
                if step % 9 == 0 {
                    let _refused = hub.try_run(name, &[]).await;
                }
                begun.look(&hub, &beta).await;
                if step == 100 {
                    let job = hub.job(&prod).await;
                    let mut tx = hub.by(&hub.bob).await;
                    pause(&mut tx, job.id, Some(now.plus(Duration::from_secs(3_600 * 5))), None).await.expect("paused");
                    tx.commit().await.expect("committed");
                }
            }
            // What was known when it began is all that counts, and here nothing was taken back: each fire of production that started a
            // run had been announced 90 minutes before.
            let production = hub.runs(&prod).await;
            assert!(production.len() > 3 && begun.0.len() > 9, "{policy}: {} and {}", production.len(), begun.0.len());
            for (number, at) in &begun.0 {
                for run in &production {
                    let from = run.scheduled_at.map_or(run.made_at, |fire| fire.minus(Duration::from_secs(5_400)));
                    let lies_in = from <= *at && run.ended_at.is_none_or(|end| *at < end);
                    // What was asked for by hand in the same step began before.
                    let is_before = run.scheduled_at.is_none() && *at <= run.made_at;
                    assert!(!lies_in || is_before, "{policy}: run {number} began at {at}, in the window of {run:?}");
                }
            }
            hub.commit_files(&[]).await;
        }
    }
}
