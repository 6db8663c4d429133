//! The story of an account: what its customer bought, and what became of each promise to come back.
//!
//! A story is decided first. The rows of the exports are written down from its [`Line`]s, the truth from its
//! [`Promise`]s; neither is ever computed from the other.

use super::calendar::{Day, plus_years};
use super::catalog::{CLOUD_ENTITLED_FROM, DATA_CENTER_ENTITLED_FROM, Hosting, LicenceType};
use super::customers::{self, Customer, Traces};
use super::random::Stream;

mod chain;
mod ends;
mod monthly;

/// All that happened between one customer and one app.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) account: Account,
    pub(crate) licences: Vec<Licence>,
    pub(crate) lines: Vec<Line>,
    pub(crate) promises: Vec<Promise>,
}

/// Who the story is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    pub(crate) number: u64,
    pub(crate) customer: Customer,
    pub(crate) app: u8,
    pub(crate) licence_type: LicenceType,
    /// From this day the customer buys through somebody else.
    pub(crate) partner_changes: Option<Day>,
    /// From this day another company of the same group pays.
    pub(crate) entity_changes: Option<Day>,
}

/// A licence.
#[derive(Clone, Debug)]
pub(crate) struct Licence {
    pub(crate) number: u64,
    pub(crate) hosting: Hosting,
    /// When it was first tried.
    pub(crate) tried: Option<Day>,
    /// The licence of this story that it took over from, where the marketplace knows it.
    pub(crate) moved_from: Option<u64>,
    /// From this day its rows show entitlements and no older number.
    pub(crate) renumbered: Option<Day>,
    /// It has never shown an older number.
    pub(crate) born_entitled: bool,
}

/// What kind of sale a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sale {
    New,
    Renewal,
    Upgrade,
    Downgrade,
    Refund,
    /// An invoice written by hand: the export leaves the kind empty.
    Manual,
    /// A kind that no list names.
    Adjustment,
}

/// What became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    Paid,
    Open,
    Uncollectible,
    Refunded,
}

/// How often a term is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Billing {
    Annual,
    Monthly,
}

/// One line of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) licence: u8,
    /// Which order of the account it belongs to.
    pub(crate) order: u16,
    pub(crate) kind: Sale,
    pub(crate) sale: Day,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) tier: u8,
    pub(crate) tier_before: Option<u8>,
    pub(crate) cents: i64,
    pub(crate) payment: Payment,
    pub(crate) billing: Billing,
    /// The line it takes back, by its place in the story.
    pub(crate) original: Option<u16>,
    /// Users added in the middle of a month.
    pub(crate) added_users: u16,
    /// A trial: its licence type is EVALUATION.
    pub(crate) is_trial: bool,
}

/// One obligation: a licence whose term ends.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    pub(crate) licence: u8,
    /// The term it comes from, by its place among the lines.
    pub(crate) term: u16,
    pub(crate) due: Day,
    /// When the term was sold: nobody knew of the obligation before.
    pub(crate) sold: Day,
    /// When the whole term was taken back.
    pub(crate) void: Option<Day>,
    /// When its rest was taken back.
    pub(crate) cut: Option<Cut>,
    /// The term had ended before it was sold.
    pub(crate) is_retro: bool,
    /// What the customer did about it, first things first; each but the last is taken back some day.
    pub(crate) answers: [Option<Answer>; 2],
}

/// The rest of a term was taken back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// The new end.
    pub(crate) at: Day,
    pub(crate) sold: Day,
    /// Something else was sold for the rest.
    pub(crate) is_continued: bool,
}

/// The customer came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) sold: Day,
    pub(crate) void: Option<Day>,
    pub(crate) how: How,
    /// The line that says so, by its place in the story.
    pub(crate) line: u16,
}

/// How a customer came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// On the same licence, from the end or later.
    Renewed,
    /// On the same licence, in the midst of the term.
    Replaced,
    /// With a new licence on other hosting.
    Migrated,
    /// With a new licence on the same hosting.
    Repurchased,
}

/// What all stories share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    /// The last day of history.
    pub(crate) until: Day,
}

/// How many numbers an account has for its licences.
pub(crate) const LICENCES_PER_ACCOUNT: u64 = 8;

impl Story {
    /// Tells the story of an account.
    pub(crate) fn tell(world: World, number: u64) -> Self {
        let (customer, app) = customers::of_account(world.seed, number);
        let mut stream = Stream::new(world.seed, number, 3);
        let licence_type = match stream.weighted(&[914, 50, 30, 3, 3]) {
            0 => LicenceType::Commercial,
            1 => LicenceType::Academic,
            2 => LicenceType::Community,
            3 => LicenceType::OpenSource,
            _ => LicenceType::SocialImpact,
        };
        let first = plus_years(world.until, -12);
        let mut some_day = |times| stream.chance(times).then(|| stream.between(first, world.until));
        let partner_changes = some_day(1000);
        // Of a company whose people are forgotten, the name is the last trace: it stays.
        let entity_changes = some_day(500).filter(|_| customer.traces != Traces::ForgottenPeople);
        let account = Account { number, customer, app, licence_type, partner_changes, entity_changes };
        let mut story = Self { account, licences: vec![], lines: vec![], promises: vec![] };
        let start = stream.between(first, world.until + 20);
        if stream.chance(75) {
            monthly::tell(&mut story, world, &mut stream, start);
        } else {
            chain::tell(&mut story, world, &mut stream, start);
        }
        if !licence_type.is_renewable() {
            story.promises.clear();
        }
        story.renumber(&mut stream);
        story
    }

    /// Decides from when on the rows of a licence show entitlements alone: only after a row that showed both.
    fn renumber(&mut self, stream: &mut Stream) {
        for (place, licence) in self.licences.iter_mut().enumerate() {
            let Some(from) = licence.entitled_from() else { continue };
            let bridge = self.lines.iter().find(|line| {
                usize::from(line.licence) == place
                    && line.sale >= from
                    && line.end > line.start
                    && line.payment != Payment::Uncollectible
                    && !line.is_trial
                    && matches!(line.kind, Sale::New | Sale::Renewal | Sale::Upgrade | Sale::Downgrade)
            });
            if let Some(bridge) = bridge
                && stream.chance(5000)
            {
                licence.renumbered = Some(bridge.sale + 1);
            }
        }
    }

    fn next_order(&self) -> u16 {
        self.lines.last().map_or(0, |line| line.order + 1)
    }

    fn push(&mut self, line: Line) -> u16 {
        self.lines.push(line);
        u16::try_from(self.lines.len() - 1).expect("a story has few lines")
    }
}

impl Licence {
    /// From when on its rows show entitlements.
    pub(crate) fn entitled_from(&self) -> Option<Day> {
        match self.hosting {
            Hosting::Server => None,
            Hosting::DataCenter => Some(DATA_CENTER_ENTITLED_FROM),
            Hosting::Cloud => Some(CLOUD_ENTITLED_FROM),
        }
    }

    /// Whether a row sold on `sale` shows entitlements.
    pub(crate) fn shows_entitlement(&self, sale: Day) -> bool {
        self.born_entitled || self.entitled_from().is_some_and(|from| sale >= from)
    }

    /// Whether a row sold on `sale` shows the numbers of the older kind.
    pub(crate) fn shows_number(&self, sale: Day) -> bool {
        !self.born_entitled && self.renumbered.is_none_or(|from| sale < from)
    }
}
