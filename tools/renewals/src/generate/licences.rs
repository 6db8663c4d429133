//! Licences as the licence report exports them: each as it stands on the last day of history.

use super::calendar::Day;
use super::catalog::{APPS, Hosting};
use super::dress::write_tier;
use super::numbers::Numbers;
use super::parties::{Parties, Person};
use super::random::{Stream, mix};
use super::story::{Line, Payment, Sale, Story, World};
use super::text::{Csv, Json, Sink};

/// The columns of the CSV export; readers go by name.
pub(crate) const HEADER: &str = "addonLicenseId,licenseId,appEntitlementId,appEntitlementNumber,hostLicenseId,\
hostEntitlementId,hostEntitlementNumber,cloudId,cloudSiteHostname,addonKey,addonName,hosting,appEdition,lastUpdated,\
licenseType,maintenanceStartDate,maintenanceEndDate,latestMaintenanceStartDate,latestEvaluationStartDate,status,tier,\
cmtStatus,cmtRelatedOnPremLicense,company,country,region,technicalContactEmail,technicalContactName,\
technicalContactPhone,technicalContactAddress1,technicalContactAddress2,technicalContactCity,technicalContactState,\
technicalContactPostcode,billingContactEmail,billingContactName,billingContactPhone,partnerType,partnerName,\
partnerContactEmail,partnerContactName,channel,referrerDomain,extendedServerSupport,licenseSourceType,\
installedOnSandbox,evaluationLicense,daysToConvertEval,evaluationStartDate,evaluationEndDate,evaluationSaleDate,\
parentProductName,parentProductBillingCycle,inGracePeriod,licenseLevel\n";

/// A licence as the export shows it; made once and filled again and again.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    numbers: Numbers,
    parties: Parties,
    app: (&'static str, &'static str, &'static str),
    hosting: &'static str,
    licence_type: &'static str,
    status: &'static str,
    tier: String,
    cloud_site: String,
    moved_from: String,
    address: String,
    last_updated: Day,
    first_start: Option<Day>,
    last_start: Option<Day>,
    end: Option<Day>,
    tried: Option<Day>,
    is_converted: bool,
}

impl Entry {
    /// Fills in a licence; false when nothing of it has happened yet.
    pub(crate) fn fill(&mut self, world: World, story: &Story, place: usize) -> bool {
        let licence = &story.licences[place];
        let mut seen = story
            .lines
            .iter()
            .filter(|line| usize::from(line.licence) == place && line.sale <= world.until && is_term(line));
        let first = seen.next();
        let last = seen.next_back().or(first);
        self.tried = licence.tried.filter(|tried| *tried <= world.until);
        if last.is_none() && self.tried.is_none() {
            return false;
        }
        let at = last.map_or(world.until, |line| line.sale);
        let mut stream = Stream::new(world.seed, licence.number, 4);
        self.parties.fill(story, place as u8, at, &mut stream);
        self.numbers.fill_known(licence, at);
        self.app = APPS[usize::from(story.account.app)];
        self.hosting = licence.hosting.text();
        self.first_start = first.map(|line| line.start);
        self.last_start = last.map(|line| line.start);
        self.end = last.map(|line| line.end);
        self.is_converted = first.is_some() && self.tried.is_some();
        self.fill_state(world, story, place, last);
        self.last_updated = (at + stream.between(0, 60)).min(world.until);
        self.cloud_site.clear();
        if licence.hosting == Hosting::Cloud {
            self.cloud_site.push_str("site-");
            self.cloud_site.push_str(&story.account.number.to_string());
            self.cloud_site.push_str(".example.net");
        }
        self.moved_from.clear();
        if let Some(from) = licence.moved_from {
            self.moved_from.push_str(&format!("SEN-{}", 1_000_000 + from));
        }
        self.address.clear();
        let number = mix(licence.number) % 300;
        self.address.push_str(&format!("{number} Market Street"));
        if stream.chance(500) {
            self.address.push_str("\r\n3rd floor");
        }
        true
    }

    fn fill_state(&mut self, world: World, story: &Story, place: usize, last: Option<&Line>) {
        let licence = &story.licences[place];
        let Some(last) = last else {
            (self.status, self.licence_type) = ("inactive", "EVALUATION");
            self.first_start = self.tried;
            self.last_start = self.tried;
            self.end = self.tried.map(|tried| tried + 30);
            self.tier.clear();
            self.tier.push_str("Evaluation");
            return;
        };
        self.licence_type = story.account.licence_type.text();
        write_tier(&mut self.tier, last.tier, licence.hosting, mix(story.account.number ^ 0x7001) % 9);
        let refund = story.lines.iter().find(|line| {
            line.original
                .is_some_and(|original| std::ptr::eq(&raw const story.lines[usize::from(original)], last))
                && line.sale <= world.until
        });
        self.status = match refund {
            Some(refund) => {
                self.end = Some(refund.start);
                "cancelled"
            }
            None if last.end >= world.until => "active",
            None => "inactive",
        };
    }
}

fn is_term(line: &Line) -> bool {
    matches!(line.kind, Sale::New | Sale::Renewal | Sale::Upgrade | Sale::Downgrade)
        && line.end > line.start
        && line.payment != Payment::Uncollectible
}

/// Appends a record of CSV.
pub(crate) fn write_csv(out: &mut Vec<u8>, entry: &Entry) {
    let mut csv = Csv::new(out);
    write_head(&mut csv, entry);
    let is_moved = !entry.moved_from.is_empty();
    csv.text("cmtStatus", if is_moved { "converted" } else { "" });
    csv.text("cmtRelatedOnPremLicense", &entry.moved_from);
    let parties = &entry.parties;
    csv.text("company", &parties.company);
    csv.text("country", parties.country);
    csv.text("region", parties.region);
    csv.text("technicalContactEmail", &parties.technical.email);
    csv.text("technicalContactName", &parties.technical.name);
    csv.text("technicalContactPhone", "");
    csv.text("technicalContactAddress1", address(entry));
    for name in ["address2", "city", "state", "postcode"] {
        csv.text(name, "");
    }
    csv.text("billingContactEmail", &parties.billing.email);
    csv.text("billingContactName", &parties.billing.name);
    csv.text("billingContactPhone", "");
    csv.text("partnerType", parties.partner_type);
    csv.text("partnerName", &parties.partner);
    csv.text("partnerContactEmail", &parties.partner_contact.email);
    csv.text("partnerContactName", &parties.partner_contact.name);
    csv.text("channel", "Atlassian Marketplace");
    csv.text("referrerDomain", "");
    write_tail(&mut csv, entry);
    csv.end();
}

/// Appends an object of JSON.
pub(crate) fn write_json(out: &mut Vec<u8>, entry: &Entry) {
    let mut json = Json::new(out);
    write_head(&mut json, entry);
    if !entry.moved_from.is_empty() {
        json.open("cmtDetails");
        json.text("status", "converted");
        json.text("relatedOnPremLicense", &entry.moved_from);
        json.close();
    }
    let parties = &entry.parties;
    json.open("contactDetails");
    json.text("company", &parties.company);
    json.text("country", parties.country);
    json.text("region", parties.region);
    write_person(&mut json, "technicalContact", &parties.technical, address(entry));
    write_person(&mut json, "billingContact", &parties.billing, "");
    json.close();
    if !parties.partner.is_empty() {
        json.open("partnerDetails");
        json.text("partnerName", &parties.partner);
        json.text("partnerType", parties.partner_type);
        write_person(&mut json, "billingContact", &parties.partner_contact, "");
        json.close();
    }
    json.open("attribution");
    json.text("channel", "Atlassian Marketplace");
    json.close();
    write_tail(&mut json, entry);
    json.end();
}

fn address(entry: &Entry) -> &str {
    if entry.parties.technical.email == "RTBF" { "RTBF" } else { &entry.address }
}

fn write_person(json: &mut Json<'_>, name: &str, person: &Person, address: &str) {
    json.open(name);
    json.text("email", &person.email);
    json.text("name", &person.name);
    if !address.is_empty() {
        json.text("address1", address);
    }
    json.close();
}

fn write_head(sink: &mut impl Sink, entry: &Entry) {
    sink.text("addonLicenseId", &entry.numbers.addon_license);
    sink.text("licenseId", &entry.numbers.license);
    sink.text("appEntitlementId", &entry.numbers.entitlement);
    sink.text("appEntitlementNumber", &entry.numbers.entitlement_number);
    sink.text("hostLicenseId", "");
    sink.text("hostEntitlementId", "");
    sink.text("hostEntitlementNumber", "");
    sink.text("cloudId", "");
    sink.text("cloudSiteHostname", &entry.cloud_site);
    sink.text("addonKey", entry.app.0);
    sink.text("addonName", entry.app.1);
    sink.text("hosting", entry.hosting);
    sink.text("appEdition", "");
    sink.date("lastUpdated", Some(entry.last_updated));
    sink.text("licenseType", entry.licence_type);
    sink.date("maintenanceStartDate", entry.first_start);
    sink.date("maintenanceEndDate", entry.end);
    sink.date("latestMaintenanceStartDate", entry.last_start);
    sink.date("latestEvaluationStartDate", entry.tried);
    sink.text("status", entry.status);
    sink.text("tier", &entry.tier);
}

fn write_tail(sink: &mut impl Sink, entry: &Entry) {
    let is_server = entry.hosting == "Server";
    sink.text("extendedServerSupport", if is_server { "No" } else { "NA" });
    sink.text("licenseSourceType", "Atlassian");
    sink.text("installedOnSandbox", "NA");
    sink.text("evaluationLicense", "");
    sink.text("daysToConvertEval", if entry.is_converted { "30" } else { "" });
    sink.date("evaluationStartDate", entry.tried);
    sink.date("evaluationEndDate", entry.tried.map(|tried| tried + 30));
    sink.date("evaluationSaleDate", entry.tried);
    sink.text("parentProductName", entry.app.2);
    sink.text("parentProductBillingCycle", "");
    sink.text("inGracePeriod", "");
    sink.text("licenseLevel", "");
}
