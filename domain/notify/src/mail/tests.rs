//! What mail promises, as far as no server is needed.

use super::compose::mail;
use super::*;
use crate::fixture::{delivery, failure};
use base::{Limits, Secret};
use url::Url;

fn home() -> Url {
    Url::parse("https://box.example.com/").expect("a URL")
}

fn written(message: &Message, reply_to: Option<AnyId>) -> String {
    let delivery = delivery();
    let letter = Letter { delivery: &delivery, reply_to, address: "bob@example.com", message };
    let from = "Signalbox <signalbox@example.com>".parse().expect("a mailbox");
    let mail = mail(&letter, &from, &home(), delivery.made_at).expect("a mail");
    String::from_utf8(mail.formatted()).expect("text")
}

fn headers(mail: &str) -> Vec<&str> {
    mail.split("\r\n\r\n").next().unwrap_or_default().split("\r\n").filter(|l| !l.starts_with(' ')).collect()
}

#[test]
fn a_mail_says_what_mail_programs_need_to_know() {
    let mail = written(&failure(), Some(AnyId(77)));
    for line in [
        "From: Signalbox <signalbox@example.com>",
        "To: Bob <bob@example.com>",
        "Subject: [Signalbox] Nightly failed: run 3",
        "Message-ID: <1234567.signalbox@box.example.com>",
        "In-Reply-To: <77.signalbox@box.example.com>",
        "References: <77.signalbox@box.example.com>",
        "List-Id: nightly <nightly.box.example.com>",
        "Auto-Submitted: auto-generated",
        "X-Signalbox-Kind: job.failed",
        "X-Signalbox-About: run:3",
        "X-Signalbox-Job: nightly",
        "List-Unsubscribe: <https://box.example.com/jobs/nightly>",
    ] {
        assert!(headers(&mail).contains(&line), "{line}\n{mail}");
    }
    assert!(mail.contains("Content-Type: text/plain") && mail.contains("Content-Type: text/html"), "{mail}");
    assert!(!written(&failure(), None).contains("In-Reply-To"));
}

#[test]
fn no_text_makes_a_header_of_its_own() {
    let mut message = failure();
    let evil = "x\r\nBcc: everybody@example.com\r\n\r\n<b>body</b>\u{85}\u{2028}y\0";
    message.title = evil.to_owned();
    message.list = evil.to_owned();
    message.kind = evil.to_owned();
    message.headers.insert("Job".to_owned(), evil.to_owned());
    message.stop_path = Some(evil.to_owned());
    let mail = written(&message, None);
    assert!(!headers(&mail).iter().any(|line| line.to_lowercase().starts_with("bcc")), "{mail}");
    let names: Vec<&str> = headers(&mail).iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let known = written(&failure(), None);
    let expected: Vec<&str> =
        headers(&known).iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    assert_eq!(names, expected, "{mail}");
}

#[test]
fn addresses_are_taken_only_where_smtp_takes_them() {
    for (text, is_one) in [
        ("bob@example.com", true),
        (" bob@example.com ", true),
        ("bob+jobs@mail.example.com", true),
        ("bob", false),
        ("bob@example.com\r\nRCPT TO:<eve@example.com>", false),
        ("bob@example.com, eve@example.com", false),
        ("<bob@example.com>", false),
        ("", false),
    ] {
        assert_eq!(valid_address(text).is_ok(), is_one, "{text:?}");
    }
}

#[test]
fn a_password_is_not_sent_where_others_can_read_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = |server: &str, user: Option<&str>| Settings {
        server: server.to_owned(),
        user: user.map(str::to_owned),
        password: user.map(|_| Secret::new("pw")),
        from: None,
    };
    for (server, user, is_fine) in [
        ("smtps://mail.example.com", Some("box"), true),
        ("smtp://mail.example.com:587", Some("box"), true),
        ("smtp://mail.example.com?tls=none", None, true),
        ("smtp://mail.example.com?tls=none", Some("box"), false),
        ("smtp://127.0.0.1:2525?tls=none", Some("box"), true),
        ("smtps://mail.example.com?tls=none", None, false),
        ("smtp://box:pw@mail.example.com", None, false),
        ("mail.example.com:25", None, false),
        ("https://mail.example.com", None, false),
        ("", None, false),
    ] {
        let made = Server::new(&settings(server, user), &home(), &Limits::default());
        assert_eq!(made.is_ok(), is_fine, "{server} {user:?} {:?}", made.err());
    }
    let half = Settings { user: Some("box".to_owned()), ..settings("smtps://mail.example.com", None) };
    assert!(Server::new(&half, &home(), &Limits::default()).is_err(), "a user without a password");
    let made =
        Server::new(&settings("smtps://mail.example.com", None), &home(), &Limits::default()).expect("made");
    assert_eq!(made.from(), "Signalbox <signalbox@box.example.com>");
}
