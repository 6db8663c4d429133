//! One call of the API, read and authenticated, and what handlers need to answer it.

use crate::gate::Budgets;
use crate::upload::Upload;
use crate::wire::answer::{Answer, Style};
use crate::wire::fault;
use crate::wire::fields::Fields;
use crate::wire::page::Paging;
use crate::wire::query::Query;
use crate::wire::seal::Seal;
use crate::wire::value::Data;
use base::id::UserId;
use base::{Actor, Error, Result};
use db::Tx;
use notify::Outgoing;
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::OnceCell;
use work::page::{Listed, Page};

/// What all calls of one server share.
pub struct Shared {
    /// How often callers call.
    pub budgets: Budgets,
    /// How letters leave the house.
    pub outgoing: Outgoing,
    seal: OnceCell<Seal>,
}

impl Shared {
    /// What a server begins with.
    pub fn new(outgoing: Outgoing) -> Self {
        Self { budgets: Budgets::default(), outgoing, seal: OnceCell::new() }
    }

    /// The seal of this installation; its key is read once, and made if it was never needed before.
    pub async fn seal(&self, app: &web::App) -> Result<Seal> {
        let made = self.seal.get_or_try_init(|| async {
            let mut tx = app.db.write(&Actor::system()).await?;
            let key = work::keys::ensure(&mut tx, "asana.tokens").await?;
            tx.commit().await?;
            Ok::<_, Error>(Seal::new(&key))
        });
        made.await.cloned()
    }
}

/// A call.
pub struct Call<'a> {
    /// The server.
    pub app: &'a web::App,
    /// What all calls share.
    pub shared: &'a Shared,
    /// Who calls.
    pub actor: Actor,
    /// The path without the prefix of the API, as it was sent.
    pub path: String,
    /// What stood in the variable parts of the path.
    pub params: Vec<(&'static str, String)>,
    /// The query.
    pub query: Query,
    /// The `data` of the body.
    pub data: Data,
    /// The file of a multipart body.
    pub upload: Option<Upload>,
    /// What the answer should show.
    pub fields: Fields,
    /// How the answer is written.
    pub style: Style,
    /// Seals page and sync tokens.
    pub seal: Seal,
}

/// What a handler gives back.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

impl Call<'_> {
    /// Begins a transaction that changes something.
    pub async fn write(&self) -> Result<Tx> {
        self.app.db.write(&self.actor).await
    }

    /// Begins a transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        self.app.db.read(&self.actor).await
    }

    /// The text of a variable part of the path.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The id in a variable part of the path. What is no id names nothing: 404, in the words that scripts match on.
    pub fn id<T: From<i64>>(&self, name: &str) -> Result<T> {
        let text = self.param(name);
        crate::wire::value::id(name, text).map_err(|_| {
            let shown: String = text.chars().take(80).collect();
            Error::missing("asana.unknown", format!("{name}: Not a recognized ID: {shown}"))
        })
    }

    /// The user that a path or a body names: `me`, an address or an id.
    pub async fn user(&self, tx: &mut Tx, key: &str, text: &str) -> Result<UserId> {
        let found = people::users::find(tx, text).await;
        found.map(|user| user.id).map_err(|error| fault::in_body(key, error))
    }

    /// The users that a body names.
    pub async fn users(&self, tx: &mut Tx, key: &str, texts: &[String]) -> Result<Vec<UserId>> {
        let mut users = Vec::with_capacity(texts.len());
        for text in texts {
            users.push(self.user(tx, key, text).await?);
        }
        Ok(users)
    }

    /// How the caller wants this list.
    pub fn paging(&self) -> Result<Paging> {
        Paging::read(&self.path, &self.query, &self.app.limits, &self.seal)
    }

    /// The part of this list that is wanted.
    pub fn page(&self) -> Result<Page> {
        Ok(self.paging()?.page(&self.app.limits))
    }

    /// Answers with a page of a list.
    pub fn list<T>(&self, listed: &Listed<T>, values: Vec<Value>) -> Result<Answer> {
        self.page_of(listed, Answer::ok(Value::Array(values)))
    }

    /// Says in an answer with a page of a list where the next page is.
    pub fn page_of<T>(&self, listed: &Listed<T>, answer: Answer) -> Result<Answer> {
        let paging = self.paging()?;
        if paging.limit.is_none() && listed.next.is_some() {
            tracing::warn!(path = self.path, "an unpaged list was cut at its limit");
        }
        let next = paging.next_page(listed, &self.query, self.app.public_url.as_str(), &self.seal);
        Ok(match next {
            Some(next) => answer.with("next_page", next),
            None => answer,
        })
    }

    /// Cuts a list that is all there to the page that is wanted. `key` has to rise along the list: the next page begins
    /// after it, whether or not the row that had it is still there.
    pub fn cut<T>(&self, items: Vec<T>, key: impl Fn(&T) -> i64) -> Result<Listed<T>> {
        let page = self.page()?;
        let after = page.after.as_deref().and_then(|text| text.parse::<i64>().ok());
        let mut rest: Vec<T> =
            items.into_iter().filter(|item| after.is_none_or(|after| key(item) > after)).collect();
        let next = (rest.len() > page.limit).then(|| key(&rest[page.limit - 1]).to_string());
        rest.truncate(page.limit);
        Ok(Listed { items: rest, next })
    }

    /// The address of a page for people.
    pub fn permalink(&self, noun: &str, id: impl std::fmt::Display) -> String {
        self.app.link(&format!("/{noun}/{id}"))
    }
}
