//! What can go wrong between the command line and the server, as one plain sentence each.

use crate::deploy::exit;
use serde_json::Value;
use std::error::Error as _;
use std::fmt;

/// Why there is no answer, or not the wanted one.
#[derive(Debug)]
pub enum Failure {
    /// The command is used wrongly; nothing was sent.
    Usage(String),
    /// The server was not reached, or not heard to the end.
    Unreachable(String),
    /// The server answered with a problem.
    Refused(Box<Problem>),
    /// The answer is known, and the command ends with this code after this sentence.
    Ended(i32, String),
}

/// A problem as the server describes it (RFC 9457).
#[derive(Debug)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable code, such as `deployment.blocked`.
    pub code: String,
    /// The sentence for the person.
    pub sentence: String,
    /// After how many seconds the server wants to be asked again.
    pub retry_after_s: Option<u64>,
    /// All of it.
    pub body: Value,
}

impl Failure {
    /// The command is used wrongly.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::Usage(sentence.into())
    }

    /// The server at `root` was not reached.
    pub fn unreachable(root: &str, error: &reqwest::Error) -> Self {
        let mut cause = String::new();
        let mut source = error.source();
        while let Some(error) = source {
            cause = error.to_string();
            source = error.source();
        }
        let what = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
        Self::Unreachable(match cause.as_str() {
            "" => format!("{root} {what}"),
            cause => format!("{root} {what} ({cause})"),
        })
    }

    /// Whether asking again may help: the server was not reached, or says that it is down or busy for the moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(problem) => matches!(problem.status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Usage(_) | Self::Ended(..) => false,
        }
    }

    /// The HTTP status, when the server answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            Self::Usage(_) | Self::Unreachable(_) | Self::Ended(..) => None,
        }
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Refused(problem) => problem.retry_after_s.map(std::time::Duration::from_secs),
            Self::Usage(_) | Self::Unreachable(_) | Self::Ended(..) => None,
        }
    }

    /// The exit code for commands other than `deploy`.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Unreachable(_) => exit::UNREACHABLE,
            Self::Ended(code, _) => *code,
            Self::Refused(problem) => match problem.status {
                401 | 403 => exit::NOT_PERMITTED,
                400 | 404 | 413 | 422 => exit::USAGE,
                429 | 500..=599 => exit::UNREACHABLE,
                _ => 1,
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence) | Self::Unreachable(sentence) | Self::Ended(_, sentence) => {
                f.write_str(sentence)
            }
            Self::Refused(problem) => f.write_str(&problem.sentence),
        }
    }
}

impl Problem {
    /// Reads the body of an answer that is not 2xx, whoever wrote it: a proxy in between may answer with a page.
    pub fn read(status: u16, retry_after_s: Option<u64>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let text = |key: &str| body[key].as_str().map(str::trim).filter(|text| !text.is_empty());
        let sentence = match (text("detail"), text("title")) {
            (Some(detail), _) => detail.to_owned(),
            (None, Some(title)) => title.to_owned(),
            (None, None) => match status {
                401 => "the server does not know this token; check SIGNALBOX_TOKEN".to_owned(),
                403 => "the server does not permit that".to_owned(),
                404 => "the server knows no such thing".to_owned(),
                500..=599 => format!("the server, or a proxy before it, is in trouble (HTTP {status})"),
                _ => format!("the server answered HTTP {status} without saying why"),
            },
        };
        let code = text("code").unwrap_or_default().to_owned();
        Self { status, code, sentence, retry_after_s, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_one_sentence_whoever_wrote_it() {
        for (status, body, sentence, code) in [
            (
                409,
                r#"{"title":"Blocked","detail":"beta is locked by ann","code":"deployment.blocked"}"#,
                "beta is locked by ann",
                "deployment.blocked",
            ),
            (400, r#"{"title":"Bad request"}"#, "Bad request", ""),
            (
                502,
                "<html>Bad gateway</html>",
                "the server, or a proxy before it, is in trouble (HTTP 502)",
                "",
            ),
            (401, "", "the server does not know this token; check SIGNALBOX_TOKEN", ""),
        ] {
            let problem = Problem::read(status, None, body.as_bytes());
            assert_eq!((problem.sentence.as_str(), problem.code.as_str()), (sentence, code));
        }
    }

    #[test]
    fn only_passing_trouble_is_worth_another_try() {
        for (status, passing) in
            [(400, false), (401, false), (409, false), (410, false), (429, true), (503, true)]
        {
            assert_eq!(
                Failure::Refused(Box::new(Problem::read(status, None, b""))).is_passing(),
                passing,
                "{status}"
            );
        }
    }
}
