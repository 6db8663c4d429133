//! Where things stand on the strip, and what is written beside them.

use super::bars::{Place, bars};
use super::paths::paths;
use super::*;

fn time(clock: &str) -> Time {
    let text = if clock.contains('T') { clock.to_owned() } else { format!("2026-12-01T{clock}:00Z") };
    Time::parse(&text).expect("a time")
}

fn day() -> Timetable {
    let mut table = Timetable::empty("2026-12-01".parse().expect("a date"), TimeZone::UTC, time("14:32"));
    table.lanes = vec![lane("beta", None), lane("production", Some(0))];
    table
}

fn lane(name: &str, after: Option<usize>) -> Lane {
    Lane {
        name: name.to_owned(),
        lamp: Aspect::Green,
        after,
        stops: Vec::new(),
        refusals: Vec::new(),
        holds: Vec::new(),
    }
}

fn stop(number: i64, clock: &str, commit: &str, state: State) -> Stop {
    Stop {
        number,
        at: time(clock),
        took: Some(std::time::Duration::from_secs(480)),
        state,
        commit: commit.to_owned(),
        by: "Bastion".to_owned(),
    }
}

fn hold(from: &str, released: Option<&str>, expected: Option<&str>) -> Hold {
    Hold {
        from: time(from),
        released: released.map(time),
        expected: expected.map(time),
        who: "Marco".to_owned(),
        title: "migration 0187".to_owned(),
        href: "/tasks/7".to_owned(),
        is_warning: false,
    }
}

#[test]
fn places_are_shares_of_the_day_also_when_clocks_change() {
    for (day, zone, at, x) in [
        ("2026-12-01", "UTC", "2026-12-01T00:00:00Z", 0.0),
        ("2026-12-01", "UTC", "2026-12-01T12:00:00Z", 50.0),
        ("2026-12-01", "UTC", "2026-11-30T23:00:00Z", 0.0),
        ("2026-12-01", "UTC", "2026-12-02T01:00:00Z", 100.0),
        ("2026-12-01", "Europe/Berlin", "2026-12-01T11:00:00Z", 50.0),
        // This day has 25 hours; the 13th of them has passed at noon.
        ("2026-10-25", "Europe/Berlin", "2026-10-25T11:00:00Z", 52.0),
    ] {
        let zone = TimeZone::get(zone).expect("a zone");
        let table = Timetable::empty(day.parse().expect("a date"), zone, time(at));
        assert!((table.x(time(at)) - x).abs() < 0.001, "{day} {at}: {}", table.x(time(at)));
    }
}

#[test]
fn every_result_has_a_mark_of_its_own_that_leads_to_it() {
    let failed = "<use href=\"#m-cross\" x=\"50.000%\" y=\"57\"></use>";
    for (state, mark) in [
        (State::Succeeded, "<use href=\"#m-flag\" x=\"50.000%\" y=\"57\"></use>"),
        (State::Failed, failed),
        (State::TimedOut, failed),
        (State::Lost, "<use href=\"#m-lost\" x=\"50.000%\" y=\"57\"></use>"),
        (State::Running, "<rect class=\"run\" x=\"50.000%\""),
        (State::Queued, "<rect class=\"plan\" x=\"50.000%\""),
        (State::Aborted, "<rect class=\"off\" x=\"50.000%\""),
    ] {
        let mut table = day();
        table.lanes[0].stops.push(stop(7, "12:00", "4be19d0aaaa", state));
        let drawn = draw(&table).into_string();
        assert!(drawn.contains(mark), "{state}: {drawn}");
        assert!(drawn.contains("<a href=\"/environments/beta/deployments/7\""), "{state}");
        assert!(drawn.contains("<title>12:00 Deployment 7 of 4be19d0 to Beta by Bastion "), "{state}");
        assert!(list(&table).into_string().contains("/environments/beta/deployments/7"), "{state}");
    }
}

#[test]
fn many_marks_are_small_ones() {
    let mut table = day();
    for n in 0..40 {
        table.lanes[0].stops.push(stop(
            n,
            &format!("{:02}:{:02}", n / 4, n % 4 * 15),
            "4be19d0",
            State::Succeeded,
        ));
    }
    let drawn = draw(&table).into_string();
    assert_eq!(drawn.matches("<rect class=\"ok\"").count(), 40);
    assert!(!drawn.contains("href=\"#m-flag\""));
}

#[test]
fn a_line_joins_the_deployments_of_a_commit() {
    let mut table = day();
    table.lanes[0].stops = vec![
        stop(1, "08:15", "8a60f3d", State::Succeeded),
        stop(2, "08:30", "8a60f3d", State::Succeeded),
        stop(3, "09:00", "4be19d0", State::Failed),
        stop(4, "11:00", "51d0c7e", State::Succeeded),
    ];
    table.lanes[1].stops = vec![
        stop(5, "07:00", "8a60f3d", State::Succeeded),
        stop(6, "10:00", "8a60f3d", State::Succeeded),
        stop(7, "10:30", "4be19d0", State::Succeeded),
        stop(8, "10:45", "51d0c7e", State::Succeeded),
        stop(9, "14:30", "51d0c7e", State::Running),
        stop(10, "14:31", "51d0c7e", State::Failed),
    ];
    let found: Vec<_> = paths(&table)
        .iter()
        .map(|path| {
            (table.reader().clock(path.from), table.reader().clock(path.to), path.commit, path.is_done)
        })
        .collect();
    // Not what was there before, not what failed on the way, not what did not arrive.
    assert_eq!(
        found,
        [
            ("08:15".to_owned(), "10:00".to_owned(), "8a60f3d", true),
            ("11:00".to_owned(), "14:30".to_owned(), "51d0c7e", false)
        ]
    );
    let drawn = draw(&table).into_string();
    assert!(drawn.contains("<line class=\"path\" x1=\"34.375%\" y1=\"67\" x2=\"41.667%\""), "{drawn}");
    assert!(drawn.contains("<line class=\"path plan\" x1=\"45.833%\""), "{drawn}");
}

#[test]
fn a_lock_is_solid_while_it_held_and_dashed_while_it_is_expected_to() {
    let table = day();
    let quarter = Some((25.0, 25.0));
    let about = |found: Option<(f64, f64)>, wanted: Option<(f64, f64)>| match (found, wanted) {
        (Some(a), Some(b)) => (a.0 - b.0).abs() < 0.01 && (a.1 - b.1).abs() < 0.01,
        (None, None) => true,
        _ => false,
    };
    for (hold, held, will) in [
        (hold("06:00", Some("12:00"), None), quarter, None),
        (hold("06:00", Some("12:00"), Some("18:00")), quarter, None),
        (hold("12:00", None, Some("18:00")), Some((50.0, 10.556)), Some((60.556, 14.444))),
        (hold("12:00", None, None), Some((50.0, 10.556)), Some((60.556, 39.444))),
        (hold("2026-11-30T20:00:00Z", Some("06:00"), None), Some((0.0, 25.0)), None),
        (hold("06:00", None, Some("12:00")), quarter, None),
    ] {
        let drawn = bars(&table, std::slice::from_ref(&hold));
        assert!(about(drawn[0].held, held) && about(drawn[0].will, will), "{hold:?}: {drawn:?}");
    }
    let gone = hold("2026-11-30T20:00:00Z", Some("2026-11-30T22:00:00Z"), None);
    assert!(bars(&table, &[gone]).is_empty());
}

#[test]
fn tomorrow_shows_only_what_is_expected() {
    let table = Timetable::empty("2026-12-02".parse().expect("a date"), TimeZone::UTC, time("14:32"));
    let open = [hold("12:00", None, Some("2026-12-02T06:00:00Z")), hold("12:00", None, Some("18:00"))];
    let drawn = bars(&table, &open);
    assert_eq!(drawn.len(), 1, "what ends today is not there tomorrow");
    assert_eq!((drawn[0].held, drawn[0].will), (None, Some((0.0, 25.0))));
    assert!(!draw(&table).into_string().contains("now-flag"));
}

#[test]
fn bars_that_would_touch_stand_in_rows_and_words_stay_inside_the_day() {
    let table = Timetable { now: time("23:50"), ..day() };
    let holds = [
        hold("06:00", Some("08:00"), None),
        hold("07:00", Some("09:00"), None),
        hold("22:00", Some("23:30"), None),
        hold("23:40", None, Some("2026-12-02T01:00:00Z")),
    ];
    let drawn = bars(&table, &holds);
    assert_eq!(drawn.iter().map(|bar| bar.row).collect::<Vec<_>>(), [0, 1, 0, 1]);
    assert_eq!(drawn[2].place, Place::Before, "there is no room after it");
    assert!(drawn[3].words.ends_with(", until Wed 01:00"), "{}", drawn[3].words);
}

#[test]
fn refusals_are_dots_and_the_list_says_why() {
    let mut table = day();
    table.lanes[1].refusals.push(Refusal {
        at: time("11:30"),
        count: 3,
        why: "Production is closed.".to_owned(),
    });
    assert!(draw(&table).into_string().contains("<circle class=\"held\" cx=\"47.917%\""));
    let rows = list(&table).into_string();
    assert!(rows.contains("A deployment to Production was refused 3 times: Production is closed."), "{rows}");
}

#[test]
fn what_people_write_stays_text() {
    let mut table = day();
    let evil = "<script>alert(1)</script>\"'";
    table.lanes[0].name = evil.to_owned();
    table.lanes[0].stops.push(Stop { by: evil.to_owned(), ..stop(1, "10:00", evil, State::Succeeded) });
    table.lanes[0].refusals.push(Refusal { at: time("11:00"), count: 1, why: evil.to_owned() });
    table.lanes[0].holds.push(Hold {
        who: evil.to_owned(),
        title: evil.to_owned(),
        ..hold("12:00", None, None)
    });
    for shown in [draw(&table).into_string(), list(&table).into_string()] {
        assert!(!shown.contains("<script") && !shown.contains("\"'\""), "{shown}");
    }
}

#[test]
fn who_does_not_see_the_drawing_is_told_what_it_shows() {
    let mut table = day();
    table.lanes[0].stops =
        vec![stop(1, "08:15", "a", State::Succeeded), stop(2, "09:00", "b", State::Failed)];
    table.lanes[1].holds = vec![hold("12:00", None, None)];
    let said = "Timetable of Tuesday 1 December. Beta: 2 deployments, 1 succeeded, 1 failed. Production: no deployments; 1 lock not released yet.";
    assert!(draw(&table).into_string().contains(said), "{}", draw(&table).into_string());
}
