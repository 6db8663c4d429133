//! What the tests of this crate start from: a server without a network, people, and a mail server that does what a test says.

pub(crate) mod sink;

use crate::deliveries::{Delivery, State};
use crate::message::{Block, Fact, Message, News};
use crate::{Address, Channel, Outgoing, Outlets, Recipient, mail};
use base::id::{AnyId, UserId};
use base::{Actor, Door, Limits, Role, Secret, Time};
use db::testing::Place;
use db::{Db, Tx};
use journal::Subject;
use people::bootstrap::{Bootstrap, FirstStart, first_start};
use people::users::{self, NewUser, User};
use sink::Sink;
use std::collections::BTreeMap;
use std::time::Duration;
use web::{App, TargetPolicy};

/// A message about a job that failed.
pub(crate) fn failure() -> Message {
    Message {
        kind: "job.failed".to_owned(),
        about: Subject::new("run", 3),
        title: "Nightly failed: run 3".to_owned(),
        sentence: "Run 3 of Nightly failed".to_owned(),
        path: "/runs/3".to_owned(),
        facts: vec![Fact::new("Cause", "Schedule")],
        blocks: vec![Block {
            title: "Last lines".to_owned(),
            lines: vec!["Traceback & more".to_owned()],
            is_output: true,
        }],
        notes: vec!["You are its owner.".to_owned()],
        stop_path: Some("/jobs/nightly".to_owned()),
        list: "nightly".to_owned(),
        headers: BTreeMap::from([("Job".to_owned(), "nightly".to_owned())]),
        news: News {
            subject: "job:1".to_owned(),
            title: "Nightly".to_owned(),
            actor: "Run 3".to_owned(),
            text: "failed".to_owned(),
        },
        data: serde_json::json!({"run": 3}),
    }
}

/// A delivery of it to Bob.
pub(crate) fn delivery() -> Delivery {
    let at = Time::from_millis(1_790_000_000_000);
    let about = Subject::new("run", 3);
    Delivery::for_test(AnyId(1_234_567), "Bob", "bob@example.com", about, State::Waiting, at)
}

pub(crate) struct Hub {
    pub place: Place,
    pub db: Db,
    pub app: App,
    pub sink: Sink,
    /// An administrator.
    pub ann: User,
    /// A member.
    pub bob: User,
}

async fn database(place: &Place) -> Db {
    let migrations = [
        journal::migrations(),
        chores::migrations(),
        web::migrations(),
        people::migrations(),
        blobs::migrations(),
        crate::migrations(),
    ];
    place.open(&migrations).await
}

async fn put(tx: &mut Tx, item: &crate::inbox::Item) -> base::Result<()> {
    // There are no inboxes here: an entry shows that one would have been filled.
    let data = serde_json::json!({"text": item.news.text, "path": item.path});
    journal::enter(tx, "inbox.filled", Subject::new("user", item.user), &[], data);
    Ok(())
}

/// Bob may see everything but run 13.
fn app(place: &Place, db: &Db, blobs: blobs::Blobs, mail: Option<mail::Server>) -> App {
    let targets = TargetPolicy::parse("127.0.0.0/8").expect("a policy");
    let outlets = Outlets {
        mail,
        web: Outgoing::new(targets, &Limits::default()).expect("a client"),
        inbox: |tx, item| Box::pin(put(tx, item)),
        open: |_, sealed| Ok(Secret::new(String::from_utf8_lossy(sealed))),
    };
    let mut parts = http::Extensions::new();
    parts.insert(outlets);
    App::new(web::AppParts {
        db: db.clone(),
        clock: place.clock().clone(),
        limits: Limits::default(),
        blobs,
        public_url: "https://box.example.com/".parse().expect("an address"),
        quota: web::Quota::default(),
        authenticate: |_, _| Box::pin(async { Ok(None) }),
        may_see: |_, _, subject| Box::pin(async move { Ok(subject.id != 13) }),
        load_shell: web::ui::no_shell,
        parts,
        stop: tokio::sync::watch::channel(false).1,
    })
}

pub(crate) async fn hub(place: Place) -> Hub {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let db = database(&place).await;
    let mut tx = db.write(&Actor::system()).await.expect("begun");
    let first = FirstStart { email: Some("ann@example.com".to_owned()), ..FirstStart::default() };
    let Ok(Bootstrap::Made(ann)) = first_start(&mut tx, first).await else {
        panic!("the first start made Ann")
    };
    let bob = NewUser {
        email: "bob@example.com".to_owned(),
        name: Some("Bob".to_owned()),
        role: Role::Member,
        password: None,
    };
    let bob = users::create(&mut tx, bob).await.expect("made");
    tx.commit().await.expect("committed");
    let sink = Sink::start().await;
    let settings = mail::Settings {
        server: format!("smtp://{}?tls=none", sink.address),
        from: Some("Signalbox <box@example.com>".to_owned()),
        ..mail::Settings::default()
    };
    let home = "https://box.example.com/".parse().expect("an address");
    let server = mail::Server::new(&settings, &home, &Limits::default()).expect("a server");
    let blobs = blobs::Blobs::open(place.folder().join("blobs")).await.expect("a folder");
    let app = app(&place, &db, blobs, Some(server));
    Hub { place, db, app, sink, ann, bob }
}

impl Hub {
    pub async fn by(&self, user: &User) -> Tx {
        self.db.write(&people::door::actor_of(user, Door::Api)).await.expect("begun")
    }

    pub async fn by_itself(&self) -> Tx {
        self.db.write(&Actor::system()).await.expect("begun")
    }

    pub fn to(&self, channel: Channel, user: &User) -> Recipient {
        let address = match channel {
            Channel::Inbox => Address::Own,
            Channel::Mail | Channel::Webhook => Address::Plain(user.email.clone()),
        };
        let needs = vec![Subject::new("run", 3)];
        Recipient { channel, name: user.name.clone(), address, user: Some(user.id), needs }
    }

    pub fn hook(address: &str) -> Recipient {
        let (channel, name) = (Channel::Webhook, "a webhook".to_owned());
        Recipient { channel, name, address: Address::Plain(address.to_owned()), user: None, needs: vec![] }
    }

    pub async fn send(&self, message: &Message, to: &Recipient, key: &str, thread: Option<&str>) -> bool {
        let mut tx = self.by_itself().await;
        let is_new = crate::send(&mut tx, message, to, key, thread).await.expect("queued");
        tx.commit().await.expect("committed");
        is_new
    }

    /// Does the chores that are due, as a server with this app would.
    pub async fn settle_with(&self, app: &App) {
        let runner = chores::Runner::new(self.db.clone(), "test", crate::chores(app), Vec::new());
        runner.settle().await.expect("done");
    }

    pub async fn settle(&self) {
        self.settle_with(&self.app).await;
    }

    pub async fn advance(&self, by: Duration) {
        self.place.clock().advance(by);
        self.settle().await;
    }

    /// A server on the same data that has no mail server.
    pub async fn without_mail(&self) -> App {
        self.with_mail(None).await
    }

    /// A server on the same data with this mail server.
    pub async fn with_mail(&self, mail: Option<mail::Server>) -> App {
        let blobs = blobs::Blobs::open(self.place.folder().join("blobs")).await.expect("a folder");
        app(&self.place, &self.db, blobs, mail)
    }

    /// Every delivery, oldest first.
    pub async fn all(&self) -> Vec<Delivery> {
        let filter = crate::deliveries::Filter { limit: 100, ..Default::default() };
        let mut all = crate::deliveries::list(&mut self.by(&self.ann).await, &filter).await.expect("listed");
        all.reverse();
        all
    }

    pub async fn states(&self) -> Vec<State> {
        self.all().await.into_iter().map(|it| it.state).collect()
    }

    /// What became of the tries of a delivery: outcomes and answers.
    pub async fn tries(&self, id: AnyId) -> Vec<(String, String)> {
        let (tries, _) = crate::deliveries::details(&mut self.by(&self.ann).await, id).await.expect("there");
        tries.into_iter().map(|one| (one.outcome, one.answer)).collect()
    }

    pub async fn set_active(&self, user: UserId, active: bool) {
        let mut tx = self.by(&self.ann).await;
        let change = users::UserChange { active: Some(active), ..users::UserChange::default() };
        users::change(&mut tx, user, change).await.expect("changed");
        tx.commit().await.expect("committed");
    }
}
