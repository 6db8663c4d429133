//! What a stream promises: nothing falls between a page and its stream, or between two streams.

use super::{Pulse, SILENT, routes};
use crate::{App, AppParts, Quota};
use axum::body::{Body, BodyDataStream};
use base::{Actor, Clock, Limits};
use blobs::Blobs;
use db::testing::Place;
use db::{Db, params};
use futures_util::StreamExt;
use http::{Request, StatusCode};
use journal::Subject;
use tower::ServiceExt;

struct Hub {
    app: App,
    _place: Place,
}

async fn hub(place: Place) -> Hub {
    let db: Db = place.open(&[journal::migrations()]).await;
    let blobs = Blobs::open(place.folder().join("blobs")).await.expect("a folder");
    let mut parts = http::Extensions::new();
    // The reader's own number stands in a table that no entry speaks of.
    parts.insert(Pulse(|tx| {
        Box::pin(async move { tx.one("select coalesce(max(seq), 0) from follower", &[]).await?.get(0) })
    }));
    let app = App::new(AppParts {
        db,
        clock: Clock::system(),
        limits: Limits::default(),
        blobs,
        public_url: "https://hub.example/".parse().expect("an address"),
        quota: Quota::default(),
        authenticate: |_, _| Box::pin(async { Ok(Some(Actor::system())) }),
        may_see: |_, _, subject| Box::pin(async move { Ok(subject.id != 13) }),
        load_shell: crate::ui::no_shell,
        parts,
        stop: tokio::sync::watch::channel(false).1,
    });
    Hub { app, _place: place }
}

impl Hub {
    async fn enter(&self, task: i64) {
        let mut tx = self.app.db.write(&Actor::system()).await.expect("a write begins");
        journal::enter(&mut tx, "task.changed", Subject::new("task", task), &[], serde_json::json!({}));
        tx.commit().await.expect("committed");
    }

    /// Raises the reader's own number, as the inbox does.
    async fn beat(&self, number: i64) {
        let mut tx = self.app.db.write(&Actor::system()).await.expect("a write begins");
        tx.run("delete from follower", &params![]).await.expect("deleted");
        journal::advance(&mut tx, "inbox", number).await.expect("written");
        tx.wake();
        tx.commit().await.expect("committed");
    }

    async fn listen(&self, query: &str, last: Option<i64>) -> Stream {
        let mut request = Request::get(format!("/events?{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("a request");
        let answer = routes().with_state(self.app.clone()).oneshot(request).await.expect("answered");
        assert_eq!(answer.status(), StatusCode::OK);
        Stream { body: answer.into_body().into_data_stream(), text: String::new() }
    }
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    /// The next event: its name and its id.
    async fn next(&mut self) -> (String, String) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim().to_owned()
                };
                let found = (field("event:"), field("id:"));
                self.text = rest.to_owned();
                return found;
            }
            let bytes = self.body.next().await.expect("the stream goes on").expect("readable");
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    async fn names<const N: usize>(&mut self) -> [String; N] {
        let mut names = [const { String::new() }; N];
        for name in &mut names {
            *name = self.next().await.0;
        }
        names
    }
}

db::on_both! { hub;
    async fn what_happened_between_the_page_and_its_stream_is_told(hub) {
        hub.enter(1).await;
        hub.beat(7).await;
        let mark = crate::live::Mark::read(&hub.app, &Actor::system()).await.expect("read");
        assert_eq!((mark.seq, mark.pulse), (1, 7));
        // The page is made and travels; its scripts begin.
        hub.enter(1).await;
        hub.enter(13).await;
        hub.beat(8).await;
        let page = format!("topics=task.1,task.13,my-inbox&after={}&pulse={}", mark.seq, mark.pulse);
        let mut stream = hub.listen(&page, None).await;
        assert_eq!(stream.names().await, ["ready", "my-inbox", "task.1"], "and not what one may not see");
        let mut quiet = hub.listen("topics=task.1,my-inbox&after=3&pulse=8", None).await;
        assert_eq!(quiet.next().await, ("ready".to_owned(), "3".to_owned()));
        hub.enter(1).await;
        assert_eq!(quiet.next().await, ("task.1".to_owned(), "4".to_owned()), "nothing old, and everything new");
        hub.beat(9).await;
        assert_eq!(quiet.names().await, ["my-inbox"]);
    }

    async fn whoever_was_away_is_told_what_they_missed_and_after_long_that_everything_changed(hub) {
        hub.enter(1).await;
        hub.enter(1).await;
        let topics = "topics=task.1,task.2,my-inbox&after=0&pulse=0";
        let mut again = hub.listen(topics, Some(1)).await;
        assert_eq!(again.names().await, ["ready", "my-inbox", "task.1"], "the last event counts, not the address");
        for lost in [-1_000, 99] {
            let mut stream = hub.listen(topics, Some(lost)).await;
            assert_eq!(stream.names().await, ["ready", "task.1", "task.2", "my-inbox"], "last event {lost}");
        }
    }

    async fn a_stream_whose_topics_are_quiet_still_says_how_far_it_is(hub) {
        let mut stream = hub.listen("topics=task.1", None).await;
        assert_eq!(stream.names().await, ["ready"]);
        for _ in 0..SILENT {
            hub.enter(2).await;
        }
        let (name, id) = stream.next().await;
        assert_eq!(name, "ready");
        assert!(id.parse::<i64>().expect("a seq") >= SILENT, "{id}");
    }
}
