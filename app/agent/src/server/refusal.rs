//! Why a request did not do what it should, in terms of what to do about it.

use serde::Deserialize;
use std::fmt;

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The server was not reached, or is busy or broken for the moment: try again.
    Passing(String),
    /// The token is void.
    Void(String),
    /// The attempt is no longer this agent's: stop it and say nothing more of it.
    Fenced,
    /// The server lacks what comes before; it has everything up to here.
    Behind(u64),
    /// The server means it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code.
        code: String,
        /// The sentence for a person.
        sentence: String,
    },
    /// The answer makes no sense.
    Strange(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: Option<String>,
    next: Option<u64>,
}

impl Refusal {
    /// Reads an answer that is no success.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
        let sentence = problem
            .detail
            .filter(|detail| !detail.is_empty())
            .or(Some(problem.title).filter(|title| !title.is_empty()))
            .unwrap_or_else(|| format!("The server answered with status {status}"));
        match (status, problem.code.as_str(), problem.next) {
            (401, ..) => Self::Void(sentence),
            (408 | 425 | 429 | 500..=599, ..) => Self::Passing(sentence),
            (_, "attempt.fenced" | "attempt.missing", _) => Self::Fenced,
            (409, _, Some(next)) => Self::Behind(next),
            (_, code, _) => Self::Refused { status, code: code.to_owned(), sentence },
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Passing(_))
    }
}

impl From<reqwest::Error> for Refusal {
    fn from(error: reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::Strange(format!("The request cannot be made: {error}"));
        }
        let mut sentence = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            sentence = format!("{sentence}: {error}");
            cause = error.source();
        }
        Self::Passing(sentence)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passing(sentence) | Self::Void(sentence) | Self::Strange(sentence) => f.write_str(sentence),
            Self::Refused { sentence, .. } => f.write_str(sentence),
            Self::Fenced => f.write_str("the attempt is no longer this agent's"),
            Self::Behind(next) => write!(f, "the server has the log up to byte {next} only"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart_by_what_to_do() {
        let read = |status, body: &str| Refusal::read(status, body.as_bytes());
        assert!(read(502, "<html>").is_passing());
        assert!(read(429, "{}").is_passing());
        assert_eq!(read(409, r#"{"code": "attempt.fenced"}"#), Refusal::Fenced);
        assert_eq!(read(409, r#"{"code": "log.gap", "next": 7, "detail": "x"}"#), Refusal::Behind(7));
        assert_eq!(read(401, r#"{"title": "Who?"}"#), Refusal::Void("Who?".to_owned()));
        let refused = read(413, r#"{"code": "file.too_large", "detail": "Too large"}"#);
        assert_eq!(refused.to_string(), "Too large");
    }
}
