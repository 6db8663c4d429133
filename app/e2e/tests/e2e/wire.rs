//! The wire itself: encryption, and clients that send too much, too slowly, or nothing at all.

use e2e::server::Options;
use e2e::{Api, Database, Folder};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// A certificate for the loopback address that nobody has signed but itself, in a folder: `cert.pem` and `key.pem`.
fn certificate() -> Folder {
    let made =
        rcgen::generate_simple_self_signed(vec!["127.0.0.1".into(), "localhost".into()]).expect("made");
    let folder = Folder::new("certificate");
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).expect("written");
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    folder
}

#[test]
fn with_a_certificate_the_client_talks_over_tls_and_trusts_nobody_else() {
    let folder = certificate();
    let path = |name: &str| folder.join(name).display().to_string();
    let server = Options::on(Database::Sqlite).tls(&path("cert.pem"), &path("key.pem")).start();
    assert!(server.url().starts_with("https://"), "{}", server.url());
    let ask = |trusts: bool| {
        let mut command = server.command();
        command.args(["user", "list", "--json"]);
        if trusts {
            command.env("SIGNALBOX_CA_CERT", path("cert.pem"));
        }
        command.output().expect("the program runs")
    };
    let trusted = ask(true);
    let said = String::from_utf8_lossy(&trusted.stdout).into_owned();
    assert!(
        trusted.status.success() && said.contains("alice@hub.example"),
        "{said} {}",
        String::from_utf8_lossy(&trusted.stderr)
    );
    let stranger = ask(false);
    assert_eq!(stranger.status.code(), Some(69), "a certificate that nobody vouches for is no server");
    let mut plain = TcpStream::connect(server.host()).expect("the port is open");
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer); // It may be reset.
    assert!(!String::from_utf8_lossy(&answer).contains("200"), "nothing is said in the clear");
}

#[test]
fn a_certificate_that_is_none_is_refused_with_a_sentence() {
    let folder = Folder::new("certificate");
    std::fs::write(folder.join("cert.pem"), "not a certificate").expect("written");
    let output = std::process::Command::new(e2e::outside::program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .arg("--tls-cert")
        .arg(folder.join("cert.pem"))
        .arg("--tls-key")
        .arg(folder.join("cert.pem"))
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--tls-cert"), "{output:?}");
}

#[test]
fn headers_have_a_size() {
    let server = Options::on(Database::Sqlite).start();
    let with = |bytes: usize| {
        let cookie = "x".repeat(bytes);
        Api::new(&server.host(), server.token()).send("GET", "/api/v1/users", &[("cookie", &cookie)], b"")
    };
    assert_eq!(with(20_000).expect("answered").status, 200);
    assert_eq!(with(300_000).expect("answered").status, 431);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Options::on(Database::Sqlite).env("SIGNALBOX_LIMIT_BODY_SECONDS", "1").start();
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{",
            server.host(),
            server.token()
        )
    };
    let native =
        Api::new(&server.host(), "").exchange(head("/api/v1/projects").as_bytes(), false).expect("answered");
    assert_eq!((native.status, &native.json()["code"]), (408, &json!("body.late")), "{}", native.text());
    assert!(native.text().contains("body_seconds"), "it says which limit that was: {}", native.text());
    let facade =
        Api::new(&server.host(), "").exchange(head("/api/1.0/projects").as_bytes(), false).expect("answered");
    assert!(
        facade.status == 400 && facade.json()["errors"].is_array(),
        "{} {}",
        facade.status,
        facade.text()
    );
    assert_eq!(server.api().get("/api/v1/projects").status, 200, "others are served");
}
