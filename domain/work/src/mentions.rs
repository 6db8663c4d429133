//! Mentions in rich text: who and what a text points at, as the reader may see it.

use base::Result;
use db::Tx;

/// Fills in the mentions of a stored text for the actor: names, addresses, and "Private Link" for what they may not see. A text that was
/// written plain (`html` is none) is escaped. Returns `<body>...</body>`.
pub async fn expand(tx: &mut Tx, html: Option<&str>, plain: &str) -> Result<String> {
    todo!()
}
