//! Who is named on a row or a licence: the customer's company and people, and the partner; some of it forgotten.

use super::calendar::Day;
use super::catalog::COUNTRIES;
use super::customers::{self, Traces};
use super::random::{Stream, mix};
use super::story::Story;

/// People and company as a row or a licence shows them.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    pub(crate) company: String,
    pub(crate) country: &'static str,
    pub(crate) region: &'static str,
    pub(crate) technical: Person,
    pub(crate) billing: Person,
    pub(crate) partner: String,
    pub(crate) partner_type: &'static str,
    pub(crate) partner_contact: Person,
}

/// A name and an address.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
}

impl Person {
    fn clear(&mut self) {
        self.name.clear();
        self.email.clear();
    }

    fn forget(&mut self) {
        self.clear();
        self.name.push_str("RTBF");
        self.email.push_str("RTBF");
    }
}

impl Parties {
    /// Fills in who they are on `at`; `stream` decides on the spelling.
    pub(crate) fn fill(&mut self, story: &Story, licence: u8, at: Day, stream: &mut Stream) {
        let account = &story.account;
        let customer = &account.customer;
        let (country, region) = COUNTRIES[usize::from(customer.country)];
        self.country = country;
        self.region = if stream.chance(20) { "Unknown" } else { region };
        self.company.clear();
        self.technical.clear();
        self.billing.clear();
        // Bills go to the same person for ever; the technical contact depends on the licence.
        customers::write_person(&mut self.billing.name, &mut self.billing.email, customer, 0);
        let person = mix(account.number ^ u64::from(licence)) % 3;
        customers::write_person(&mut self.technical.name, &mut self.technical.email, customer, person);
        if stream.chance(20) {
            self.billing.name.push_str("\nAccounts payable");
        }
        self.fill_company(story, licence, at, stream);
        self.fill_partner(story, at);
        match customer.traces {
            Traces::Full | Traces::FreeMail => {}
            Traces::PartnerIsContact => {
                self.technical.clear();
                self.technical.name.push_str(&self.partner_contact.name);
                self.technical.email.push_str(&self.partner_contact.email);
            }
            Traces::NoCompany => {
                self.company.clear();
                self.company.push_str(stream.pick(&["", "null", "n/a"]));
            }
            Traces::ForgottenPeople => {
                self.technical.forget();
                self.billing.forget();
            }
            Traces::Forgotten => {
                self.technical.forget();
                self.billing.forget();
                self.company.clear();
                self.company.push_str(stream.pick(&["RTBF", "", "null"]));
                self.country = stream.pick(&[country, ""]);
            }
        }
    }

    fn fill_company(&mut self, story: &Story, licence: u8, at: Day, stream: &mut Stream) {
        let account = &story.account;
        let is_quoted = stream.chance(15);
        if is_quoted {
            self.company.push('"');
        }
        customers::write_company(&mut self.company, account.customer.number);
        if account.entity_changes.is_some_and(|from| at >= from) {
            self.company.push_str(" Holdings");
        }
        if is_quoted {
            self.company.push('"');
        }
        let spelling = mix(account.number.wrapping_mul(8) + u64::from(licence)) as u32;
        self.company.push_str(customers::suffix(spelling % 1000));
        if stream.chance(30) {
            self.company.make_ascii_uppercase();
        }
    }

    fn fill_partner(&mut self, story: &Story, at: Day) {
        let account = &story.account;
        self.partner.clear();
        self.partner_contact.clear();
        let mut partner = account.customer.partner;
        if account.partner_changes.is_some_and(|from| at >= from) {
            let other = (mix(account.number) % 240) as u16;
            partner = Some(other)
                .filter(|_| account.customer.traces != Traces::PartnerIsContact && !other.is_multiple_of(3))
                .or(partner);
        }
        match partner {
            Some(partner) => {
                let contact = &mut self.partner_contact;
                customers::write_partner(&mut self.partner, &mut contact.name, &mut contact.email, partner);
                self.partner_type = customers::partner_type(partner);
            }
            None => self.partner_type = "Direct",
        }
    }
}
