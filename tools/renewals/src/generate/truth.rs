//! What is true of a story as of a day.
//!
//! Each obligation has one outcome, judged from what the customer was decided to do and the thresholds of the report;
//! no row of an export is looked at, and no code is shared with the analysis.

use std::collections::BTreeMap;

use super::calendar::{self, Day, first_of_month};
use super::catalog::{Hosting, SERVER_UNTIL};
use super::story::{How, Promise, Sale, Story};

const GRACE_DAYS: i32 = 30;
const LATE_DAYS: i32 = 90;

/// The first line of the file of obligations.
pub(crate) const OBLIGATIONS_HEADER: &str =
    "licence,due,month,outcome,renewed_on,value_cents,renewed_value_cents,is_renewable\n";

/// What became of an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Early,
    OnTime,
    Late,
    VeryLate,
    Upgraded,
    Migrated,
    Repurchased,
    Pending,
    Lapsed,
    Superseded,
    Cancelled,
    Retro,
    Future,
}

/// The outcomes in the order of the columns, with the words of the report.
const OUTCOMES: [(Outcome, &str); 13] = [
    (Outcome::Early, "early"),
    (Outcome::OnTime, "on_time"),
    (Outcome::Late, "late"),
    (Outcome::VeryLate, "very_late"),
    (Outcome::Upgraded, "upgraded"),
    (Outcome::Migrated, "migrated"),
    (Outcome::Repurchased, "repurchased"),
    (Outcome::Pending, "pending"),
    (Outcome::Lapsed, "lapsed"),
    (Outcome::Superseded, "superseded"),
    (Outcome::Cancelled, "cancelled"),
    (Outcome::Retro, "retro"),
    (Outcome::Future, "future"),
];
const IN_COHORT: usize = 9;

/// An obligation as of a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) due: Day,
    pub(crate) outcome: Outcome,
    pub(crate) renewed_on: Option<Day>,
    line: Option<u16>,
}

/// Judges an obligation with what is known on `as_of`; nothing when it is not known yet, or taken back.
pub(crate) fn judge(promise: &Promise, as_of: Day) -> Option<Verdict> {
    let is_known = |sold: Day, void: Option<Day>| sold <= as_of && void.is_none_or(|void| void > as_of);
    let plain = |due, outcome| Some(Verdict { due, outcome, renewed_on: None, line: None });
    if !is_known(promise.sold, promise.void) {
        return None;
    }
    if let Some(cut) = promise.cut
        && cut.sold <= as_of
    {
        return plain(cut.at, if cut.is_continued { Outcome::Superseded } else { Outcome::Cancelled });
    }
    let due = promise.due;
    if promise.is_retro {
        return plain(due, Outcome::Retro);
    }
    let answer = promise.answers.iter().flatten().find(|answer| is_known(answer.sold, answer.void));
    let Some(answer) = answer else {
        return plain(
            due,
            if due > as_of {
                Outcome::Future
            } else if as_of < due + LATE_DAYS {
                Outcome::Pending
            } else {
                Outcome::Lapsed
            },
        );
    };
    let is_before_month = answer.sold < first_of_month(due);
    let outcome = match answer.how {
        How::Replaced if is_before_month => Outcome::Superseded,
        How::Replaced => Outcome::Upgraded,
        How::Migrated => Outcome::Migrated,
        How::Repurchased => Outcome::Repurchased,
        How::Renewed if is_before_month => Outcome::Early,
        How::Renewed if answer.sold <= due + GRACE_DAYS => Outcome::OnTime,
        How::Renewed if answer.sold <= due + LATE_DAYS => Outcome::Late,
        How::Renewed => Outcome::VeryLate,
    };
    Some(Verdict { due, outcome, renewed_on: Some(answer.sold), line: Some(answer.line) })
}

/// Totals of one month.
#[derive(Clone, Debug, Default)]
struct Total {
    outcomes: [u64; OUTCOMES.len()],
    not_renewable: u64,
    value_cents: i64,
    /// Retained up to 0, 30, 90 and 365 days after the due date.
    retained: [u64; 4],
}

const MATURITIES: [i32; 4] = [0, 30, 90, 365];

/// Totals of all months.
#[derive(Clone, Debug, Default)]
pub(crate) struct Months(BTreeMap<i32, Total>);

impl Months {
    /// Takes the totals of other stories in.
    pub(crate) fn add(&mut self, others: &Months) {
        for (month, other) in &others.0 {
            let total = self.0.entry(*month).or_default();
            for (here, there) in total.outcomes.iter_mut().zip(other.outcomes) {
                *here += there;
            }
            for (here, there) in total.retained.iter_mut().zip(other.retained) {
                *here += there;
            }
            total.not_renewable += other.not_renewable;
            total.value_cents += other.value_cents;
        }
    }

    fn count(&mut self, verdict: &Verdict, value_cents: i64, is_renewable: bool) {
        let total = self.0.entry(calendar::month(verdict.due)).or_default();
        let place = verdict.outcome as usize;
        if place < IN_COHORT && !is_renewable {
            total.not_renewable += 1;
            return;
        }
        total.outcomes[place] += 1;
        if place < IN_COHORT {
            total.value_cents += value_cents;
            for (retained, days) in total.retained.iter_mut().zip(MATURITIES) {
                *retained += u64::from(verdict.renewed_on.is_some_and(|sold| sold <= verdict.due + days));
            }
        }
    }

    /// The file of totals.
    pub(crate) fn csv(&self) -> String {
        let mut out = String::from("month,due");
        for (_, word) in OUTCOMES {
            out = out + "," + word;
        }
        out += ",not_renewable,value_cents,retained_0,retained_30,retained_90,retained_365\n";
        for (month, total) in &self.0 {
            let due: u64 = total.outcomes[..IN_COHORT].iter().sum();
            out = out + &calendar::month_text(*month) + "," + &due.to_string();
            for count in total.outcomes.iter().chain([&total.not_renewable]) {
                out = out + "," + &count.to_string();
            }
            out = out + "," + &total.value_cents.to_string();
            for count in total.retained {
                out = out + "," + &count.to_string();
            }
            out.push('\n');
        }
        out
    }
}

/// Writes the obligations of a story as of a day, and counts them.
pub(crate) fn write(out: &mut Vec<u8>, months: &mut Months, story: &Story, as_of: Day) {
    for promise in &story.promises {
        let Some(verdict) = judge(promise, as_of) else { continue };
        let licence = &story.licences[usize::from(promise.licence)];
        let term = &story.lines[usize::from(promise.term)];
        let is_first_on_server =
            licence.hosting == Hosting::Server && matches!(term.kind, Sale::New | Sale::Upgrade);
        // The first renewal of a Server licence costs half of its purchase.
        let value = per_year(term.cents, term.end - term.start, if is_first_on_server { 2 } else { 1 });
        let is_renewable = licence.hosting != Hosting::Server || verdict.due <= SERVER_UNTIL;
        months.count(&verdict, value, is_renewable);

        licence.write_key(out);
        out.push(b',');
        calendar::write(out, verdict.due);
        out.push(b',');
        let month = out.len() - 11;
        out.extend_from_within(month..month + 7);
        out.push(b',');
        out.extend_from_slice(OUTCOMES[verdict.outcome as usize].1.as_bytes());
        out.push(b',');
        if let Some(sold) = verdict.renewed_on {
            calendar::write(out, sold);
        }
        out.push(b',');
        super::text::write_number(out, value);
        out.push(b',');
        if let Some(line) = verdict.line {
            let line = &story.lines[usize::from(line)];
            super::text::write_number(out, per_year(line.cents, line.end - line.start, 1));
        }
        out.extend_from_slice(if is_renewable { b",yes\n" } else { b",no\n" });
    }
}

/// What a year costs, divided by `by`; half a cent counts as a whole one.
fn per_year(cents: i64, days: i32, by: i64) -> i64 {
    let days = i64::from(days) * by;
    (cents * 365 * 2 + days).div_euclid(2 * days)
}

#[cfg(test)]
mod tests {
    use super::super::calendar::day;
    use super::super::story::{Answer, Cut};
    use super::*;

    fn promise() -> Promise {
        Promise {
            licence: 0,
            term: 0,
            due: day(2020, 3, 10),
            sold: day(2019, 3, 10),
            void: None,
            cut: None,
            is_retro: false,
            answers: [None; 2],
        }
    }

    fn outcome(promise: &Promise, as_of: Day) -> Option<Outcome> {
        judge(promise, as_of).map(|verdict| verdict.outcome)
    }

    #[test]
    fn the_day_of_the_answer_decides_what_it_is() {
        let late = day(2024, 1, 1);
        for (how, sold, expect) in [
            (How::Renewed, day(2020, 2, 29), Outcome::Early),
            (How::Renewed, day(2020, 3, 1), Outcome::OnTime),
            (How::Renewed, day(2020, 4, 9), Outcome::OnTime),
            (How::Renewed, day(2020, 4, 10), Outcome::Late),
            (How::Renewed, day(2020, 6, 8), Outcome::Late),
            (How::Renewed, day(2020, 6, 9), Outcome::VeryLate),
            (How::Replaced, day(2020, 2, 29), Outcome::Superseded),
            (How::Replaced, day(2020, 3, 5), Outcome::Upgraded),
            (How::Migrated, day(2020, 2, 15), Outcome::Migrated),
            (How::Repurchased, day(2020, 5, 1), Outcome::Repurchased),
        ] {
            let answers = [Some(Answer { sold, void: None, how, line: 0 }), None];
            assert_eq!(outcome(&Promise { answers, ..promise() }, late), Some(expect), "{how:?} {sold}");
        }
    }

    #[test]
    fn what_is_not_known_yet_has_not_happened() {
        let answer = |sold, void| Some(Answer { sold, void, how: How::Renewed, line: 0 });
        let mut told = Promise {
            answers: [answer(day(2020, 3, 1), Some(day(2020, 3, 20))), answer(day(2020, 5, 21), None)],
            ..promise()
        };
        for (as_of, expect) in [
            (day(2019, 3, 9), None),
            (day(2020, 2, 28), Some(Outcome::Future)),
            (day(2020, 3, 19), Some(Outcome::OnTime)),
            (day(2020, 3, 20), Some(Outcome::Pending)),
            (day(2020, 5, 21), Some(Outcome::Late)),
        ] {
            assert_eq!(outcome(&told, as_of), expect);
        }
        told.answers[1] = None;
        assert_eq!(outcome(&told, day(2020, 6, 7)), Some(Outcome::Pending));
        assert_eq!(outcome(&told, day(2020, 6, 8)), Some(Outcome::Lapsed));
        let cut = Cut { at: day(2019, 9, 1), sold: day(2019, 9, 4), is_continued: false };
        let told = Promise { cut: Some(cut), ..promise() };
        assert_eq!(outcome(&told, day(2019, 9, 3)), Some(Outcome::Future));
        assert_eq!(
            judge(&told, day(2019, 9, 4)).map(|v| (v.due, v.outcome)),
            Some((cut.at, Outcome::Cancelled))
        );
    }
}
