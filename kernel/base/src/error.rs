//! One error type for the whole program: what went wrong, a stable code, and a sentence for the person.

use std::fmt;

/// The result of anything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is; every door translates a kind into its own status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request makes no sense as it stands (400).
    Invalid,
    /// Nobody is signed in, or the token is unknown (401).
    Unauthenticated,
    /// Known, and not allowed to (403).
    Denied,
    /// There is no such thing, or the caller may not know of it (404).
    Missing,
    /// It clashes with what is there now (409).
    Conflict,
    /// It was there and is over for good (410).
    Gone,
    /// The request did not come whole in time (408).
    Late,
    /// A body is larger than its limit (413).
    TooLarge,
    /// Too many requests; try again after so many seconds (429).
    Limited {
        /// Whole seconds to wait, at least one.
        retry_after_s: u64,
    },
    /// Something needed is down for the moment (503).
    Unavailable,
    /// A mistake in Signalbox (500).
    Bug,
}

/// A failure, with everything needed to explain it at any door.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    code: &'static str,
    message: String,
    detail: Option<serde_json::Value>,
    context: Vec<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error of `kind` with a stable `code` ("lock.already_released") and a sentence for a person.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code,
            message: message.into(),
            detail: None,
            context: Vec::new(),
            source: None,
        }))
    }

    /// The request makes no sense as it stands.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// Nobody is signed in, or the token is unknown.
    pub fn unauthenticated(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, code, message)
    }

    /// The actor is known and not allowed to.
    pub fn denied(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Denied, code, message)
    }

    /// There is no such thing, or the actor may not know of it.
    pub fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Missing, code, message)
    }

    /// It clashes with what is there now.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    /// It was there and is over for good.
    pub fn gone(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Gone, code, message)
    }

    /// The request did not come whole in time.
    pub fn late(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Late, code, message)
    }

    /// Something is larger than its limit.
    pub fn too_large(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::TooLarge, code, message)
    }

    /// Too many requests: the caller may come back after `retry_after_s` seconds (at least one).
    pub fn limited(code: &'static str, message: impl Into<String>, retry_after_s: u64) -> Self {
        Self::new(Kind::Limited { retry_after_s: retry_after_s.max(1) }, code, message)
    }

    /// Something needed is down for the moment.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, code, message)
    }

    /// A mistake in Signalbox, with what caused it.
    pub fn bug(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, code, message)
    }

    /// Keeps the cause for the log; it is never shown to the caller.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Attaches a value that the door sends along, such as the decision of a refused deployment.
    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.0.detail = Some(detail);
        self
    }

    /// Says what was being done, for the log.
    #[must_use]
    pub fn while_doing(mut self, what: impl Into<String>) -> Self {
        self.0.context.push(what.into());
        self
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The sentence for the person.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The value that the door sends along.
    pub fn detail(&self) -> Option<&serde_json::Value> {
        self.0.detail.as_ref()
    }

    /// Whether there is no such thing.
    pub fn is_missing(&self) -> bool {
        self.0.kind == Kind::Missing
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.message, self.0.code)?;
        for what in &self.0.context {
            write!(f, ", while {what}")?;
        }
        let mut cause = self.0.source.as_deref().map(|s| s as &dyn std::error::Error);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|s| s as &(dyn std::error::Error + 'static))
    }
}

/// Adds what was being done to an error on its way up.
pub trait Context<T> {
    /// Says what was being done, for the log.
    fn context(self, what: impl Into<String>) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn context(self, what: impl Into<String>) -> Result<T> {
        self.map_err(|error| error.while_doing(what))
    }
}
