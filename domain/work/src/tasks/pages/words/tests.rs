//! What the words promise.

use super::*;

/// A Sunday.
fn here() -> Here {
    Here { today: date(2026, 11, 22), zone: TimeZone::get("Europe/Berlin").expect("a zone") }
}

#[test]
fn days_are_read_as_people_type_them() {
    for (typed, day) in [
        ("today", "2026-11-22"),
        ("Tomorrow", "2026-11-23"),
        ("yesterday", "2026-11-21"),
        ("fri", "2026-11-27"),
        ("on Friday", "2026-11-27"),
        ("sunday", "2026-11-29"),
        ("next fri", "2026-11-27"),
        ("next mon", "2026-11-23"),
        ("next week", "2026-11-23"),
        ("next month", "2026-12-01"),
        ("end of month", "2026-11-30"),
        ("in 3 days", "2026-11-25"),
        ("2w", "2026-12-06"),
        ("a month", "2026-12-22"),
        ("4 dec", "2026-12-04"),
        ("Dec 4th", "2026-12-04"),
        ("4 December 2027", "2027-12-04"),
        ("4.12.", "2026-12-04"),
        ("4.12.2027", "2027-12-04"),
        ("2026-12-04", "2026-12-04"),
        ("2 Nov", "2026-11-02"),
        ("3 Feb", "2027-02-03"),
    ] {
        let day: Date = day.parse().expect("a day");
        assert_eq!(when(typed, &here()).expect(typed), Some(When::On(day)), "{typed}");
    }
    for nothing in ["", "  ", "none", "No date", "-"] {
        assert_eq!(when(nothing, &here()).expect("nothing"), None);
    }
}

#[test]
fn times_are_those_of_the_reader() {
    for (typed, instant) in [
        ("fri 16:00", "2026-11-27T15:00:00Z"),
        ("Today, 16:00", "2026-11-22T15:00:00Z"),
        ("4 dec at 4:30 pm", "2026-12-04T15:30:00Z"),
        ("tomorrow 12am", "2026-11-22T23:00:00Z"),
        ("9am", "2026-11-22T08:00:00Z"),
    ] {
        let at = Time::parse(instant).expect("an instant");
        assert_eq!(when(typed, &here()).expect(typed), Some(When::At(at)), "{typed}");
    }
}

#[test]
fn a_day_that_there_is_not_is_refused_with_what_to_do() {
    for (typed, said) in [
        ("31 february", "There is no 31 February. Choose a day from 1 to 28"),
        ("2026-02-31", "There is no 31 February. Choose a day from 1 to 28"),
        ("1.13.", "There is no month 13. Choose one from 1 to 12"),
    ] {
        assert_eq!(when(typed, &here()).expect_err(typed).message(), said);
    }
    for typed in ["soon", "25:00", "99999999999", "in 99999 days", "é", "12", "€", "1,2,3,4,5", "0000000000"]
    {
        assert!(when(typed, &here()).is_err(), "{typed}");
    }
}

#[test]
fn a_line_gives_its_date_people_and_marks_away_and_keeps_the_rest() {
    let friday = Some(When::On(date(2026, 11, 27)));
    for (typed, name, due, people, marks) in [
        ("Call Marco fri", "Call Marco", friday, vec![], vec![]),
        ("Call @jonas about it #billing fri", "Call about it", friday, vec!["jonas"], vec!["billing"]),
        ("Friday drinks", "Friday drinks", None, vec![], vec![]),
        ("fri", "fri", None, vec![], vec![]),
        ("@jonas", "@jonas", None, vec![], vec![]),
        ("Answer #12 for a@b.c", "Answer #12 for a@b.c", None, vec![], vec![]),
        ("Ship in 5 days", "Ship", friday, vec![], vec![]),
    ] {
        let found = line(typed, &here());
        assert_eq!((found.name.as_str(), found.due), (name, due), "{typed}");
        assert_eq!(
            (found.people, found.marks),
            (people.into_iter().map(str::to_owned).collect(), marks.into_iter().map(str::to_owned).collect()),
            "{typed}"
        );
    }
}
