//! The mail server that is set, and what it answers.

use super::refusals::{Named, judge, silent};
use super::{Letter, compose};
use crate::deliveries::run::Outcome;
use base::{Error, Limit, Limits, Result, Secret};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::net::IpAddr;
use std::time::Duration;
use url::{Host, Url};
use web::App;

/// What is set about mail.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `smtps://HOST[:465]` speaks TLS from the start, `smtp://HOST[:587]` turns to TLS before anything is said, and with `?tls=none` never.
    pub server: String,
    /// Who signs in there.
    pub user: Option<String>,
    /// With what.
    pub password: Option<Secret>,
    /// Whom mail is from: `Signalbox <signalbox@example.com>`.
    pub from: Option<String>,
}

/// A mail server. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    named: Named,
}

fn malformed(text: &str) -> Error {
    Error::invalid(
        "mail.server",
        format!(
            "the mail server is given like smtps://mail.example.com or smtp://mail.example.com:587, not {text:?}"
        ),
    )
}

impl Server {
    /// Makes a server of what is set. Nothing is connected to yet.
    pub fn new(settings: &Settings, public_url: &Url, limits: &Limits) -> Result<Self> {
        let text = settings.server.trim();
        let url = Url::parse(text).map_err(|_| malformed(text))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| malformed(text))?;
        if !url.username().is_empty() || url.password().is_some() {
            let message = "the user and the password of the mail server are set by SIGNALBOX_MAIL_USER and SIGNALBOX_MAIL_PASSWORD";
            return Err(Error::invalid("mail.server", message));
        }
        let is_plain = match url.query() {
            None => false,
            Some("tls=none") if url.scheme() == "smtp" => true,
            Some(_) => return Err(malformed(text)),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let parameters = || {
            TlsParameters::new(host.clone())
                .map_err(|error| Error::unavailable("mail.tls", "TLS cannot be used").because(error))
        };
        let (tls, port) = match (url.scheme(), is_plain) {
            ("smtps", _) => (Tls::Wrapper(parameters()?), 465),
            ("smtp", false) => (Tls::Required(parameters()?), 587),
            ("smtp", true) => (Tls::None, 25),
            _ => return Err(malformed(text)),
        };
        let credentials = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => {
                Some(Credentials::new(user.clone(), password.reveal().to_owned()))
            }
            (None, None) => None,
            _ => {
                let message = "a mail server takes a user and a password, or neither: set SIGNALBOX_MAIL_USER and SIGNALBOX_MAIL_PASSWORD";
                return Err(Error::invalid("mail.credentials", message));
            }
        };
        if is_plain && credentials.is_some() && !is_here(&host) {
            let message = "the password of the mail server would be readable on its way: leave ?tls=none out";
            return Err(Error::invalid("mail.credentials", message));
        }
        let port = url.port().unwrap_or(port);
        let patience = Duration::from_secs(limits.get(Limit::MailSeconds));
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.clone())
            .port(port)
            .tls(tls)
            .timeout(Some(patience))
            .hello_name(hello(public_url));
        if let Some(credentials) = credentials {
            builder = builder.credentials(credentials);
        }
        let from = match &settings.from {
            Some(from) => from.trim().parse().map_err(|_| {
                Error::invalid(
                    "mail.from",
                    format!("mail is from somebody like Signalbox <signalbox@example.com>, not {from:?}"),
                )
            })?,
            None => default_from(public_url)?,
        };
        let named = Named { shown: format!("{host}:{port}"), host, user: settings.user.clone(), patience };
        Ok(Self { transport: builder.build(), from, named })
    }

    /// Its host and port.
    pub fn shown(&self) -> &str {
        &self.named.shown
    }

    /// Whom mail is from.
    pub fn from(&self) -> String {
        self.from.to_string()
    }

    /// Hands a mail over.
    pub(crate) async fn send(&self, app: &App, letter: &Letter<'_>) -> Outcome {
        let mail = match compose::mail(letter, &self.from, &app.public_url, app.clock.now()) {
            Ok(mail) => mail,
            Err(error) => return Outcome::Failed(error.message().to_owned()),
        };
        // The transport itself gives up only on connections that do not come about.
        let Ok(sent) = tokio::time::timeout(self.named.patience, self.transport.send(mail)).await else {
            return silent(&self.named);
        };
        match sent {
            Ok(answer) => {
                let said: Vec<&str> = answer.message().collect();
                Outcome::Sent(format!("{} {}", answer.code(), said.join(" ")))
            }
            Err(error) => judge(&error, &self.named),
        }
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What the server introduces itself as.
fn hello(public_url: &Url) -> ClientId {
    match public_url.host() {
        Some(Host::Domain(name)) => ClientId::Domain(name.to_owned()),
        Some(Host::Ipv4(ip)) => ClientId::Ipv4(ip),
        Some(Host::Ipv6(ip)) => ClientId::Ipv6(ip),
        None => ClientId::Domain("localhost".to_owned()),
    }
}

fn default_from(public_url: &Url) -> Result<Mailbox> {
    let host = match public_url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        _ => "localhost".to_owned(),
    };
    let address = format!("signalbox@{host}").parse().map_err(|error| {
        Error::invalid("mail.from", "set SIGNALBOX_MAIL_FROM to the address that mail is from").because(error)
    })?;
    Ok(Mailbox::new(Some("Signalbox".to_owned()), address))
}
