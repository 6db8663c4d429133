//! What is shown of a log.

use super::*;

fn kept(wanted: Wanted, count: u64) -> (Vec<u64>, u64) {
    let mut keeper = Keeper::new(wanted, None);
    for n in 1..=count {
        keeper.take(format!("line {n}").as_bytes());
    }
    (keeper.kept.iter().map(|line| line.number).collect(), keeper.hits)
}

#[test]
fn only_the_wanted_lines_are_kept() {
    assert_eq!(kept(Wanted::Last(3), 10).0, [8, 9, 10]);
    let (page, _) = kept(Wanted::Around(2_001), 4_500);
    assert_eq!((page[0], page[page.len() - 1]), (2_001, 4_000));
    let (page, _) = kept(Wanted::Around(1), 4_500);
    assert_eq!((page[0], page[page.len() - 1]), (1, 2_000));
    let (found, hits) = kept(Wanted::With("line 99".to_owned()), 1_000);
    assert_eq!((found, hits), (vec![99, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999], 11));
}

#[test]
fn a_line_that_is_being_written_is_shown_and_comes_again() {
    let first = split(b"one\ntw", 0, 0, false, None);
    assert_eq!((first.next, first.line, first.is_over), (4, 1, false));
    assert_eq!(
        first.items.into_string(),
        "<li id=\"L1\"><a href=\"#L1\">1</a><span>one</span></li><li id=\"L2\" class=\"open\"><a href=\"#L2\">2</a><span>tw</span></li>"
    );
    let second = split(b"two\n", 4, 1, true, None);
    assert_eq!((second.next, second.line, second.is_over), (8, 2, true));
    let last = split(b"the end", 8, 2, true, None);
    assert_eq!((last.next, last.line, last.is_over), (15, 3, true));
    assert!(!last.items.into_string().contains("open"));
}

fn clock(zone: &base::jiff::tz::TimeZone) -> Clock<'_> {
    Clock { began: base::Time::from_millis(1_793_512_800_000), zone }
}

fn outlined(text: &str, wanted: Wanted) -> Shown {
    let mut keeper = Keeper::new(wanted, Some(Outline::default()));
    text.lines().for_each(|line| keeper.take(line.as_bytes()));
    Shown {
        lines: keeper.kept.into(),
        total: keeper.total,
        hits: keeper.hits,
        next: 0,
        last_words: String::new(),
        search: None,
        outline: keeper.outline,
    }
}

const JOB: &str = "signalbox: ready
::step::{\"index\":0,\"name\":\"fetch\",\"at\":\"2026-11-01T06:00:14Z\"}
one
::group::Details
::at::40000
two
::endgroup::
three
::step-end::{\"index\":0,\"state\":\"succeeded\",\"exit\":0,\"took_ms\":1200}
::step::{\"index\":1,\"name\":\"analyse\",\"at\":\"2026-11-01T06:01:00Z\"}
KeyError: 'x'
::raw::::step-end::{}

::step-end::{\"index\":1,\"state\":\"failed\",\"exit\":1,\"took_ms\":300}";

#[test]
fn a_jobs_log_is_shown_in_its_steps_and_no_mark_is_shown_raw() {
    let zone = base::jiff::tz::TimeZone::UTC;
    let shown = outlined(JOB, Wanted::Last(LINES));
    assert_eq!(shown.total, 7);
    assert_eq!(shown.failure(), Some((6, "::step-end::{}".to_owned())));
    let html = shown.steps("/runs/1", clock(&zone), None, false).into_string();
    for piece in ["::step::", "::group::", "::endgroup::", "::at::", "::raw::"] {
        assert!(!html.contains(piece), "{piece} in {html}");
    }
    for piece in
        ["Getting ready", " fetch", " Details", "06:00:14", " analyse <span class=\"k-r\">failed", "1 s"]
    {
        assert!(html.contains(piece), "{piece} not in {html}");
    }
    for number in 1..=7 {
        assert_eq!(html.matches(&format!("id=\"L{number}\"")).count(), 1, "{number} in {html}");
    }
    assert!(html.contains("<li id=\"L6\" class=\"err\">"), "{html}");
}

#[test]
fn a_log_that_grows_ends_with_the_list_of_what_comes() {
    let zone = base::jiff::tz::TimeZone::UTC;
    let begun: String = JOB.lines().take(7).map(|line| format!("{line}\n")).collect();
    let html = outlined(&begun, Wanted::Last(LINES)).steps("/r", clock(&zone), None, true).into_string();
    assert!(html.ends_with("<ol tabindex=\"0\" aria-label=\"Log\"></ol></details>"), "{html}");
}

#[test]
fn what_comes_of_a_jobs_log_has_headings_and_times_and_counts_only_lines() {
    let zone = base::jiff::tz::TimeZone::UTC;
    let more = split(JOB.as_bytes(), 0, 0, true, Some(clock(&zone)));
    assert_eq!((more.line, more.next), (7, JOB.len() as i64));
    let html = more.items.into_string();
    assert!(html.contains("<li class=\"fold\">fetch</li>") && !html.contains("::at::"), "{html}");
    // A time waits for its line, and half a mark is not shown.
    let half = split(b"one\n::at::5\n::ste", 0, 0, false, Some(clock(&zone)));
    assert_eq!((half.line, half.next), (1, 4));
    assert!(!half.items.into_string().contains("::"));
}
