//! What a refusal of the mail server means, in a sentence that says what to do about it.

use crate::deliveries::run::Outcome;
use lettre::transport::smtp::Error;
use rustls::{CertificateError, Error as TlsError};
use std::error::Error as _;
use std::time::Duration;

/// The server, as far as sentences name it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// Its host.
    pub host: String,
    /// Its host and port.
    pub shown: String,
    /// Who signs in there.
    pub user: Option<String>,
    /// How long it may take over one mail.
    pub patience: Duration,
}

/// What a failed try comes to. A sign-in that is refused is not the fault of the mail, but trying for ever locks accounts.
pub(super) fn judge(error: &Error, server: &Named) -> Outcome {
    let said = deepest(error);
    match error.status().map(u16::from) {
        Some(code @ (530 | 534 | 535 | 538)) => Outcome::SignIn(refused_sign_in(server, code, &said)),
        Some(code @ 500..) => Outcome::Failed(format!("{code} {said}")),
        Some(code) => Outcome::Again(format!("{code} {said}"), None),
        None if error.is_timeout() => silent(server),
        None => match tls(error) {
            Some(fault) => Outcome::Again(of_tls(fault, server), None),
            None => without_answer(server, &said),
        },
    }
}

/// It takes too long.
pub(super) fn silent(server: &Named) -> Outcome {
    let seconds = server.patience.as_secs();
    Outcome::Again(format!("The mail server {} did not answer within {seconds} s", server.shown), None)
}

fn refused_sign_in(server: &Named, code: u16, said: &str) -> String {
    let (shown, check) = (&server.shown, "SIGNALBOX_MAIL_USER and SIGNALBOX_MAIL_PASSWORD");
    match &server.user {
        Some(user) => {
            format!("The mail server {shown} refused the sign-in of {user} ({code} {said}): check {check}")
        }
        None => format!("The mail server {shown} wants a sign-in ({code} {said}): set {check}"),
    }
}

/// What the client itself found to be missing, or the network.
fn without_answer(server: &Named, said: &str) -> Outcome {
    let shown = &server.shown;
    if said.contains("authentication mechanism") {
        return Outcome::SignIn(format!("The mail server {shown} offers no sign-in by PLAIN or LOGIN"));
    }
    if said.contains("STARTTLS") {
        let message = format!(
            "The mail server {shown} offers no STARTTLS, so nothing was sent to it; where TLS begins at once, the server is given as smtps://"
        );
        return Outcome::Again(message, None);
    }
    Outcome::Again(format!("The mail server {shown} could not be reached: {said}"), None)
}

fn deepest(error: &Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        said = inner.to_string();
        cause = inner.source();
    }
    said
}

/// The fault of TLS behind an error. What is wrapped in an error of input and output is not among its sources.
fn tls(error: &Error) -> Option<&TlsError> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = wrapped.and_then(|inner| inner.downcast_ref::<TlsError>());
        if let Some(fault) = found.or_else(|| inner.downcast_ref::<TlsError>()) {
            return Some(fault);
        }
        cause = inner.source();
    }
    None
}

fn of_tls(fault: &TlsError, server: &Named) -> String {
    let Named { host, shown, .. } = server;
    match fault {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => format!(
            "The certificate of the mail server {shown} was refused: nobody whom this machine trusts has issued it. Add its authority to the certificates of the machine, or name a file with it in SSL_CERT_FILE"
        ),
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!("The certificate of the mail server {shown} was refused: it is not for the name {host}"),
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            format!("The certificate of the mail server {shown} was refused: it has expired")
        }
        TlsError::InvalidCertificate(other) => {
            format!("The certificate of the mail server {shown} was refused: {other}")
        }
        TlsError::InvalidMessage(_) => format!(
            "The mail server {shown} does not begin with TLS; where it turns to TLS later (STARTTLS), it is given as smtp://"
        ),
        other => format!("No TLS with the mail server {shown}: {other}"),
    }
}
