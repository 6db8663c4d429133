//! What happens while a term runs and when it ends.

use super::super::calendar::{Day, day, first_of_month, plus_years};
use super::super::catalog::{self, COUNTRIES, Hosting};
use super::super::customers::Traces;
use super::chain::{Beginning, Teller};
use super::{How, Line, Payment, Sale};

/// How a customer who comes back does so.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    OnTime,
    Early,
    Late,
    VeryLate,
    Replaced,
    Moved,
}

impl Teller<'_> {
    /// Lives through term after term of a licence; the beginning of another licence when the customer takes one.
    pub(super) fn live(&mut self, mut promise: usize) -> Option<Beginning> {
        loop {
            let term = self.term(promise);
            if term.sale > self.world.until || self.story.promises[promise].is_retro {
                return None;
            }
            let first = term.start.max(term.sale) + 30;
            if self.stream.chance(150) && first < term.end - 30 {
                let at = self.stream.between(first, term.end - 30);
                promise = self.cut(promise, at)?;
                continue;
            }
            self.make_noise(term);
            let manner = if self.stream.chance(self.retention(term)) { self.manner(term) } else { None };
            promise = match manner {
                None => return self.leave(term),
                Some(Manner::Moved) => return self.move_on(promise),
                Some(Manner::Replaced) => self.replace(promise)?,
                Some(manner) => self.renew(promise, manner)?,
            };
            self.renewals += 1;
        }
    }

    fn term(&self, promise: usize) -> Line {
        self.story.lines[usize::from(self.story.promises[promise].term)]
    }

    /// How many in 10,000 of such customers come back.
    fn retention(&self, term: Line) -> u32 {
        let mut share = 7200 + 70 * u32::from(term.tier) + 150 * self.renewals.min(4);
        match self.hosting() {
            Hosting::Server => {}
            Hosting::DataCenter => share += 500,
            Hosting::Cloud => share -= 300,
        }
        if COUNTRIES[usize::from(self.story.account.customer.country)].1 == "APAC" {
            share -= 250;
        }
        // Four bad months, for a report to notice.
        if (day(2020, 4, 1)..day(2020, 8, 1)).contains(&term.end) {
            share -= 1300;
        }
        share
    }

    fn manner(&mut self, term: Line) -> Option<Manner> {
        let moves = match self.hosting() {
            Hosting::Server if term.end > catalog::SERVER_UNTIL => return Some(Manner::Moved),
            Hosting::Server if term.end > catalog::SERVER_NEW_UNTIL => 25,
            Hosting::Server => 8,
            Hosting::DataCenter | Hosting::Cloud => 4,
        };
        let manner =
            [Manner::OnTime, Manner::Early, Manner::Late, Manner::VeryLate, Manner::Replaced, Manner::Moved]
                [self.stream.weighted(&[60, 14, 9, 4, 9, if self.may_move { moves } else { 0 }])];
        Some(manner)
    }

    /// Renews, before or after the end.
    fn renew(&mut self, promise: usize, manner: Manner) -> Option<usize> {
        let term = self.term(promise);
        let due = term.end;
        let month = first_of_month(due);
        let (low, high) = match manner {
            Manner::Early => (month - 120, month - 1),
            Manner::Late => (due + 31, due + 90),
            Manner::VeryLate => (due + 91, due + 1090),
            Manner::OnTime | Manner::Replaced | Manner::Moved => (month.max(due - 25), due + 30),
        };
        let sale = self.stream.between(low.max(term.sale + 1), high);
        if self.hosting() == Hosting::Server && sale >= catalog::SERVER_UNTIL {
            return None;
        }
        let start = match manner {
            Manner::Late | Manner::VeryLate if self.stream.chance(3000) => sale,
            Manner::VeryLate if self.stream.chance(6000) => return self.catch_up(promise, sale),
            // The day after the end is as good as the end.
            _ if self.stream.chance(300) => due + 1,
            _ => due,
        };
        let mut end = self.end_of(start);
        if end == sale {
            end += 1;
        }
        let mut line = self.line(Sale::Renewal, sale, start, end);
        if self.stream.chance(800) {
            let is_up = self.stream.chance(6500);
            self.change_tier(&mut line, is_up);
        }
        self.sell(line, Some((promise, How::Renewed)))
    }

    /// Pays for every year that was missed, in one order.
    fn catch_up(&mut self, promise: usize, sale: Day) -> Option<usize> {
        let mut start = self.term(promise).end;
        let mut answers = Some((promise, How::Renewed));
        let order = self.story.next_order();
        loop {
            let mut end = plus_years(start, 1);
            if end == sale {
                end += 1;
            }
            let line = Line { order, ..self.line(Sale::Renewal, sale, start, end) };
            if end > sale {
                return self.sell(line, answers);
            }
            self.promise(line, answers.take());
            start = end;
        }
    }

    /// Buys something else for the same licence while the term still runs.
    fn replace(&mut self, promise: usize) -> Option<usize> {
        let term = self.term(promise);
        let due = term.end;
        let first = term.start.max(term.sale) + 6;
        if first >= due {
            return self.renew(promise, Manner::OnTime);
        }
        let first = if self.stream.chance(4000) { first.max(first_of_month(due)) } else { first };
        let start = self.stream.between(first.min(due - 1), due - 1);
        let sale = start - self.stream.between(0, 3);
        if self.hosting() == Hosting::Server && sale >= catalog::SERVER_UNTIL {
            return None;
        }
        // A common end with the customer's other licences, or twelve months from the payment.
        let is_co_term = self.stream.chance(1000) || plus_years(start, 1) <= due;
        let end = if is_co_term { due + self.stream.between(60, 300) } else { plus_years(start, 1) };
        let mut line = self.line(Sale::Renewal, sale, start, end);
        if !is_co_term {
            let is_up = self.stream.chance(8500);
            self.change_tier(&mut line, is_up);
            // An upgrade costs the difference.
            line.cents /= 2;
        }
        self.sell(line, Some((promise, How::Replaced)))
    }

    /// Takes a new licence instead of renewing the old one.
    fn move_on(&mut self, promise: usize) -> Option<Beginning> {
        let term = self.term(promise);
        let due = term.end;
        let last = self.story.lines.iter().map(|line| line.sale).max().unwrap_or(term.sale);
        let low = (due - 80).max(term.start + 1).max(last + 12);
        let high = if self.stream.chance(8000) { due + 60 } else { due + 340 };
        if low > high {
            return None;
        }
        let start = self.stream.between(low, high);
        let hosting = self.next_hosting(start);
        let is_other = hosting != self.hosting();
        let is_known = hosting == Hosting::Cloud && is_other && self.stream.chance(6000);
        let moved_from = is_known.then(|| self.story.licences[usize::from(self.licence)].number);
        // Of forgotten customers nobody can tell that they are the same, unless the marketplace says so.
        let is_linked = is_known || self.story.account.customer.traces != Traces::Forgotten;
        let how = if is_other { How::Migrated } else { How::Repurchased };
        Some(Beginning {
            hosting,
            start,
            sale: start - self.stream.between(0, 10),
            answers: is_linked.then_some((promise, how)),
            moved_from,
        })
    }

    fn next_hosting(&mut self, start: Day) -> Hosting {
        let server = if start <= catalog::SERVER_NEW_UNTIL { 50 } else { 0 };
        let data_center = (catalog::DATA_CENTER_FROM..=catalog::DATA_CENTER_NEW_UNTIL).contains(&start);
        let weights = match self.hosting() {
            Hosting::Server => [server, if data_center { 35 } else { 0 }, 15],
            Hosting::DataCenter => [0, if data_center { 60 } else { 0 }, 40],
            Hosting::Cloud => [0, 0, 1],
        };
        [Hosting::Server, Hosting::DataCenter, Hosting::Cloud][self.stream.weighted(&weights)]
    }

    /// Leaves; a few return long after, as if they had never been here.
    fn leave(&mut self, term: Line) -> Option<Beginning> {
        if !self.may_move || !self.stream.chance(150) {
            return None;
        }
        let start = term.end + self.stream.between(400, 700);
        let hosting = self.next_hosting(start);
        Some(Beginning { hosting, start, sale: start, answers: None, moved_from: None })
    }

    /// Lines that are in the export and mean nothing.
    fn make_noise(&mut self, term: Line) {
        let near = term.end - self.stream.between(-10, 10);
        let noise = self.stream.below(10_000);
        let line = match noise {
            0..100 => Line { start: term.end, end: term.end, cents: 0, ..self.line_like(term, near) },
            100..170 => Line { payment: Payment::Uncollectible, ..self.line_like(term, near) },
            170..200 => Line { kind: Sale::Manual, ..self.line_like(term, near) },
            200..203 => Line { kind: Sale::Adjustment, ..self.line_like(term, near) },
            _ => return,
        };
        self.story.push(line);
    }

    fn line_like(&mut self, term: Line, sale: Day) -> Line {
        self.line(Sale::Renewal, sale, term.end, plus_years(term.end, 1))
    }
}

/// Two licences for one app side by side; both end within weeks, and one new licence follows the first of them.
pub(super) fn twins(teller: &mut Teller<'_>, hosting: Hosting, start: Day) {
    teller.may_move = false;
    let years = teller.stream.between(1, 4);
    let offset = teller.stream.between(30, 45);
    let mut last = [0; 2];
    for (place, start) in [start, start + offset].into_iter().enumerate() {
        teller.open(&Beginning { hosting, start, sale: start, answers: None, moved_from: None });
        let line = teller.line(Sale::New, start, start, plus_years(start, 1));
        let mut promise = teller.promise(line, None);
        for year in 1..years {
            let due = plus_years(start, year);
            let sale = due + teller.stream.between(-20, 20);
            if hosting == Hosting::Server && sale >= catalog::SERVER_UNTIL {
                break;
            }
            let line = teller.line(Sale::Renewal, sale, due, plus_years(start, year + 1));
            promise = teller.promise(line, Some((promise, How::Renewed)));
        }
        last[place] = promise;
    }
    // Only the nearer of the two can have been replaced; that no trace is left of it is another story.
    let due = teller.term(last[0]).end;
    let begins = due + teller.stream.between(1, 8);
    let is_even = teller.term(last[1]).end > begins + 10;
    if is_even && teller.story.account.customer.traces != Traces::Forgotten {
        let next = teller.next_hosting(begins);
        let how = if next == hosting { How::Repurchased } else { How::Migrated };
        teller.tell_from(Beginning {
            hosting: next,
            start: begins,
            sale: begins,
            answers: Some((last[0], how)),
            moved_from: None,
        });
    }
}
