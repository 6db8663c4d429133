//! What a line of a story looks like in an export: dates, amounts, spellings and their flaws.

use super::calendar::Day;
use super::catalog::{APPS, CLOUD_ENTITLED_FROM, Hosting, TIERS};
use super::numbers::{Numbers, put, write_uuid};
use super::parties::Parties;
use super::random::{Stream, mix};
use super::story::{Licence, Line, Payment, Sale, Story, World};

/// Whether a row is the last word on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Last,
    /// An older state of the line, with other dates and another price.
    Stale,
}

/// A transaction as the export shows it; made once and filled again and again.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) transaction: String,
    pub(crate) line_item: String,
    pub(crate) numbers: Numbers,
    pub(crate) cloud: String,
    pub(crate) parties: Parties,
    pub(crate) last_updated: Day,
    pub(crate) sale: Day,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) licence_type: &'static str,
    pub(crate) hosting: &'static str,
    pub(crate) billing_period: &'static str,
    pub(crate) tier: String,
    pub(crate) tier_before: String,
    pub(crate) change_in_tier: &'static str,
    pub(crate) edition: &'static str,
    pub(crate) sale_type: &'static str,
    pub(crate) cents: i64,
    pub(crate) partner_discount: Option<i64>,
    pub(crate) loyalty_discount: Option<i64>,
    pub(crate) payment: &'static str,
    pub(crate) refund_reason: &'static str,
    pub(crate) payment_terms: &'static str,
    pub(crate) original: String,
    pub(crate) original_sale: Option<Day>,
    pub(crate) prorated: String,
    pub(crate) dunning: &'static str,
    pub(crate) is_manual: bool,
    pub(crate) app: (&'static str, &'static str, &'static str),
}

impl Row {
    /// Fills in the row for a line of a story.
    pub(crate) fn fill(&mut self, world: World, story: &Story, place: usize, version: Version) {
        let account = story.account.number;
        let line = &story.lines[place];
        let licence = &story.licences[usize::from(line.licence)];
        let mut stream = Stream::new(world.seed, account, 1000 + place as u64);
        self.transaction.clear();
        write_transaction(&mut self.transaction, account, line.order);
        self.line_item.clear();
        if account.is_multiple_of(8) {
            let number = mix(account << 9 | place as u64);
            write_uuid(&mut self.line_item, number, mix(number ^ world.seed));
        } else {
            put(&mut self.line_item, format_args!("{:010}", account * 512 + place as u64));
        }
        self.numbers.fill(licence, line.sale);
        self.cloud.clear();
        if licence.hosting == Hosting::Cloud && line.sale >= CLOUD_ENTITLED_FROM {
            write_uuid(&mut self.cloud, mix(account ^ 0xc10d), mix(account));
        }
        self.app = APPS[usize::from(story.account.app)];
        self.parties.fill(story, line.licence, line.sale, &mut stream);
        self.fill_terms(story, line, licence, &mut stream);
        self.fill_original(story, line, &mut stream);
        self.last_updated = (line.sale + 1 + stream.below(40).cast_signed()).min(world.until.max(line.sale));
        if version == Version::Stale {
            self.last_updated = line.sale;
            self.end += 31;
            self.cents *= 2;
            self.payment = "Open";
        }
    }

    fn fill_terms(&mut self, story: &Story, line: &Line, licence: &Licence, stream: &mut Stream) {
        (self.sale, self.start, self.end, self.cents) = (line.sale, line.start, line.end, line.cents);
        self.is_manual = line.kind == Sale::Manual;
        self.licence_type = match story.account.licence_type.text() {
            _ if line.is_trial => "EVALUATION",
            _ if self.is_manual => "",
            "COMMERCIAL" if stream.chance(5) => "commercial",
            text => text,
        };
        self.hosting = match licence.hosting.text() {
            "Data Center" if stream.chance(5) => "Data center",
            text => text,
        };
        self.billing_period = match line.billing {
            super::story::Billing::Annual => "Annual",
            super::story::Billing::Monthly => "Monthly",
        };
        let users = mix(story.account.number ^ 0x7001) % 9;
        write_tier(&mut self.tier, line.tier, licence.hosting, users);
        self.tier_before.clear();
        self.change_in_tier = match line.tier_before {
            Some(before) => {
                write_tier(&mut self.tier_before, before, licence.hosting, users);
                if line.tier > before { "Increase" } else { "Decrease" }
            }
            None if is_wordy(story) => "Not Applicable",
            None => "",
        };
        self.edition = if licence.hosting == Hosting::Cloud {
            ["Standard", "Advanced"][(story.account.number % 2) as usize]
        } else {
            ""
        };
        self.sale_type = match line.kind {
            Sale::New => "New",
            Sale::Renewal => "Renewal",
            Sale::Upgrade => "Upgrade",
            Sale::Downgrade => "Downgrade",
            Sale::Refund => "Refund",
            Sale::Manual => stream.pick(&["", "null"]),
            Sale::Adjustment => "Adjustment",
        };
        self.payment = match line.payment {
            Payment::Paid => "Paid",
            Payment::Open => "Open",
            Payment::Uncollectible => "Uncollectible",
            Payment::Refunded => "Refunded",
        };
        self.dunning = match line.payment {
            Payment::Uncollectible => r#"[{"attemptCount":4,"errorCode":"card_declined"}]"#,
            _ => "",
        };
        self.partner_discount = (self.parties.partner_type == "Expert").then_some(line.cents / 5);
        self.loyalty_discount = stream.chance(800).then_some(line.cents / 10);
        self.payment_terms = if stream.chance(1500) { "Net30" } else { "" };
        self.prorated.clear();
        if line.added_users > 0 {
            put(&mut self.prorated, format_args!("[{{\"addedUsers\":{},\"date\":\"", line.added_users));
            let mut date = Vec::new();
            super::calendar::write(&mut date, line.sale);
            self.prorated.push_str(&String::from_utf8_lossy(&date));
            self.prorated.push_str("\"}]");
        }
    }

    fn fill_original(&mut self, story: &Story, line: &Line, stream: &mut Stream) {
        self.refund_reason = "";
        self.original.clear();
        self.original_sale = None;
        let Some(original) = line.original else { return };
        self.refund_reason = "REFUND_CANCELLED_PURCHASE";
        let term = &story.lines[usize::from(original)];
        let is_whole = (term.start, term.end) == (line.start, line.end);
        // Where the whole term is taken back, the period says which one it was.
        if !is_whole || !stream.chance(2000) {
            write_transaction(&mut self.original, story.account.number, term.order);
            self.original_sale = Some(term.sale);
            if stream.chance(300) {
                self.tier.clear();
                self.tier.push_str("-5 Users");
            }
        }
    }
}

/// Some rows say that there is nothing to say.
fn is_wordy(story: &Story) -> bool {
    story.account.number.is_multiple_of(5)
}

fn write_transaction(out: &mut String, account: u64, order: u16) {
    put(out, format_args!("AT-{}", 10_000_000 + account * 512 + u64::from(order)));
}

/// How a tier is spelt: by users on Server and Data Center, by unit in the cloud.
pub(crate) fn write_tier(out: &mut String, tier: u8, hosting: Hosting, users: u64) {
    out.clear();
    match (TIERS[usize::from(tier)], hosting) {
        (0, Hosting::Cloud) => put(out, format_args!("Per Unit Pricing ({} users)", 20_000 + users)),
        (0, _) => out.push_str("Unlimited Users"),
        (limit, Hosting::Cloud) => {
            put(out, format_args!("Per Unit Pricing ({} users)", u64::from(limit) - users));
        }
        (limit, _) => put(out, format_args!("{limit} Users")),
    }
}
