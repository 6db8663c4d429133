//! What deliveries promise, with a mail server and webhooks on this machine.

use super::*;
use crate::fixture::{Hub, failure, hub};
use base::{Limit, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What an address gets one by one before the rest comes as one.
const MANY: usize = 10;

/// An address on the web that answers its requests like this, one after the other, and returns what they said.
async fn web(answers: &'static [&'static str]) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/hook", listener.local_addr().expect("bound"));
    let served = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let mut request = Vec::new();
            let mut buffer = [0_u8; 4_096];
            loop {
                let n = stream.read(&mut buffer).await.expect("read");
                request.extend_from_slice(&buffer[..n]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let whole = text.split_once("\r\n\r\n").filter(|(head, body)| {
                    let length = head.to_lowercase();
                    let length =
                        length.split("content-length: ").nth(1).and_then(|l| l.lines().next()?.parse().ok());
                    length.is_some_and(|length: usize| body.len() >= length)
                });
                if whole.is_some() || n == 0 {
                    asked.push(text);
                    break;
                }
            }
            let reply = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(reply.as_bytes()).await.expect("answered");
        }
        asked
    });
    (address, served)
}

db::on_both! { hub;
    async fn a_mail_arrives_once_and_says_what_happened(hub) {
        let to = hub.to(Channel::Mail, &hub.bob);
        assert!(hub.send(&failure(), &to, "run 3", None).await);
        assert!(!hub.send(&failure(), &to, "run 3", None).await, "the same cause tells the same recipient once");
        assert_eq!(hub.states().await, [State::Waiting]);
        hub.settle().await;
        hub.settle().await;
        let arrived = hub.sink.arrived();
        assert_eq!((hub.states().await, arrived.len()), (vec![State::Sent], 1));
        assert_eq!(arrived[0].to, ["bob@example.com"]);
        for said in ["Traceback & more", "Traceback &amp; more", "https://box.example.com/runs/3", "From: Signalbox <box@example.com>"] {
            assert!(arrived[0].text.contains(said), "{said}\n{}", arrived[0].text);
        }
        assert_eq!(hub.tries(hub.all().await[0].id).await, [("sent".to_owned(), "250 kept".to_owned())]);
    }

    async fn a_mail_that_is_put_off_is_tried_again_and_one_that_is_refused_has_failed(hub) {
        hub.sink.refuse_next("451 greylisted, come back");
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 3", None).await;
        hub.settle().await;
        let first = hub.all().await.remove(0);
        assert_eq!((first.state, first.attempts), (State::Waiting, 1));
        assert!(first.sentence.as_deref().is_some_and(|said| said.contains("greylisted")), "{first:?}");
        hub.advance(Duration::from_secs(10)).await;
        assert!(hub.sink.arrived().is_empty(), "not before the pause is over");
        hub.advance(Duration::from_secs(40)).await;
        assert_eq!((hub.states().await, hub.sink.arrived().len()), (vec![State::Sent], 1));

        hub.sink.refuse_next("550 no such mailbox");
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.ann), "run 3", None).await;
        hub.settle().await;
        hub.advance(Duration::from_secs(3_600)).await;
        let second = hub.all().await.remove(1);
        assert_eq!((second.state, second.attempts), (State::Failed, 1));
        assert!(hub.tries(second.id).await[0].1.starts_with("550 no such mailbox"), "{:?}", hub.tries(second.id).await);
        let mut tx = hub.by(&hub.bob).await;
        assert!(resend(&mut tx, second.id).await.is_err(), "for administrators");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        resend(&mut tx, second.id).await.expect("sent again");
        assert_eq!(resend(&mut tx, first.id).await.expect_err("it was sent").code(), "delivery.not_failed");
        tx.commit().await.expect("committed");
        hub.settle().await;
        assert_eq!(hub.states().await, [State::Sent, State::Sent]);
    }

    async fn a_wrong_password_is_not_the_fault_of_the_mail_and_patience_ends(hub) {
        hub.sink.refuse_next("535 wrong password");
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 3", None).await;
        hub.settle().await;
        assert_eq!(hub.states().await, [State::Waiting]);
        hub.sink.refuse_next("421 busy");
        hub.advance(Limits::default().hours(Limit::DeliveryHours)).await;
        assert_eq!(hub.states().await, [State::Failed]);
    }

    async fn without_a_mail_server_mail_is_held_until_somebody_sends_it(hub) {
        let bare = hub.without_mail().await;
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 3", None).await;
        hub.settle_with(&bare).await;
        let held = hub.all().await.remove(0);
        assert_eq!((held.state, held.sentence.as_deref()), (State::Held, Some("No mail server is set")));
        let mut tx = hub.by(&hub.ann).await;
        resend(&mut tx, held.id).await.expect("sent again");
        tx.commit().await.expect("committed");
        hub.settle().await;
        assert_eq!((hub.states().await, hub.sink.arrived().len()), (vec![State::Sent], 1));
    }

    async fn a_sign_in_that_is_refused_again_and_again_has_the_mail_held(hub) {
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 3", None).await;
        for state in [State::Waiting, State::Waiting, State::Held] {
            hub.sink.refuse_next("535 5.7.8 wrong password");
            hub.settle().await;
            assert_eq!(hub.states().await, [state]);
            hub.place.clock().advance(Duration::from_secs(3_600));
        }
        hub.advance(Duration::from_secs(86_400)).await;
        let held = hub.all().await.remove(0);
        assert_eq!((held.state, held.attempts), (State::Held, 3), "an account is not locked by trying for ever");
        let said = held.sentence.unwrap_or_default();
        assert!(said.contains("535 5.7.8 wrong password") && said.contains("SIGNALBOX_MAIL_PASSWORD"), "{said}");
    }

    async fn a_mail_server_that_falls_silent_holds_nothing_up(hub) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let settings = crate::mail::Settings {
            server: format!("smtp://{}?tls=none", listener.local_addr().expect("bound")),
            ..crate::mail::Settings::default()
        };
        let silent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            stream.write_all(b"220 hello\r\n").await.expect("greeted");
            // It takes the first command and says nothing more.
            let mut taken = Vec::new();
            let _ = stream.read_to_end(&mut taken).await;
        });
        let mut limits = Limits::default();
        limits.set("mail_seconds", "1").expect("a limit");
        let server = crate::mail::Server::new(&settings, &hub.app.public_url, &limits).expect("a server");
        let app = hub.with_mail(Some(server)).await;
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 3", None).await;
        hub.settle_with(&app).await;
        let it = hub.all().await.remove(0);
        assert_eq!(it.state, State::Waiting);
        assert!(it.sentence.as_deref().is_some_and(|said| said.ends_with("did not answer within 1 s")), "{it:?}");
        silent.await.expect("it was left alone");
    }

    async fn all_that_was_held_is_sent_at_once_when_there_is_a_mail_server(hub) {
        let bare = hub.without_mail().await;
        let to = hub.to(Channel::Mail, &hub.bob);
        for at in 0..MANY + 15 {
            let mut message = failure();
            message.title = format!("Job {at} was lost");
            hub.send(&message, &to, &format!("run {at}"), None).await;
        }
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.ann), "run 3", None).await;
        hub.settle_with(&bare).await;
        assert!(hub.states().await.iter().all(|state| *state == State::Held));
        assert!(resend_held(&mut hub.by(&hub.bob).await).await.is_err(), "for administrators");
        let ann = people::door::actor_of(&hub.ann, base::Door::Api);
        let refused = api::send_held(&bare, &ann).await.expect_err("there is still no server");
        assert_eq!(refused.code(), "mail.no_server");
        assert_eq!(api::send_held(&hub.app, &ann).await.expect("sent"), MANY + 16);
        assert_eq!(api::send_held(&hub.app, &ann).await.expect("sent"), 0, "they are on their way");
        hub.settle().await;
        assert_eq!(hub.sink.arrived().len(), MANY + 1, "others are not held back");
        hub.advance(crowd::WINDOW + Duration::from_secs(1)).await;
        let arrived = hub.sink.arrived();
        assert_eq!(arrived.len(), MANY + 2, "the rest comes as one");
        assert!(arrived.last().is_some_and(|last| last.text.contains("Subject: [Signalbox] 15 messages at once")));
        assert!(hub.states().await.iter().all(|state| *state == State::Sent));
    }

    async fn what_belongs_together_arrives_in_order_and_as_one_thread(hub) {
        let to = hub.to(Channel::Mail, &hub.bob);
        hub.sink.refuse_next("451 later");
        hub.send(&failure(), &to, "run 3", Some("streak 3")).await;
        hub.settle().await;
        let mut recovery = failure();
        recovery.title = "Nightly passes again".to_owned();
        hub.send(&recovery, &to, "run 4", Some("streak 3")).await;
        assert!(was_told(&mut hub.by_itself().await, "streak 3", &to).await.expect("looked"));
        assert!(!was_told(&mut hub.by_itself().await, "streak 3", &hub.to(Channel::Mail, &hub.ann)).await.expect("looked"));
        hub.settle().await;
        assert!(hub.sink.arrived().is_empty(), "the recovery waits for the failure");
        hub.advance(Duration::from_secs(60)).await;
        let arrived = hub.sink.arrived();
        let subjects: Vec<&str> = arrived.iter().filter_map(|mail| mail.text.lines().find(|line| line.starts_with("Subject: "))).collect();
        assert_eq!(subjects, ["Subject: [Signalbox] Nightly failed: run 3", "Subject: [Signalbox] Nightly passes again"]);
        let first = hub.all().await[0].id;
        let id = format!("<{first}.signalbox@box.example.com>");
        assert!(arrived[0].text.contains(&format!("Message-ID: {id}")) && arrived[1].text.contains(&format!("References: {id}")));
    }

    async fn what_somebody_may_not_see_any_more_is_withdrawn(hub) {
        let mut to = hub.to(Channel::Mail, &hub.bob);
        to.needs = vec![Subject::new("run", 13)];
        hub.send(&failure(), &to, "hidden", None).await;
        hub.set_active(hub.bob.id, false).await;
        hub.send(&failure(), &hub.to(Channel::Inbox, &hub.bob), "gone", None).await;
        hub.settle().await;
        assert_eq!(hub.states().await, [State::Withdrawn, State::Withdrawn]);
        assert!(hub.sink.arrived().is_empty());
    }

    async fn an_inbox_is_filled_in_the_transaction_that_notes_it(hub) {
        hub.send(&failure(), &hub.to(Channel::Inbox, &hub.bob), "run 3", None).await;
        hub.settle().await;
        let mut tx = hub.by_itself().await;
        let entries = journal::read(&mut tx, &journal::Query { limit: 100, ..Default::default() }).await.expect("read");
        let filled: Vec<_> = entries.iter().filter(|entry| entry.verb == "inbox.filled").collect();
        assert_eq!((filled.len(), filled[0].data["path"].as_str()), (1, Some("/runs/3")));
        assert!(entries.iter().any(|entry| entry.verb == "delivery.sent"));
    }

    async fn a_webhook_gets_signed_json_and_its_answers_are_kept(hub) {
        let (address, served) = web(&["503 Service Unavailable\r\nretry-after: 120", "204 No Content"]).await;
        hub.send(&failure(), &Hub::hook(&address), "run 3", None).await;
        hub.settle().await;
        hub.advance(Duration::from_secs(60)).await;
        assert_eq!(hub.states().await, [State::Waiting], "it asked for two minutes");
        hub.advance(Duration::from_secs(70)).await;
        assert_eq!(hub.states().await, [State::Sent]);
        let asked = served.await.expect("served");
        let header = |at: usize, name: &str| asked[at].lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        assert_eq!(header(0, "webhook-id: "), header(1, "webhook-id: "), "a receiver can drop the second");
        assert!(header(1, "webhook-signature: ").is_some_and(|value| value.starts_with("v1,")));
        let body: serde_json::Value = serde_json::from_str(asked[1].split_once("\r\n\r\n").expect("a body").1).expect("JSON");
        assert_eq!((&body["type"], &body["data"]["run"], &body["url"]), (&json!("job.failed"), &json!(3), &json!("https://box.example.com/runs/3")));
        let outcomes: Vec<String> = hub.tries(hub.all().await[0].id).await.into_iter().map(|(outcome, _)| outcome).collect();
        assert_eq!(outcomes, ["again", "sent"]);
    }

    async fn a_private_network_is_not_reached_and_a_sealed_address_is_not_shown(hub) {
        hub.send(&failure(), &Hub::hook("http://10.1.2.3/hook"), "run 3", None).await;
        let mut sealed = Hub::hook("");
        sealed.address = Address::Sealed(b"http://10.9.9.9/with-a-token".to_vec());
        hub.send(&failure(), &sealed, "run 3", None).await;
        hub.settle().await;
        assert_eq!(hub.states().await, [State::Failed, State::Failed]);
        let said = format!("{:?}", hub.all().await);
        assert!(said.contains("private network") && !said.contains("with-a-token"), "{said}");
    }

    async fn what_was_sent_long_ago_is_forgotten(hub) {
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 3", None).await;
        hub.settle().await;
        hub.place.clock().advance(Limits::default().days(Limit::DeliveryDays) + Duration::from_secs(1));
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.bob), "run 4", None).await;
        forget_old(&hub.db).await.expect("forgotten");
        assert_eq!(hub.states().await, [State::Waiting]);
    }

    async fn a_crowd_of_mails_becomes_one(hub) {
        let to = hub.to(Channel::Mail, &hub.bob);
        for at in 0..MANY + 15 {
            let mut message = failure();
            message.title = format!("Job {at} was lost");
            hub.send(&message, &to, &format!("run {at}"), None).await;
        }
        let mut gone = to.clone();
        gone.needs = vec![Subject::new("run", 13)];
        hub.send(&failure(), &gone, "hidden", None).await;
        hub.send(&failure(), &hub.to(Channel::Mail, &hub.ann), "run 3", None).await;
        hub.settle().await;
        assert_eq!(hub.sink.arrived().len(), MANY + 1, "others are not held back");
        hub.advance(crowd::WINDOW + Duration::from_secs(1)).await;
        let arrived = hub.sink.arrived();
        assert_eq!(arrived.len(), MANY + 2);
        let last = arrived.last().expect("arrived");
        assert!(last.text.contains("Subject: [Signalbox] 15 messages at once") && last.text.contains("Job 24 was lost"), "{}", last.text);
        assert!(!last.text.contains("Nightly failed"), "what is withdrawn is not among them");
        let states = hub.states().await;
        assert_eq!(states.iter().filter(|state| **state == State::Sent).count(), MANY + 16, "{states:?}");
        hub.send(&failure(), &to, "next", None).await;
        hub.settle().await;
        assert_eq!(hub.sink.arrived().len(), MANY + 2, "while it goes on there is one mail in five minutes");
        hub.advance(crowd::WINDOW + Duration::from_secs(1)).await;
        hub.send(&failure(), &to, "later", None).await;
        hub.settle().await;
        assert_eq!(hub.sink.arrived().len(), MANY + 4, "and then each comes by itself again");
    }
}
