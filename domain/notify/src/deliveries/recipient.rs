//! Who is told, and how.

use base::id::UserId;
use journal::Subject;

base::text_enum! {
    /// How a message gets to somebody.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case", as = DeliveryChannel)]
    pub enum Channel {
        /// To a mail address.
        Mail = "mail",
        /// Into the inbox of a person.
        Inbox = "inbox",
        /// To an address on the web.
        Webhook = "webhook",
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A mail address, or one on the web.
    Plain(String),
    /// An address that is a secret, sealed for [`crate::SEALED_FOR`].
    Sealed(Vec<u8>),
    /// Their inbox.
    Own,
}

/// Who is told, and how.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// How.
    pub channel: Channel,
    /// Who it is, as people read it.
    pub name: String,
    /// Where it goes.
    pub address: Address,
    /// The person, when it is one.
    pub user: Option<UserId>,
    /// What the person must be allowed to see when it goes out.
    pub needs: Vec<Subject>,
}

impl Recipient {
    /// What tells recipients apart.
    pub fn mark(&self) -> String {
        match (&self.address, self.user) {
            (_, Some(user)) => format!("{} user:{user}", self.channel),
            (Address::Plain(address), None) => format!("{} {}", self.channel, address.to_lowercase()),
            (Address::Sealed(_) | Address::Own, None) => format!("{} {}", self.channel, self.name),
        }
    }
}
