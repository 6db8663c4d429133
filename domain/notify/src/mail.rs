//! The channel to mail addresses, by SMTP.
//!
//! Every mail goes to one recipient. Its `Message-ID` is the delivery's and stays the same when it is sent again: SMTP has no way to ask
//! whether a mail was taken whose answer got lost, so a crash at that moment may send it twice, and mail programs show it once.

mod compose;
mod refusals;
mod server;
#[cfg(test)]
mod tests;

pub use server::{Server, Settings};

use crate::deliveries::Delivery;
use crate::message::Message;
use base::id::AnyId;
use base::{Error, Result};

/// A mail to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The first delivery of its thread.
    pub reply_to: Option<AnyId>,
    /// Where it goes.
    pub address: &'a str,
    /// What it says.
    pub message: &'a Message,
}

/// A mail address, as SMTP takes it.
pub(crate) fn valid_address(text: &str) -> Result<String> {
    let text = text.trim();
    let address: std::result::Result<lettre::Address, _> = text.parse();
    let shown: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
    let address =
        address.map_err(|_| Error::invalid("mail.address", format!("{shown:?} is not a mail address")))?;
    Ok(address.to_string())
}
