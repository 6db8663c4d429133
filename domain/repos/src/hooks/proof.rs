//! Whether a push webhook is from who knows the secret, and whether it is about a push. Pure.
//!
//! Senders are told apart by the header that carries their proof. SHA-1 signatures, which GitHub still sends beside the
//! better ones, count for nothing.

use axum::http::HeaderMap;
use base::Secret;
use base::secret::same_bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Headers with a hexadecimal HMAC-SHA256 of the body, and what stands before it.
const HEX_SIGNATURES: &[(&str, &str)] = &[
    ("x-hub-signature-256", "sha256="), // GitHub; Gitea and Forgejo send it, too
    ("x-gitea-signature", ""),
    ("x-forgejo-signature", ""),
    ("x-gogs-signature", ""),
    ("x-hub-signature", "sha256="), // Bitbucket, Cloud and Server
];

/// Headers that name the event, and the events after which refs are different.
const EVENTS: &[(&str, &[&str])] = &[
    ("x-forgejo-event", &["push", "create", "delete"]),
    ("x-gitea-event", &["push", "create", "delete"]),
    ("x-gogs-event", &["push", "create", "delete"]),
    ("x-github-event", &["push", "create", "delete"]),
    ("x-gitlab-event", &["Push Hook", "Tag Push Hook", "System Hook"]),
    ("x-event-key", &["repo:push", "repo:refs_changed", "mirror:repo_synchronized"]),
];

/// Whether the request was made by who knows `secret`. One good proof is enough, since each takes the secret.
pub fn is_proven(headers: &HeaderMap, body: &[u8], secret: &Secret) -> bool {
    let is_signed = HEX_SIGNATURES.iter().any(|(name, prefix)| {
        let given = text(headers, name).and_then(|value| value.strip_prefix(prefix));
        given.is_some_and(|given| {
            same_bytes(given.to_ascii_lowercase().as_bytes(), hex(body, secret).as_bytes())
        })
    });
    let is_token = text(headers, "x-gitlab-token").is_some_and(|given| secret.matches(given));
    is_signed || is_token || is_standard(headers, body, secret)
}

/// GitLab's signing token, which follows Standard Webhooks: id, time and body are signed together. The time is not
/// compared with ours: a push told twice only makes the server look twice.
fn is_standard(headers: &HeaderMap, body: &[u8], secret: &Secret) -> bool {
    let header = |name| text(headers, name);
    let (Some(id), Some(time), Some(given)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return false;
    };
    let key = match secret.reveal().strip_prefix("whsec_") {
        Some(encoded) => match BASE64.decode(encoded) {
            Ok(key) => key,
            Err(_) => return false,
        },
        None => secret.reveal().as_bytes().to_vec(),
    };
    let wanted = BASE64.encode(signature(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]));
    let versions = given.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    versions.fold(false, |found, one| found | same_bytes(one.as_bytes(), wanted.as_bytes()))
}

/// Whether the event changed refs. A sender that names no event means a push.
pub(super) fn is_push(headers: &HeaderMap) -> bool {
    let named = EVENTS.iter().find_map(|(name, pushes)| Some((text(headers, name)?, pushes)));
    named.is_none_or(|(event, pushes)| pushes.contains(&event))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn hex(body: &[u8], secret: &Secret) -> String {
    signature(secret.reveal().as_bytes(), &[body]).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signature(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const BODY: &[u8] = br#"{"ref":"refs/heads/main","zen":"Hello, World!"}"#;
    const SECRET: &str = "It's a Secret to Everybody";
    /// HMAC-SHA256 of BODY with SECRET, computed by another program.
    const HEX: &str = "81129fcdcf2395d0399c99c3080a7b13a829e6a05e076ad544854c2f0b8ef298";
    const SHA1: &str = "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6";

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"))
        };
        given.iter().map(pair).collect()
    }

    #[test]
    fn the_documented_example_of_github_is_proven() {
        let given = headers(&[(
            "x-hub-signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )]);
        assert!(is_proven(&given, b"Hello, World!", &Secret::new(SECRET)));
    }

    #[test]
    fn the_documented_example_of_standard_webhooks_is_proven() {
        let given = |signature: &str| {
            headers(&[
                ("x-gitlab-event", "Push Hook"),
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", "1614265330"),
                ("webhook-signature", signature),
            ])
        };
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert!(is_proven(&given(good), body, &secret));
        assert!(is_proven(&given(&format!("v1,AAAA {good}")), body, &secret), "one of several");
        assert!(!is_proven(&given(good), b"{}", &secret));
        assert!(!is_proven(&given("v1a,g0hM9SsE"), body, &secret));
        assert!(!is_proven(&given(good), body, &Secret::new("whsec_!!")));
    }

    #[test]
    fn each_sender_is_proven_by_its_own_header_and_by_nothing_else() {
        let with = |prefix: &str| format!("{prefix}{HEX}");
        let (hub, bare) = (with("sha256="), with(""));
        let wrong = format!("sha256={}", "0".repeat(64));
        for (sender, given, proven, push) in [
            (
                "GitHub",
                headers(&[
                    ("x-github-event", "push"),
                    ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
                    ("x-hub-signature", SHA1),
                    ("x-hub-signature-256", &hub),
                ]),
                true,
                true,
            ),
            (
                "GitHub, ping",
                headers(&[("x-github-event", "ping"), ("x-hub-signature-256", &hub)]),
                true,
                false,
            ),
            (
                "GitHub, SHA-1 alone",
                headers(&[("x-github-event", "push"), ("x-hub-signature", SHA1)]),
                false,
                true,
            ),
            (
                "GitHub, wrong",
                headers(&[("x-github-event", "push"), ("x-hub-signature-256", &wrong)]),
                false,
                true,
            ),
            (
                "GitHub, no prefix",
                headers(&[("x-github-event", "push"), ("x-hub-signature-256", &bare)]),
                false,
                true,
            ),
            (
                "GitHub, empty",
                headers(&[("x-github-event", "push"), ("x-hub-signature-256", "sha256=")]),
                false,
                true,
            ),
            (
                "GitLab, token",
                headers(&[
                    ("x-gitlab-event", "Push Hook"),
                    ("x-gitlab-instance", "https://gitlab.com"),
                    ("x-gitlab-token", SECRET),
                ]),
                true,
                true,
            ),
            (
                "GitLab, tag",
                headers(&[("x-gitlab-event", "Tag Push Hook"), ("x-gitlab-token", SECRET)]),
                true,
                true,
            ),
            (
                "GitLab, merge request",
                headers(&[("x-gitlab-event", "Merge Request Hook"), ("x-gitlab-token", SECRET)]),
                true,
                false,
            ),
            (
                "GitLab, wrong token",
                headers(&[("x-gitlab-event", "Push Hook"), ("x-gitlab-token", "It's a Secret")]),
                false,
                true,
            ),
            (
                "Gitea",
                headers(&[
                    ("x-gitea-event", "push"),
                    ("x-gogs-event", "push"),
                    ("x-github-event", "push"),
                    ("x-gitea-signature", &bare),
                ]),
                true,
                true,
            ),
            ("Forgejo", headers(&[("x-forgejo-event", "push"), ("x-forgejo-signature", &bare)]), true, true),
            (
                "Gitea, wrong",
                headers(&[("x-gitea-event", "push"), ("x-gitea-signature", &"0".repeat(64))]),
                false,
                true,
            ),
            (
                "Gitea, issue",
                headers(&[("x-gitea-event", "issues"), ("x-gitea-signature", &bare)]),
                true,
                false,
            ),
            (
                "Bitbucket Cloud",
                headers(&[
                    ("x-event-key", "repo:push"),
                    ("x-hook-uuid", "{a1b2}"),
                    ("x-request-uuid", "c3d4"),
                    ("x-hub-signature", &hub),
                ]),
                true,
                true,
            ),
            (
                "Bitbucket Server",
                headers(&[
                    ("x-event-key", "repo:refs_changed"),
                    ("x-request-id", "e5f6"),
                    ("x-hub-signature", &hub),
                ]),
                true,
                true,
            ),
            (
                "Bitbucket Server, test",
                headers(&[("x-event-key", "diagnostics:ping"), ("x-hub-signature", &hub)]),
                true,
                false,
            ),
            (
                "Bitbucket, wrong",
                headers(&[("x-event-key", "repo:push"), ("x-hub-signature", &wrong)]),
                false,
                true,
            ),
            ("a script", headers(&[("x-hub-signature-256", &hub)]), true, true),
            ("nobody", headers(&[]), false, true),
        ] {
            let secret = Secret::new(SECRET);
            assert_eq!(is_proven(&given, BODY, &secret), proven, "{sender}");
            assert_eq!(is_push(&given), push, "{sender}");
            let is_token = given.contains_key("x-gitlab-token");
            assert!(is_token || !is_proven(&given, b"{}", &secret), "{sender}: another body is not proven");
            assert!(
                !is_proven(&given, BODY, &Secret::new("another secret")),
                "{sender}: another secret proves nothing"
            );
        }
    }
}
