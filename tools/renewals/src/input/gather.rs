//! From the fields of a record to a draft for the book.

use super::column::{Column, Kind};
use super::fields::Fields;
use crate::book::contact::{self, Contact};
use crate::book::hash::{self, AsIs, Id};
use crate::book::names::{List, PART};
use crate::book::{Book, Draft, Met, Oddities, named};
use crate::record::{Class, Line, Marks, Sale};
use crate::{Day, money};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// What one thread gathers of the blocks it reads.
pub struct Gatherer<'a> {
    book: &'a Mutex<Book>,
    numbers: [HashMap<u64, u32, AsIs>; 5],
    seen_partners: HashSet<u64, AsIs>,
    /// Of the block that is being read.
    pub drafts: Vec<Draft>,
    /// Contacts that are not in the block as they read, for they were written with escapes.
    pub contacts: Vec<(u64, Contact)>,
    /// What was odd.
    pub oddities: Oddities,
}

const TRANSACTION: u64 = 11;
const LINE: u64 = 12;
const CONTACT: u64 = 13;

/// Days that exports may name; the numbers of a line hold no later ones.
const DAY_MIN: Day = Day(1);
const DAY_MAX: Day = Day(u16::MAX as i32);

impl<'a> Gatherer<'a> {
    /// Starts with nothing.
    pub fn new(book: &'a Mutex<Book>) -> Gatherer<'a> {
        Gatherer {
            book,
            numbers: Default::default(),
            seen_partners: HashSet::default(),
            drafts: Vec::new(),
            contacts: Vec::new(),
            oddities: Oddities::default(),
        }
    }

    /// Makes a draft of a record, or says what is wrong with it.
    #[inline]
    pub fn take(&mut self, kind: Kind, block: &[u8], fields: &Fields, at: u64) -> Result<(), String> {
        let id = |n: u8, column| {
            let text = fields.value(block, column);
            (!text.is_empty()).then(|| Id::new(n, text))
        };
        let ids = [
            id(0, Column::LicenseId),
            id(1, Column::AddonLicenseId),
            id(2, Column::EntitlementId),
            id(3, Column::EntitlementNumber),
        ];
        if ids.iter().all(Option::is_none) {
            return Err("no licence is named".to_string());
        }
        let line = match kind {
            Kind::Transactions => Some(self.line(block, fields, at, &ids)?),
            Kind::Licences => None,
        };
        let related = [Column::OnPremLicense, Column::EvaluationLicense]
            .map(|column| fields.value(block, column))
            .into_iter()
            .find(|text| !text.is_empty())
            .map(|text| Id::new(named_in(text), text))
            .filter(|id| !ids.contains(&Some(*id)));
        let contact = self.contact(block, fields);
        self.drafts.push(Draft { ids, named: named(&ids), related, contact, line });
        Ok(())
    }

    fn line(
        &mut self,
        block: &[u8],
        fields: &Fields,
        at: u64,
        ids: &[Option<Id>; 4],
    ) -> Result<Line, String> {
        let text = |column| fields.value(block, column);
        let sale = self.sale(text(Column::SaleType));
        let (is_monthly, is_annual) = self.billing(text(Column::BillingPeriod));
        let mut line = Line::new(Marks {
            sale,
            class: self.class(text(Column::LicenseType)),
            is_monthly,
            is_annual,
            is_uncollectible: self.is_uncollectible(text(Column::PaymentStatus)),
        });
        line.at = at;
        line.sale = day(text(Column::Sale), "saleDate")?;
        line.start = day(text(Column::Start), "maintenanceStartDate")?;
        line.end = day(text(Column::End), "maintenanceEndDate")?;
        line.updated = day(text(Column::Updated), "lastUpdated").unwrap_or(0);
        if line.sale == 0 {
            return Err("no saleDate".to_string());
        }
        let is_term = matches!(sale, Sale::New | Sale::Renewal | Sale::Upgrade | Sale::Downgrade);
        if is_term && (line.start == 0 || line.end == 0) {
            let missing = if line.start == 0 { "maintenanceStartDate" } else { "maintenanceEndDate" };
            return Err(format!("no {missing}"));
        }
        line.price = amount(text(Column::Price), "purchasePrice")?;
        line.vendor = amount(text(Column::Vendor), "vendorAmount")?;
        let transaction = text(Column::TransactionId);
        let original = text(Column::Original);
        line.transaction = if transaction.is_empty() { 0 } else { hash::of(transaction, TRANSACTION) };
        line.original = if original.is_empty() { 0 } else { hash::of(original, TRANSACTION) };
        let id = text(Column::LineId);
        line.app = self.app(text(Column::App), text(Column::AppName))?;
        line.tier = self.small(List::Tier, text(Column::Tier))?;
        line.hosting = u8::try_from(self.hosting(text(Column::Hosting)))
            .map_err(|_| "more than 256 kinds of hosting")?;
        line.place = self.pair(List::Place, text(Column::Country), text(Column::Region))? as u16;
        line.partner = self.pair(List::Partner, text(Column::Partner), text(Column::PartnerType))?;
        line.key = if id.is_empty() {
            // Without an id a line is known by all that it says.
            let licence = ids
                .iter()
                .flatten()
                .next()
                .map_or(0, |id| std::hash::BuildHasher::hash_one(&AsIs::default(), id));
            let days = u64::from(line.start) << 32 | u64::from(line.end) << 16 | u64::from(line.sale);
            let amounts = (line.price as u32 as u64) << 32 | line.vendor as u32 as u64;
            hash::both(hash::both(licence ^ line.transaction, days), amounts ^ (sale as u64) << 56)
        } else {
            hash::both(line.transaction, hash::of(id, LINE))
        };
        self.partner_domain(text(Column::PartnerEmail));
        Ok(line)
    }

    fn sale(&mut self, text: &[u8]) -> Sale {
        match text {
            b"New" => Sale::New,
            b"Renewal" => Sale::Renewal,
            b"Upgrade" => Sale::Upgrade,
            b"Downgrade" => Sale::Downgrade,
            b"Refund" => Sale::Refund,
            b"" => Sale::Manual,
            other => {
                for (known, sale) in [
                    ("new", Sale::New),
                    ("renewal", Sale::Renewal),
                    ("upgrade", Sale::Upgrade),
                    ("downgrade", Sale::Downgrade),
                    ("refund", Sale::Refund),
                ] {
                    if other.eq_ignore_ascii_case(known.as_bytes()) {
                        return sale;
                    }
                }
                self.unknown("saleType", other);
                Sale::Unknown
            }
        }
    }

    fn class(&mut self, text: &[u8]) -> Class {
        const OTHER: &[&str] = &[
            "OPEN_SOURCE",
            "SOCIAL_IMPACT",
            "SOCIAL_IMPACT_GLOBAL_ACCESS",
            "FOUNDATION_FREE",
            "FREE",
            "STARTER",
        ];
        let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
        if is("COMMERCIAL") || is("ACADEMIC") {
            Class::Paid
        } else if is("COMMUNITY") {
            Class::Community
        } else if is("EVALUATION") || is("DEMONSTRATION") || is("DEMO") {
            Class::Trial
        } else {
            if !text.is_empty()
                && !OTHER.iter().any(|word| is(word))
                && !is("OPEN SOURCE")
                && !is("INTERNAL USE")
            {
                self.unknown("licenseType", text);
            }
            Class::Other
        }
    }

    /// Whether it is billed monthly, and whether annually.
    fn billing(&mut self, text: &[u8]) -> (bool, bool) {
        let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
        let (is_monthly, is_annual) = (is("Monthly"), is("Annual"));
        if !text.is_empty() && !is_annual && !is_monthly && !is("Other") {
            self.unknown("billingPeriod", text);
        }
        (is_monthly, is_annual)
    }

    fn is_uncollectible(&mut self, text: &[u8]) -> bool {
        let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
        if !text.is_empty() && !is("Paid") && !is("Open") && !is("Uncollectible") && !is("Refunded") {
            self.unknown("paymentStatus", text);
        }
        is("Uncollectible")
    }

    fn hosting(&mut self, text: &[u8]) -> u32 {
        const KNOWN: [&str; 3] = ["Server", "Data Center", "Cloud"];
        let known = KNOWN.iter().find(|word| text.eq_ignore_ascii_case(word.as_bytes()));
        match known {
            Some(word) => self.number(List::Hosting, word.as_bytes()),
            None => {
                if !text.is_empty() {
                    self.unknown("hosting", text);
                }
                self.number(List::Hosting, text)
            }
        }
    }

    #[cold]
    fn unknown(&mut self, field: &str, value: &[u8]) {
        let value = String::from_utf8_lossy(&value[..value.len().min(60)]);
        *self.oddities.unknown_values.entry(format!("{field}:{value}")).or_default() += 1;
    }

    /// The number of a name, which is asked of the book once.
    #[inline(always)]
    fn number(&mut self, list: List, text: &[u8]) -> u32 {
        let hash = hash::of(text, list as u64);
        if let Some(number) = self.numbers[list as usize].get(&hash) {
            return *number;
        }
        let name = String::from_utf8_lossy(text);
        let number = self.book.lock().unwrap_or_else(PoisonError::into_inner).names.number(list, &name);
        self.numbers[list as usize].insert(hash, number);
        number
    }

    fn small(&mut self, list: List, text: &[u8]) -> Result<u16, String> {
        let number = self.number(list, text);
        u16::try_from(number).map_err(|_| format!("more than {} different values of {list:?}", u16::MAX))
    }

    /// The number of a name of two parts.
    #[inline(always)]
    fn pair(&mut self, list: List, first: &[u8], second: &[u8]) -> Result<u32, String> {
        let hash = hash::both(hash::of(first, 1), hash::of(second, 2));
        if let Some(number) = self.numbers[list as usize].get(&hash) {
            return Ok(*number);
        }
        let name = format!("{}{PART}{}", String::from_utf8_lossy(first), String::from_utf8_lossy(second));
        let number = self.book.lock().unwrap_or_else(PoisonError::into_inner).names.number(list, &name);
        if list == List::Place && number > u32::from(u16::MAX) {
            return Err(format!("more than {} different countries and regions", u16::MAX));
        }
        self.numbers[list as usize].insert(hash, number);
        Ok(number)
    }

    /// The number of an app; takes note of what it is called.
    #[inline(always)]
    fn app(&mut self, app: &[u8], name: &[u8]) -> Result<u16, String> {
        let hash = hash::of(name, hash::of(app, 3));
        if let Some(number) = self.numbers[List::App as usize].get(&hash) {
            return Ok(*number as u16);
        }
        let (app, name) = (String::from_utf8_lossy(app), String::from_utf8_lossy(name));
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let number = book.names.number(List::App, &app);
        if !name.is_empty() {
            book.names.call(&app, &name);
        }
        drop(book);
        self.numbers[List::App as usize].insert(hash, number);
        u16::try_from(number).map_err(|_| format!("more than {} apps", u16::MAX))
    }

    fn partner_domain(&mut self, address: &[u8]) {
        if !address.is_empty() && self.seen_partners.insert(hash::of(address, 5)) {
            let domain = contact::domain(address);
            if domain != 0 {
                self.book.lock().unwrap_or_else(PoisonError::into_inner).partner_domains.insert(domain);
            }
        }
    }

    #[inline(always)]
    fn contact(&mut self, block: &[u8], fields: &Fields) -> Met {
        const COLUMNS: [Column; 4] =
            [Column::Company, Column::Country, Column::TechnicalEmail, Column::BillingEmail];
        let texts @ [company, country, technical, billing] =
            COLUMNS.map(|column| fields.value(block, column));
        let is_forgotten = [company, technical, billing].iter().any(|text| *text == b"RTBF");
        self.oddities.rtbf += u64::from(is_forgotten);
        if company.is_empty() && technical.is_empty() && billing.is_empty() {
            return Met::default();
        }
        let hash = texts.iter().fold(CONTACT, |hash, text| hash::of(text, hash));
        let mut places = [(0, 0); 4];
        for (n, column) in COLUMNS.into_iter().enumerate().filter(|(n, _)| !texts[*n].is_empty()) {
            match fields.place(column) {
                Some(place) => places[n] = place,
                None => {
                    self.contacts.push((hash, Contact::new(company, country, technical, billing)));
                    break;
                }
            }
        }
        Met { hash, places }
    }
}

/// Among which names a licence is called so that another record mentions.
fn named_in(text: &[u8]) -> u8 {
    match text {
        [b'S', b'E', b'N', b'-', ..] => 0,
        [b'E', b'-', ..] => 3,
        _ if text.len() == 36 => 2,
        _ => 1,
    }
}

#[inline(always)]
fn day(text: &[u8], name: &str) -> Result<u16, String> {
    if text.is_empty() {
        return Ok(0);
    }
    match Day::parse(text) {
        Some(day) if (DAY_MIN..=DAY_MAX).contains(&day) => Ok(day.0 as u16),
        Some(_) => {
            Err(format!("{name} {} is not within {DAY_MIN} and {DAY_MAX}", String::from_utf8_lossy(text)))
        }
        None => Err(format!("{name} `{}` is no day", shown(text))),
    }
}

#[inline(always)]
fn amount(text: &[u8], name: &str) -> Result<i32, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let cents = money::cents(text).ok_or_else(|| format!("{name} `{}` is no amount", shown(text)))?;
    i32::try_from(cents).map_err(|_| format!("{name} {} is beyond {}", shown(text), i32::MAX / 100))
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(40)]).escape_debug().to_string()
}
