//! Transactions as the sales report exports them.

use super::dress::Row;
use super::text::{Csv, Json, Sink};

/// The columns of the CSV export; readers go by name.
pub(crate) const HEADER: &str = "saleDate,transactionId,addonLicenseId,hostLicenseId,licenseId,addonName,addonKey,\
licenseType,hosting,changeInBillingPeriod,oldBillingPeriod,billingPeriod,changeInTier,oldTier,tier,appEntitlementId,\
appEntitlementNumber,parentProductName,changeInParentProductEdition,oldParentProductEdition,parentProductEdition,\
hostEntitlementId,hostEntitlementNumber,cloudId,maintenanceStartDate,maintenanceEndDate,saleType,purchasePrice,\
vendorAmount,partnerDiscountAmount,paymentStatus,dunningStatus,refundReason,creditNoteReason,loyaltyDiscountAmount,\
loyaltyDiscountReason,marketplacePromotionDiscountAmount,marketplacePromotionDiscountCode,\
marketplacePromotionDiscountReason,expertDiscountAmount,expertDiscountReason,manualDiscountAmount,\
manualDiscountReason,paymentTerms,originalTransactionId,originalTransactionSaleDate,company,country,region,\
technicalContactName,technicalContactEmail,billingContactName,billingContactEmail,partnerType,partnerName,\
partnerContactEmail,partnerContactName,lastUpdated,transactionLineItemId,appEdition\n";

/// Appends a record of CSV.
pub(crate) fn write_csv(out: &mut Vec<u8>, row: &Row) {
    let mut csv = Csv::new(out);
    csv.date("saleDate", Some(row.sale));
    csv.text("transactionId", &row.transaction);
    csv.text("addonLicenseId", &row.numbers.addon_license);
    csv.text("hostLicenseId", "");
    csv.text("licenseId", &row.numbers.license);
    csv.text("addonName", row.app.1);
    csv.text("addonKey", row.app.0);
    csv.text("licenseType", row.licence_type);
    csv.text("hosting", row.hosting);
    write_changes(&mut csv, row);
    csv.text("appEntitlementId", &row.numbers.entitlement);
    csv.text("appEntitlementNumber", &row.numbers.entitlement_number);
    write_parent(&mut csv, row);
    csv.text("hostEntitlementId", "");
    csv.text("hostEntitlementNumber", "");
    csv.text("cloudId", &row.cloud);
    csv.date("maintenanceStartDate", Some(row.start));
    csv.date("maintenanceEndDate", Some(row.end));
    csv.text("saleType", row.sale_type);
    write_amounts(&mut csv, row);
    csv.text("paymentStatus", row.payment);
    csv.text("dunningStatus", row.dunning);
    csv.text("refundReason", row.refund_reason);
    csv.text("creditNoteReason", "");
    csv.money("loyaltyDiscountAmount", row.loyalty_discount);
    csv.text("loyaltyDiscountReason", if row.loyalty_discount.is_some() { "LOYALTY_DISCOUNT" } else { "" });
    for name in
        ["promotionAmount", "promotionCode", "promotionReason", "expert", "expert", "manual", "manual"]
    {
        csv.text(name, "");
    }
    csv.text("paymentTerms", row.payment_terms);
    csv.text("originalTransactionId", &row.original);
    csv.date("originalTransactionSaleDate", row.original_sale);
    let parties = &row.parties;
    csv.text("company", &parties.company);
    csv.text("country", parties.country);
    csv.text("region", parties.region);
    csv.text("technicalContactName", &parties.technical.name);
    csv.text("technicalContactEmail", &parties.technical.email);
    csv.text("billingContactName", &parties.billing.name);
    csv.text("billingContactEmail", &parties.billing.email);
    csv.text("partnerType", if row.is_manual { "" } else { parties.partner_type });
    csv.text("partnerName", &parties.partner);
    csv.text("partnerContactEmail", &parties.partner_contact.email);
    csv.text("partnerContactName", &parties.partner_contact.name);
    csv.date("lastUpdated", Some(row.last_updated));
    csv.text("transactionLineItemId", &row.line_item);
    csv.text("appEdition", row.edition);
    csv.end();
}

/// Appends an object of JSON.
pub(crate) fn write_json(out: &mut Vec<u8>, row: &Row) {
    let mut json = Json::new(out);
    json.text("transactionId", &row.transaction);
    json.text("transactionLineItemId", &row.line_item);
    json.text("addonLicenseId", &row.numbers.addon_license);
    json.text("licenseId", &row.numbers.license);
    json.text("appEntitlementId", &row.numbers.entitlement);
    json.text("appEntitlementNumber", &row.numbers.entitlement_number);
    json.text("addonKey", row.app.0);
    json.text("addonName", row.app.1);
    json.date("lastUpdated", Some(row.last_updated));
    json.text("cloudId", &row.cloud);
    json.text("appEdition", row.edition);
    json.text("paymentStatus", row.payment);
    json.json("dunningStatus", Some(row.dunning).filter(|dunning| !dunning.is_empty()));
    json.json("isInvoiceManual", Some(if row.is_manual { "true" } else { "false" }));
    let parties = &row.parties;
    json.open("customerDetails");
    json.text("company", &parties.company);
    json.text("country", parties.country);
    json.text("region", parties.region);
    for (name, person) in [("technicalContact", &parties.technical), ("billingContact", &parties.billing)] {
        json.open(name);
        json.text("name", &person.name);
        json.text("email", &person.email);
        json.close();
    }
    json.close();
    json.open("purchaseDetails");
    json.date("saleDate", Some(row.sale));
    json.text("licenseType", row.licence_type);
    json.text("hosting", row.hosting);
    write_changes(&mut json, row);
    write_parent(&mut json, row);
    write_amounts(&mut json, row);
    if let Some(cents) = row.loyalty_discount {
        let mut discount = br#"[{"type":"LOYALTY_DISCOUNT","amount":"#.to_vec();
        super::text::write_money(&mut discount, cents);
        discount.extend_from_slice(b"}]");
        json.json("discounts", Some(&String::from_utf8_lossy(&discount)));
    }
    // A text that says "null" is a flaw of CSV: JSON has a null of its own.
    json.text("saleType", if row.is_manual { "" } else { row.sale_type });
    json.date("maintenanceStartDate", Some(row.start));
    json.date("maintenanceEndDate", Some(row.end));
    json.text("refundReason", row.refund_reason);
    json.text("paymentTerms", row.payment_terms);
    if row.original_sale.is_some() {
        json.open("originalTransactionDetails");
        json.text("transactionId", &row.original);
        json.date("saleDate", row.original_sale);
        json.close();
    }
    json.json("proratedDetails", Some(row.prorated.as_str()).filter(|prorated| !prorated.is_empty()));
    json.close();
    if !parties.partner.is_empty() && !row.is_manual {
        json.open("partnerDetails");
        json.text("partnerName", &parties.partner);
        json.text("partnerType", parties.partner_type);
        json.open("billingContact");
        json.text("name", &parties.partner_contact.name);
        json.text("email", &parties.partner_contact.email);
        json.close();
        json.close();
    }
    json.end();
}

fn write_changes(sink: &mut impl Sink, row: &Row) {
    sink.text("changeInBillingPeriod", "No");
    sink.text("oldBillingPeriod", "");
    sink.text("billingPeriod", row.billing_period);
    sink.text("changeInTier", row.change_in_tier);
    sink.text("oldTier", &row.tier_before);
    sink.text("tier", &row.tier);
}

fn write_parent(sink: &mut impl Sink, row: &Row) {
    sink.text("parentProductName", row.app.2);
    sink.text("changeInParentProductEdition", "");
    sink.text("oldParentProductEdition", "");
    sink.text("parentProductEdition", row.edition);
}

fn write_amounts(sink: &mut impl Sink, row: &Row) {
    sink.money("purchasePrice", Some(row.cents));
    sink.money("vendorAmount", Some(row.cents * 3 / 4));
    sink.money("partnerDiscountAmount", row.partner_discount);
}
