//! What can go wrong, and the exit code that says so.

use std::process::ExitCode;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub enum Error {
    /// Wrong input or parameters: exit code 2.
    Input(String),
    /// The download failed: exit code 3.
    Download(String),
    /// Anything else, such as a full disk: exit code 1.
    Failed(String),
}

impl Error {
    /// Wrong input or parameters.
    pub fn input(message: impl Into<String>) -> Error {
        Error::Input(message.into())
    }

    /// The download failed.
    pub fn download(message: impl Into<String>) -> Error {
        Error::Download(message.into())
    }

    /// Anything else.
    pub fn failed(message: impl Into<String>) -> Error {
        Error::Failed(message.into())
    }

    /// A file could not be read or written.
    pub fn file(path: &std::path::Path, error: std::io::Error) -> Error {
        Error::Failed(format!("{}: {error}", path.display()))
    }

    /// The code that tells a script what happened without parsing.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Error::Failed(_) => 1,
            Error::Input(_) => 2,
            Error::Download(_) => 3,
        })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Error::Input(message) | Error::Download(message) | Error::Failed(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for Error {}
