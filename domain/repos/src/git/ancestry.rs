//! Whether one commit contains another.
//!
//! The traps are in the answer no: git also exits with "not an ancestor" when the history between the two was cut off.
//! So no is said only when both commits are there, the history is whole, and git itself found no way.

use super::{Mirror, is_full_id};
use base::Result;

base::text_enum! {
    /// The answer to "does this commit contain that one?".
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case")]
    pub enum Answer {
        /// It does.
        Yes = "yes",
        /// It does not.
        No = "no",
        /// Nobody can say from here; treat it like the worse of the two.
        Unknown = "unknown",
    }
}

base::text_enum! {
    /// What an answer rests on.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case")]
    pub enum Rule {
        /// Both are the same commit: yes.
        SameCommit = "same_commit",
        /// The ancestor was reached from the commit: yes.
        Reached = "reached",
        /// The whole history was searched and the ancestor is not in it: no.
        NotReached = "not_reached",
        /// The repository has no such commit: unknown.
        CommitUnknown = "commit_unknown",
        /// The repository has no such ancestor: unknown.
        AncestorUnknown = "ancestor_unknown",
        /// The history is cut off: unknown.
        RepositoryShallow = "repository_shallow",
        /// The mirror was never filled or cannot be read, or its remote cannot: unknown.
        RepositoryUnreadable = "repository_unreadable",
    }
}

/// An answer and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Contains {
    /// The answer.
    pub answer: Answer,
    /// What it rests on.
    pub rule: Rule,
}

impl Rule {
    /// The answer that goes with the rule.
    pub fn answer(self) -> Answer {
        match self {
            Self::SameCommit | Self::Reached => Answer::Yes,
            Self::NotReached => Answer::No,
            Self::CommitUnknown
            | Self::AncestorUnknown
            | Self::RepositoryShallow
            | Self::RepositoryUnreadable => Answer::Unknown,
        }
    }

    /// The rule in words that end a sentence: "because …".
    pub fn because(self) -> &'static str {
        match self {
            Self::SameCommit => "they are the same commit",
            Self::Reached => "its history leads there",
            Self::NotReached => "its whole history does not lead there",
            Self::CommitUnknown => "the repository has no such commit",
            Self::AncestorUnknown => "the repository has no such ancestor",
            Self::RepositoryShallow => "the repository's history is cut off",
            Self::RepositoryUnreadable => "the repository cannot be read",
        }
    }
}

impl From<Rule> for Contains {
    fn from(rule: Rule) -> Self {
        Self { answer: rule.answer(), rule }
    }
}

impl Mirror {
    /// Whether the history of `commit` has `ancestor`; both are full ids. A failure of git is the answer unknown.
    pub async fn contains(&self, commit: &str, ancestor: &str) -> Contains {
        match self.rule(commit, ancestor).await {
            Ok(rule) => rule.into(),
            Err(error) => {
                tracing::warn!(?error, "whether {commit} contains {ancestor} cannot be said");
                Rule::RepositoryUnreadable.into()
            }
        }
    }

    async fn rule(&self, commit: &str, ancestor: &str) -> Result<Rule> {
        if !self.exists().await {
            return Ok(Rule::RepositoryUnreadable);
        }
        if self.is_shallow().await? {
            return Ok(Rule::RepositoryShallow);
        }
        let full = [commit, ancestor].into_iter().filter(|id| is_full_id(id)).map(str::to_owned).collect();
        let found = self.commits(full).await?;
        let Some(commit) = found.get(commit) else { return Ok(Rule::CommitUnknown) };
        let Some(ancestor) = found.get(ancestor) else { return Ok(Rule::AncestorUnknown) };
        if commit == ancestor {
            return Ok(Rule::SameCommit);
        }
        if self.reaches(commit, ancestor).await? {
            return Ok(Rule::Reached);
        }
        // A fetch may have cut the history off since the first look.
        Ok(if self.is_shallow().await? { Rule::RepositoryShallow } else { Rule::NotReached })
    }

    /// Asks git alone; both commits have to be known.
    pub(crate) async fn reaches(&self, commit: &str, ancestor: &str) -> Result<bool> {
        let done =
            self.call(["merge-base", "--is-ancestor", "--end-of-options", ancestor, commit]).run().await?;
        match done.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(done.failure("merge-base")),
        }
    }
}
