//! What the tests of this crate start from: a workspace with an administrator, a member and a guest.

use crate::bootstrap::{self, Bootstrap, FirstStart};
use crate::door;
use crate::users::{self, NewUser, User};
use base::{Actor, Door, Error, Result, Role};
use db::testing::Place;
use db::{Db, Tx};

pub(crate) struct Hub {
    pub place: Place,
    pub db: Db,
    /// An administrator.
    pub ann: User,
    /// A member.
    pub bob: User,
    /// A guest.
    pub gus: User,
}

pub(crate) async fn empty(place: Place) -> (Place, Db) {
    let db = place.open(&[journal::migrations(), crate::migrations()]).await;
    (place, db)
}

pub(crate) async fn hub(place: Place) -> Hub {
    let (place, db) = empty(place).await;
    let mut tx = db.write(&Actor::system()).await.expect("begun");
    let first = FirstStart { email: Some("ann@example.com".to_owned()), ..FirstStart::default() };
    let Ok(Bootstrap::Made(ann)) = bootstrap::first_start(&mut tx, first).await else {
        panic!("the first start made Ann")
    };
    let bob = users::create(&mut tx, new("bob@example.com", Role::Member)).await.expect("made");
    let gus = users::create(&mut tx, new("gus@elsewhere.example", Role::Guest)).await.expect("made");
    tx.commit().await.expect("committed");
    Hub { place, db, ann, bob, gus }
}

pub(crate) fn new(email: &str, role: Role) -> NewUser {
    NewUser { email: email.to_owned(), name: None, role, password: None }
}

/// Somebody who was never made, for tests in which nobody is there.
pub(crate) fn nobody(created_at: base::Time) -> User {
    User {
        id: base::id::UserId(1),
        email: String::new(),
        name: String::new(),
        role: Role::Guest,
        active: false,
        time_zone: "UTC".to_owned(),
        photo: None,
        created_at,
    }
}

impl Hub {
    /// A write transaction of `user`, as they are now.
    pub async fn by(&self, user: &User) -> Tx {
        let mut tx = self.db.read(&Actor::system()).await.expect("begun");
        let user = users::opt(&mut tx, user.id).await.expect("read").expect("known");
        drop(tx);
        self.db.write(&door::actor_of(&user, Door::Web)).await.expect("begun")
    }

    /// A write transaction of `user` with a token that is limited to `scopes`.
    pub async fn by_token(&self, user: &User, scopes: &[base::Right]) -> Tx {
        let actor = Actor { scopes: Some(scopes.to_vec()), ..door::actor_of(user, Door::Api) };
        self.db.write(&actor).await.expect("begun")
    }

    /// A write transaction of the program itself.
    pub async fn by_itself(&self) -> Tx {
        self.db.write(&Actor::system()).await.expect("begun")
    }

    /// The verbs in the journal, oldest first.
    pub async fn verbs(&self) -> Vec<String> {
        let mut tx = self.by_itself().await;
        let query = journal::Query { limit: 1_000, ..journal::Query::default() };
        journal::read(&mut tx, &query).await.expect("read").into_iter().map(|entry| entry.verb).collect()
    }
}

/// The code of the refusal that was expected.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.map_err(|error: Error| error.code()).expect_err("this should have been refused")
}
