//! One licence after the other: how a customer buys, changes and comes back.

use super::super::calendar::{Day, plus_years};
use super::super::catalog::{self, Hosting, TIER_MAX};
use super::super::random::Stream;
use super::{
    Answer, Billing, Cut, How, LICENCES_PER_ACCOUNT, Licence, Line, Payment, Promise, Sale, Story, World,
    ends,
};

/// Tells an account whose first licence is bought on `start`.
pub(super) fn tell(story: &mut Story, world: World, stream: &mut Stream, start: Day) {
    let hosting = first_hosting(stream, start);
    let tier = stream.weighted(&[18, 18, 16, 14, 11, 9, 6, 4, 2, 2]) as u8;
    let mut teller = Teller { story, world, stream, licence: 0, tier, renewals: 0, may_move: true };
    if teller.stream.chance(400) {
        // Tried and left: a licence without a sale.
        teller.open(&Beginning { hosting, start, sale: start, answers: None, moved_from: None });
        teller.story.licences[0].tried = Some(start);
        return;
    }
    if teller.stream.chance(150) {
        return ends::twins(&mut teller, hosting, start);
    }
    if teller.stream.chance(200) {
        teller.tried_before(hosting, start);
    }
    teller.tell_from(Beginning { hosting, start, sale: start, answers: None, moved_from: None });
}

fn first_hosting(stream: &mut Stream, start: Day) -> Hosting {
    let weights = if start <= catalog::DATA_CENTER_FROM {
        [85, 0, 15]
    } else if start <= catalog::SERVER_NEW_UNTIL {
        [72, 10, 18]
    } else if start <= catalog::DATA_CENTER_NEW_UNTIL {
        [0, 40, 60]
    } else {
        [0, 0, 1]
    };
    [Hosting::Server, Hosting::DataCenter, Hosting::Cloud][stream.weighted(&weights)]
}

/// The first sale of a licence, and which promise it keeps.
#[derive(Clone, Copy)]
pub(super) struct Beginning {
    pub(super) hosting: Hosting,
    pub(super) start: Day,
    pub(super) sale: Day,
    pub(super) answers: Option<(usize, How)>,
    pub(super) moved_from: Option<u64>,
}

/// Tells the licences of one account.
pub(super) struct Teller<'a> {
    pub(super) story: &'a mut Story,
    pub(super) world: World,
    pub(super) stream: &'a mut Stream,
    pub(super) licence: u8,
    pub(super) tier: u8,
    pub(super) renewals: u32,
    /// Whether the customer may still change to a new licence.
    pub(super) may_move: bool,
}

impl Teller<'_> {
    pub(super) fn hosting(&self) -> Hosting {
        self.story.licences[usize::from(self.licence)].hosting
    }

    /// Tells one licence after the other until the customer is gone.
    pub(super) fn tell_from(&mut self, first: Beginning) {
        let mut next = Some(first);
        while let Some(beginning) = next {
            let is_follower = beginning.answers.is_some() || beginning.moved_from.is_some();
            self.open(&beginning);
            // The first term of a follower is never short: it must end after everything it could be taken for.
            let end = if is_follower { plus_years(beginning.start, 1) } else { self.end_of(beginning.start) };
            let line = self.line(Sale::New, beginning.sale, beginning.start, end);
            let sold = self.sell(line, beginning.answers);
            next = sold.and_then(|promise| self.live(promise));
            if self.story.licences.len() as u64 == LICENCES_PER_ACCOUNT {
                return;
            }
        }
    }

    /// Opens a licence and makes it the one that is told.
    pub(super) fn open(&mut self, beginning: &Beginning) {
        let place = self.story.licences.len();
        let is_modern =
            beginning.hosting == Hosting::Cloud && beginning.sale > catalog::CLOUD_ENTITLED_FROM + 365;
        let tried = beginning.hosting != Hosting::Server && self.stream.chance(6000);
        self.story.licences.push(Licence {
            number: self.story.account.number * LICENCES_PER_ACCOUNT + place as u64,
            hosting: beginning.hosting,
            tried: tried.then_some(beginning.sale - 30),
            moved_from: beginning.moved_from,
            renumbered: None,
            born_entitled: is_modern && self.stream.chance(6000),
        });
        self.licence = place as u8;
        self.renewals = 0;
    }

    /// A trial that the export lists as a sale of its own, on the licence that is paid for later.
    fn tried_before(&mut self, hosting: Hosting, start: Day) {
        let from = start - 30;
        self.open(&Beginning { hosting, start, sale: from, answers: None, moved_from: None });
        let line = self.line(Sale::New, from, from, start);
        self.story.push(Line { cents: 0, is_trial: true, ..line });
        // The paid licence is the same one: `tell_from` opens it again under the same number.
        self.story.licences.clear();
    }

    /// When a term that starts on `start` ends.
    pub(super) fn end_of(&mut self, start: Day) -> Day {
        match self.stream.weighted(&[84, 10, 2, 4]) {
            0 => plus_years(start, 1),
            1 => plus_years(start, 2),
            2 => plus_years(start, 3),
            _ => start + self.stream.between(60, 359),
        }
    }

    /// A line at the price of the day.
    pub(super) fn line(&mut self, kind: Sale, sale: Day, start: Day, end: Day) -> Line {
        let year = catalog::price_per_year(self.story.account.app, self.hosting(), self.tier, sale);
        let mut cents = year * i64::from(end - start) / 365;
        if self.hosting() == Hosting::Server && kind == Sale::Renewal {
            cents /= 2;
        }
        // Some get a discount; since 2022 some pay nothing at all.
        cents = cents * i64::from(100 - self.stream.pick(&[0, 0, 0, 0, 5, 10, 20])) / 100;
        let is_free = sale > super::super::calendar::day(2022, 6, 9) && self.stream.chance(100);
        if is_free || !self.story.account.licence_type.is_renewable() {
            cents = 0;
        }
        Line {
            licence: self.licence,
            order: self.story.next_order(),
            kind,
            sale,
            start,
            end,
            tier: self.tier,
            tier_before: None,
            cents,
            payment: if sale + 30 > self.world.until { Payment::Open } else { Payment::Paid },
            billing: Billing::Annual,
            original: None,
            added_users: 0,
            is_trial: false,
        }
    }

    /// Writes down a term and the promise that comes with it, and which promise it keeps.
    pub(super) fn promise(&mut self, line: Line, answers: Option<(usize, How)>) -> usize {
        let place = self.story.push(line);
        if let Some((promise, how)) = answers {
            let slots = &mut self.story.promises[promise].answers;
            let answer = Answer { sold: line.sale, void: None, how, line: place };
            *slots.iter_mut().find(|slot| slot.is_none()).expect("a sale is made good at most once") =
                Some(answer);
        }
        self.story.promises.push(Promise {
            licence: line.licence,
            term: place,
            due: line.end,
            sold: line.sale,
            void: None,
            cut: None,
            is_retro: line.kind != Sale::New && line.end < line.sale,
            answers: [None; 2],
        });
        self.story.promises.len() - 1
    }

    /// Sells a term; it may be taken back soon, and sold again the next day. Nothing when it is not.
    pub(super) fn sell(&mut self, line: Line, answers: Option<(usize, How)>) -> Option<usize> {
        let promise = self.promise(line, answers);
        if !self.stream.chance(250) {
            return Some(promise);
        }
        let mut back = line.sale + self.stream.between(1, 25);
        if line.end == back + 1 {
            back += 1;
        }
        let term = self.story.promises[promise].term;
        self.refund(term, back, line.start, line.end);
        self.story.promises[promise].void = Some(back);
        if let Some((answered, _)) = answers {
            for answer in self.story.promises[answered].answers.iter_mut().flatten() {
                answer.void = Some(back);
            }
        }
        if self.stream.chance(5000) {
            self.story.lines[usize::from(term)].payment = Payment::Refunded;
        }
        if self.stream.chance(5000) {
            return None;
        }
        let again = Line { sale: back + 1, order: self.story.next_order(), ..line };
        Some(self.promise(again, answers))
    }

    /// Takes back what `term` costs from `start` to `end`.
    pub(super) fn refund(&mut self, term: u16, sale: Day, start: Day, end: Day) {
        let line = self.story.lines[usize::from(term)];
        let share = line.cents * i64::from(end - start) / i64::from(line.end - line.start);
        self.story.push(Line {
            kind: Sale::Refund,
            order: self.story.next_order(),
            sale,
            start,
            end,
            cents: -share,
            payment: Payment::Refunded,
            original: Some(term),
            ..line
        });
    }

    /// Moves to the next tier up, or down from the highest, and says which kind of sale that is.
    pub(super) fn change_tier(&mut self, line: &mut Line, is_up: bool) {
        let before = self.tier;
        self.tier = if (is_up && before < TIER_MAX) || before == 0 { before + 1 } else { before - 1 };
        line.kind = if self.tier > before { Sale::Upgrade } else { Sale::Downgrade };
        line.tier = self.tier;
        line.tier_before = Some(before);
    }

    /// The rest of a term is taken back from `at`; gone, or continued at another tier.
    pub(super) fn cut(&mut self, promise: usize, at: Day) -> Option<usize> {
        let term = self.story.promises[promise].term;
        let line = self.story.lines[usize::from(term)];
        if self.stream.chance(4000) {
            let sold = at + self.stream.between(0, 4);
            self.refund(term, sold, at, line.end);
            self.story.promises[promise].cut = Some(Cut { at, sold, is_continued: false });
            return None;
        }
        self.story.promises[promise].cut = Some(Cut { at, sold: at, is_continued: true });
        let anniversary = plus_years(line.start, 1);
        let in_two = anniversary > at + 32 && line.end > anniversary + 60;
        let middle = if in_two { anniversary } else { line.end };
        self.refund(term, at, at, middle);
        if in_two {
            self.refund(term, at, middle, line.end);
        }
        let order = self.story.next_order() - 1;
        let mut rest = self.line(Sale::Upgrade, at, at, middle);
        self.change_tier(&mut rest, true);
        let rest = self.promise(Line { order, ..rest }, None);
        if !in_two {
            return Some(rest);
        }
        let renewal = self.line(Sale::Renewal, at, middle, line.end);
        Some(self.promise(Line { order, ..renewal }, Some((rest, How::Renewed))))
    }
}
