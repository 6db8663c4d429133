//! What makes a record the same as another one.

use std::borrow::Cow;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Report;
use crate::{Day, Error, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keys<'a> {
    #[serde(borrow)]
    transaction_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    transaction_line_item_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    addon_license_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    app_entitlement_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    app_entitlement_number: Option<Cow<'a, str>>,
    #[serde(borrow)]
    license_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_updated: Option<Cow<'a, str>>,
}

/// A short name for the exact bytes of a record.
pub(crate) fn digest(record: &str) -> String {
    format!("{:032x}", number(record.as_bytes()))
}

fn number(bytes: &[u8]) -> u128 {
    let digest = Sha256::digest(bytes);
    u128::from_be_bytes(digest[..16].try_into().expect("a digest has 32 bytes"))
}

/// The key of a record, and when it changed last.
pub(crate) fn key(report: Report, record: &str) -> Result<(u128, Day)> {
    let keys: Keys<'_> = serde_json::from_str(record)
        .map_err(|error| Error::download(format!("a record is no object: {error}")))?;
    let updated =
        keys.last_updated.as_deref().and_then(|text| Day::parse(text.as_bytes())).unwrap_or_default();
    let ids =
        [&keys.addon_license_id, &keys.app_entitlement_id, &keys.app_entitlement_number, &keys.license_id];
    let key = match (report, &keys.transaction_id, &keys.transaction_line_item_id) {
        (Report::Transactions, Some(transaction), Some(line)) => Some(format!("{transaction}\n{line}")),
        (Report::Transactions, ..) => None,
        (Report::Licenses, ..) => ids.into_iter().flatten().next().map(ToString::to_string),
    };
    // What nothing names is the same record only when it is the very same bytes.
    let key = key.unwrap_or_else(|| record.to_owned());
    Ok((number(key.as_bytes()), updated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_order_is_a_record_and_the_licence_is_one() {
        let key = |report, text: &str| key(report, text).expect("an object");
        let (sales, licences) = (Report::Transactions, Report::Licenses);
        let one =
            key(sales, r#"{"transactionId":"A","transactionLineItemId":"1","lastUpdated":"2026-01-02"}"#);
        let later =
            key(sales, r#"{"transactionLineItemId":"1","transactionId":"A","lastUpdated":"2026-01-03"}"#);
        assert!(one.0 == later.0 && one.1 < later.1);
        let other = key(sales, r#"{"transactionId":"A","transactionLineItemId":"2","addonLicenseId":"7"}"#);
        assert_ne!(one.0, other.0);
        // Without a line there is no telling: the licence of an order is not its name.
        let lines = [
            r#"{"transactionId":"A","addonLicenseId":"7"}"#,
            r#"{"transactionId":"B","addonLicenseId":"7"}"#,
        ];
        assert_ne!(key(sales, lines[0]).0, key(sales, lines[1]).0);
        assert_eq!(key(licences, lines[0]).0, key(licences, lines[1]).0);
        assert!(super::key(sales, "[1]").is_err());
    }
}
