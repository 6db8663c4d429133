//! The columns that are read, and what they are called in each kind of export.

/// What the rules want to know of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Column {
    /// One order; several lines may share it.
    TransactionId,
    /// With the transaction's id the key of a line.
    LineId,
    /// One of the names of a licence.
    AddonLicenseId,
    /// The SEN.
    LicenseId,
    /// The UUID of an entitlement.
    EntitlementId,
    /// Such as `E-123-456-789`.
    EntitlementNumber,
    /// The key of the app.
    App,
    /// Its name.
    AppName,
    /// When the line was last changed.
    Updated,
    /// Such as `Paid`.
    PaymentStatus,
    /// The customer.
    Company,
    /// The customer's country.
    Country,
    /// Such as `EMEA`.
    Region,
    /// The technical contact's e-mail.
    TechnicalEmail,
    /// The billing contact's e-mail.
    BillingEmail,
    /// When it was paid or due.
    Sale,
    /// Such as `COMMERCIAL`.
    LicenseType,
    /// Such as `Data Center`.
    Hosting,
    /// Such as `Annual`.
    BillingPeriod,
    /// Such as `100 Users`.
    Tier,
    /// What the customer paid.
    Price,
    /// What the vendor got.
    Vendor,
    /// Such as `Renewal`.
    SaleType,
    /// First day of the term.
    Start,
    /// Due day of the term.
    End,
    /// The transaction that a line corrects.
    Original,
    /// Who sold it.
    Partner,
    /// Such as `Reseller`.
    PartnerType,
    /// The partner's e-mail.
    PartnerEmail,
    /// The on-premises licence that a cloud licence was migrated from.
    OnPremLicense,
    /// The trial that a licence came from.
    EvaluationLicense,
    /// Read, but wanted by no rule.
    Other,
}

/// How many columns are wanted.
pub const WANTED: usize = Column::Other as usize;

/// Names as CSV has them; in JSON they are the last part of the path.
const NAMES: &[(&str, Column)] = &[
    ("transactionId", Column::TransactionId),
    ("transactionLineItemId", Column::LineId),
    ("addonLicenseId", Column::AddonLicenseId),
    ("licenseId", Column::LicenseId),
    ("appEntitlementId", Column::EntitlementId),
    ("appEntitlementNumber", Column::EntitlementNumber),
    ("addonKey", Column::App),
    ("addonName", Column::AppName),
    ("lastUpdated", Column::Updated),
    ("paymentStatus", Column::PaymentStatus),
    ("company", Column::Company),
    ("country", Column::Country),
    ("region", Column::Region),
    ("technicalContactEmail", Column::TechnicalEmail),
    ("billingContactEmail", Column::BillingEmail),
    ("saleDate", Column::Sale),
    ("licenseType", Column::LicenseType),
    ("hosting", Column::Hosting),
    ("billingPeriod", Column::BillingPeriod),
    ("tier", Column::Tier),
    ("purchasePrice", Column::Price),
    ("vendorAmount", Column::Vendor),
    ("saleType", Column::SaleType),
    ("maintenanceStartDate", Column::Start),
    ("maintenanceEndDate", Column::End),
    ("originalTransactionId", Column::Original),
    ("partnerName", Column::Partner),
    ("partnerType", Column::PartnerType),
    ("partnerContactEmail", Column::PartnerEmail),
    ("cmtRelatedOnPremLicense", Column::OnPremLicense),
    ("evaluationLicense", Column::EvaluationLicense),
];

/// Which export a file is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The licence export.
    Licences,
    /// The transaction export.
    Transactions,
}

impl Kind {
    /// As the figures name it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Licences => "licences",
            Kind::Transactions => "transactions",
        }
    }

    /// Columns without which nothing can be said.
    fn needed(self) -> &'static [Column] {
        match self {
            Kind::Licences => &[Column::App],
            Kind::Transactions => &[
                Column::App,
                Column::Sale,
                Column::SaleType,
                Column::LicenseType,
                Column::Hosting,
                Column::Start,
                Column::End,
                Column::Price,
            ],
        }
    }
}

/// The names of a licence; at least one must be there.
pub const LICENCE_NAMES: [Column; 4] =
    [Column::AddonLicenseId, Column::LicenseId, Column::EntitlementId, Column::EntitlementNumber];

/// The column of that name, [`Column::Other`] if no rule wants it.
pub fn of(name: &[u8]) -> Column {
    NAMES.iter().find(|(known, _)| known.as_bytes() == name).map_or(Column::Other, |(_, column)| *column)
}

/// The name of a column.
pub fn name(column: Column) -> &'static str {
    NAMES.iter().find(|(_, known)| *known == column).map_or("", |(name, _)| name)
}

/// Says what is missing among the columns of a file.
pub fn check(kind: Kind, columns: &[Column]) -> Result<(), String> {
    let mut missing: Vec<&str> =
        kind.needed().iter().filter(|c| !columns.contains(c)).map(|c| name(*c)).collect();
    if !columns.iter().any(|c| LICENCE_NAMES.contains(c)) {
        missing.push("addonLicenseId (or licenseId, appEntitlementId, appEntitlementNumber)");
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.join(", ")) }
}

/// Where in a record of JSON one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the record itself, or in a part whose names are the same as CSV's.
    Top,
    /// In the technical contact of the customer.
    TechnicalContact,
    /// In the billing contact of the customer.
    BillingContact,
    /// In the part about the partner.
    Partner,
    /// In the partner's billing contact.
    PartnerContact,
    /// In the part about the transaction that this one corrects.
    Original,
    /// In the part about a migration to the cloud.
    Migration,
}

/// What to do with a member of a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Its value is that of the column.
    Value(Column),
    /// It is an object that holds more.
    Part(Place),
}

/// What the member `name` of an object at `place` is.
pub fn member(place: Place, name: &[u8]) -> Member {
    match (place, name) {
        (Place::Top, b"customerDetails" | b"purchaseDetails" | b"contactDetails") => Member::Part(Place::Top),
        (Place::Top, b"technicalContact") => Member::Part(Place::TechnicalContact),
        (Place::Top, b"billingContact") => Member::Part(Place::BillingContact),
        (Place::Top, b"partnerDetails") => Member::Part(Place::Partner),
        (Place::Top, b"originalTransactionDetails") => Member::Part(Place::Original),
        (Place::Top, b"cmtDetails") => Member::Part(Place::Migration),
        (Place::Top | Place::Partner, name) if of(name) != Column::Other => Member::Value(of(name)),
        (Place::TechnicalContact, b"email") => Member::Value(Column::TechnicalEmail),
        (Place::BillingContact, b"email") => Member::Value(Column::BillingEmail),
        (Place::Partner, b"billingContact") => Member::Part(Place::PartnerContact),
        (Place::PartnerContact, b"email") => Member::Value(Column::PartnerEmail),
        (Place::Original, b"transactionId") => Member::Value(Column::Original),
        (Place::Migration, b"relatedOnPremLicense") => Member::Value(Column::OnPremLicense),
        _ => Member::Value(Column::Other),
    }
}
