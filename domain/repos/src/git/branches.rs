//! The branches of a mirror.

use super::Mirror;
use base::Result;
use std::collections::BTreeMap;

impl Mirror {
    /// The branches by name, each with its commit. A mirror that nothing was fetched into has none.
    pub async fn branches(&self) -> Result<BTreeMap<String, String>> {
        if !self.exists().await {
            return Ok(BTreeMap::new());
        }
        let branch = |(name, tip): (String, super::Tip)| {
            Some((name.strip_prefix("refs/heads/")?.to_owned(), tip.commit?))
        };
        Ok(self.tips().await?.into_iter().filter_map(branch).collect())
    }
}
