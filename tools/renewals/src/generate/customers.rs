//! Who buys: customers with a name, a domain, people and perhaps a partner.
//!
//! Accounts (one customer and one app) come in groups of eight, so that the customer of an account is known without
//! looking at other accounts.

use super::random::Stream;

const ACCOUNTS_PER_GROUP: u64 = 8;
/// How eight accounts are shared out among customers.
const SHARES: [&[u8]; 5] =
    [&[1, 1, 1, 1, 1, 1, 1, 1], &[2, 1, 1, 1, 1, 1, 1], &[3, 2, 1, 1, 1], &[5, 1, 1, 1], &[8]];
const SHARE_WEIGHTS: [u32; 5] = [40, 35, 15, 8, 2];

/// What an export lets one know about a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traces {
    /// Company, domain, people.
    Full,
    /// People write from free mail addresses.
    FreeMail,
    /// The technical contact is a person of the partner.
    PartnerIsContact,
    /// No company name, only people.
    NoCompany,
    /// People have asked to be forgotten; the company is still named.
    ForgottenPeople,
    /// Nothing is left that could link one licence to another.
    Forgotten,
}

/// A customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Customer {
    pub(crate) number: u64,
    pub(crate) traces: Traces,
    pub(crate) country: u8,
    /// Which of the partners sells to it.
    pub(crate) partner: Option<u16>,
}

/// The customer and the app of an account.
pub(crate) fn of_account(seed: u64, account: u64) -> (Customer, u8) {
    let group = account / ACCOUNTS_PER_GROUP;
    let mut stream = Stream::new(seed, group, 1);
    let shares = SHARES[stream.weighted(&SHARE_WEIGHTS)];
    let mut first = 0;
    for share in shares {
        let share = u64::from(*share);
        let place = account % ACCOUNTS_PER_GROUP;
        if place < first + share {
            let customer = customer(seed, group * ACCOUNTS_PER_GROUP + first);
            // Five and twelve share no factor: a customer never has two accounts for one app.
            let app = (customer.number / 7 + (place - first) * 5) % 12;
            return (customer, app as u8);
        }
        first += share;
    }
    unreachable!("the shares of a group sum to its size")
}

fn customer(seed: u64, number: u64) -> Customer {
    let mut stream = Stream::new(seed, number, 2);
    let traces = match stream.weighted(&[900, 40, 25, 15, 12, 8]) {
        0 => Traces::Full,
        1 => Traces::FreeMail,
        2 => Traces::PartnerIsContact,
        3 => Traces::NoCompany,
        4 => Traces::ForgottenPeople,
        _ => Traces::Forgotten,
    };
    let country = stream
        .weighted(&[300, 160, 90, 50, 50, 40, 40, 35, 30, 30, 25, 20, 20, 20, 15, 15, 15, 15, 5, 5])
        as u8;
    let has_partner = traces == Traces::PartnerIsContact || stream.chance(4500);
    // The smaller of three draws: few partners sell much, many sell little.
    let partner = (0..3).map(|_| stream.below(240)).min().unwrap_or(0) as u16;
    Customer { number, traces, country, partner: has_partner.then_some(partner) }
}

const FIRST_WORDS: [&str; 64] = [
    "Alder", "Amber", "Arctic", "Ash", "Aspen", "Aurora", "Basalt", "Bay", "Beacon", "Birch", "Blue",
    "Bridge", "Bright", "Canyon", "Cedar", "Cinder", "Clear", "Cliff", "Cobalt", "Copper", "Coral", "Crown",
    "Delta", "Dune", "East", "Ember", "Fern", "Fjord", "Flint", "Forest", "Garnet", "Glacier", "Granite",
    "Green", "Harbour", "Hazel", "Heron", "Hill", "Iron", "Ivory", "Jade", "Juniper", "Lake", "Larch",
    "Linden", "Maple", "Marble", "Meadow", "Mill", "North", "Oak", "Ocean", "Opal", "Pine", "Quartz",
    "River", "Rowan", "Silver", "South", "Stone", "Summit", "Tidal", "West", "Willow",
];
const SECOND_WORDS: [&str; 64] = [
    "anchor", "arrow", "bank", "beam", "bell", "berg", "born", "brook", "burg", "castle", "chase", "corner",
    "court", "craft", "crest", "croft", "cross", "dale", "field", "finch", "ford", "fox", "gate", "glen",
    "grove", "guard", "hall", "hart", "haven", "hawk", "heim", "hold", "horn", "house", "kamp", "land",
    "lane", "leaf", "line", "lock", "mark", "mere", "mont", "moor", "mount", "path", "peak", "point", "pool",
    "port", "reach", "ridge", "rock", "root", "shore", "side", "spring", "stead", "stein", "stream", "tal",
    "ton", "tower", "ward",
];
const TRADES: [&str; 32] = [
    "Aerospace",
    "Analytics",
    "Automotive",
    "Bank",
    "Biotech",
    "Chemicals",
    "Consulting",
    "Dental",
    "Design",
    "Diagnostics",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Foods",
    "Games",
    "Health",
    "Insurance",
    "Legal",
    "Logistics",
    "Media",
    "Mobility",
    "Networks",
    "Optics",
    "Pharma",
    "Robotics",
    "Software",
    "Steel",
    "Systems",
    "Telecom",
    "Textiles",
    "Travel",
];
const SUFFIXES: [&str; 12] =
    ["", " Ltd", " Ltd.", " Limited", " GmbH", " Inc", ", Inc.", " Inc.", " LLC", " AG", " BV", " GMBH"];
const FIRST_NAMES: [&str; 40] = [
    "Ada", "Alan", "Amira", "Anna", "Ben", "Carla", "Chen", "Clara", "David", "Elena", "Emil", "Erik",
    "Fatima", "Grace", "Hana", "Ines", "Ivan", "Jack", "Jana", "Jorge", "Kenji", "Lea", "Leo", "Lina",
    "Maya", "Mia", "Nils", "Noor", "Olga", "Omar", "Paula", "Priya", "Ravi", "Rosa", "Sam", "Sara", "Tom",
    "Uma", "Yuki", "Zoe",
];
const LAST_NAMES: [&str; 40] = [
    "Adler", "Bauer", "Becker", "Brown", "Costa", "Diaz", "Dubois", "Evans", "Fischer", "Garcia", "Haas",
    "Hansen", "Ito", "Jansen", "Jones", "Keller", "Khan", "Kim", "Kovacs", "Lang", "Lee", "Lopez", "Martin",
    "Meyer", "Moreau", "Nguyen", "Novak", "Olsen", "Patel", "Perez", "Rossi", "Sato", "Schmidt", "Silva",
    "Smith", "Tanaka", "Vogel", "Weber", "Wolf", "Young",
];
const PARTNER_WORDS: [&str; 16] = [
    "Agile",
    "Apex",
    "Axis",
    "Bluefin",
    "Catalyst",
    "Compass",
    "Everest",
    "Fulcrum",
    "Keystone",
    "Lighthouse",
    "Nordwind",
    "Orbit",
    "Pivot",
    "Quest",
    "Spark",
    "Vertex",
];
const PARTNER_TRADES: [&str; 15] = [
    "Advisors",
    "Cloud",
    "Consulting",
    "Digital",
    "Experts",
    "Group",
    "IT",
    "Labs",
    "Partners",
    "Services",
    "Solutions",
    "Studio",
    "Tech",
    "Tools",
    "Works",
];

/// The words of the company's name: no two customers share all of them.
fn words(number: u64) -> (&'static str, &'static str, &'static str, u64) {
    const NAMES: u64 = 64 * 64 * 32;
    // An odd factor walks through all names before one comes again; the round is part of the name.
    let place = number.wrapping_mul(40_503) % NAMES;
    (
        FIRST_WORDS[(place % 64) as usize],
        SECOND_WORDS[(place / 64 % 64) as usize],
        TRADES[(place / 4096) as usize],
        number / NAMES,
    )
}

/// The company's name without a legal form, into `out`.
pub(crate) fn write_company(out: &mut String, number: u64) {
    let (first, second, trade, round) = words(number);
    out.push_str(first);
    out.push_str(second);
    out.push(' ');
    out.push_str(trade);
    if round > 0 {
        push_number(out, " ", round + 1);
    }
}

/// One of the ways the company's legal form is spelt.
pub(crate) fn suffix(place: u32) -> &'static str {
    SUFFIXES[place as usize % SUFFIXES.len()]
}

fn write_domain(out: &mut String, number: u64) {
    let (first, second, trade, round) = words(number);
    for word in [first, second] {
        out.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    out.push('-');
    out.extend(trade.chars().map(|letter| letter.to_ascii_lowercase()));
    if round > 0 {
        push_number(out, "-", round + 1);
    }
    out.push_str(".example");
}

fn push_number(out: &mut String, before: &str, number: u64) {
    use std::fmt::Write;
    write!(out, "{before}{number}").expect("a string takes every text");
}

/// The name and the address of one of the people of a customer.
pub(crate) fn write_person(name: &mut String, email: &mut String, customer: &Customer, person: u64) {
    let mut stream = Stream::new(17, customer.number, 100 + person);
    let (first, last) = (stream.pick(&FIRST_NAMES), stream.pick(&LAST_NAMES));
    name.push_str(first);
    name.push(' ');
    name.push_str(last);
    for word in [first, last] {
        email.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
        email.push('.');
    }
    email.pop();
    if customer.traces == Traces::FreeMail {
        // Somebody else has the plain name already; the number also keeps two customers apart.
        push_number(email, ".", customer.number);
        email.push_str(["@gmail.com", "@outlook.com", "@gmx.de"][person as usize % 3]);
    } else {
        if person > 0 {
            push_number(email, "", person);
        }
        email.push('@');
        write_domain(email, customer.number);
    }
}

/// Name, kind, and the name and address of the contact of a partner.
pub(crate) fn write_partner(name: &mut String, contact: &mut String, email: &mut String, partner: u16) {
    let (word, trade) =
        (PARTNER_WORDS[usize::from(partner) % 16], PARTNER_TRADES[usize::from(partner) / 16 % 15]);
    name.push_str(word);
    name.push(' ');
    name.push_str(trade);
    contact.push_str("Sales ");
    contact.push_str(word);
    email.push_str("sales@");
    for word in [word, trade] {
        email.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    email.push_str("-partner.example");
}

/// The kind of a partner.
pub(crate) fn partner_type(partner: u16) -> &'static str {
    ["Expert", "Reseller", "Expert", "Corporate_reseller", "Reseller", "Unknown"][usize::from(partner) % 6]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_customers_share_a_name_or_an_address() {
        let mut seen = HashSet::new();
        let mut accounts = HashSet::new();
        for account in 0..150_000 {
            let (customer, app) = of_account(5, account);
            assert!(accounts.insert((customer.number, app)), "one account for each customer and app");
            if customer.number != account {
                continue;
            }
            let (mut company, mut name, mut email) = (String::new(), String::new(), String::new());
            write_company(&mut company, customer.number);
            write_person(&mut name, &mut email, &customer, 0);
            assert!(seen.insert(company) && seen.insert(email));
        }
    }
}
