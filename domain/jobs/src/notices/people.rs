//! Whom a notice reaches: names in a file become people and addresses, and each gets what they may have.

use super::rules::Wish;
use super::{With, store};
use crate::access::{self, Viewer};
use crate::file::{self, Recipient as Named};
use crate::jobs::{self, Job};
use crate::runs::Run;
use crate::secrets;
use base::{Door, Result, Right, Secret};
use db::Tx;
use journal::Subject;
use notify::{Address, Channel, Recipient};
use people::users::{self, User, UserFilter};
use people::{door, teams};

/// What people are told about.
pub(super) struct About<'a> {
    pub job: &'a Job,
    /// What its file says on the default branch.
    pub model: &'a file::Job,
    /// The run; of a fire that started none the last that there was.
    pub run: Option<&'a Run>,
    /// The authors of what came in, with their addresses.
    pub authors: Vec<(String, String)>,
    /// What belongs together.
    pub thread: Option<String>,
    /// What a person has to be allowed to see.
    pub needs: Vec<Subject>,
}

/// Somebody who is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// What others read of them.
    pub name: String,
    /// Why, in words that follow "because".
    pub why: String,
    /// The person, when it is one.
    pub user: Option<User>,
    /// Whether they may read what the run printed.
    pub reads_log: bool,
    pub recipients: Vec<Recipient>,
}

/// Somebody whom rules name.
enum Who {
    Person(User),
    Address(String),
    /// An address on the web, or the name of a secret that holds one.
    Hook(String),
}

impl Who {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person(a), Self::Person(b)) => a.id == b.id,
            (Self::Address(a), Self::Address(b)) => a.eq_ignore_ascii_case(b),
            (Self::Hook(a), Self::Hook(b)) => a == b,
            _ => false,
        }
    }
}

struct Candidate {
    who: Who,
    why: &'static str,
    wish: Wish,
}

/// Everybody who is told, each once.
pub(super) async fn told(
    tx: &mut Tx,
    with: &With,
    about: &About<'_>,
    wishes: &[(Named, Wish)],
) -> Result<Vec<Told>> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (named, wish) in wishes {
        let (found, why) = resolve(tx, about, named).await?;
        for who in found {
            match candidates.iter_mut().find(|known| known.who.is(&who)) {
                Some(known) => known.wish = known.wish.or(*wish),
                None => candidates.push(Candidate { who, why, wish: *wish }),
            }
        }
    }
    let muted = store::muted(tx, about.job.id).await?;
    let mut all = Vec::new();
    for candidate in candidates {
        let one = match candidate.who {
            Who::Person(user) if muted.contains(&user.id) => None,
            Who::Person(user) => person(tx, about, user, candidate.why).await?,
            Who::Address(address) => Some(address_of(address, candidate.why)),
            Who::Hook(hook) => self::hook(tx, with, about, &hook, candidate.why).await?,
        };
        if let Some(mut one) = one {
            let mut left = Vec::new();
            for recipient in one.recipients {
                if is_due(tx, about, candidate.wish, &recipient).await? {
                    left.push(recipient);
                }
            }
            one.recipients = left;
            if !one.recipients.is_empty() {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// Whether it is news for a recipient.
async fn is_due(tx: &mut Tx, about: &About<'_>, wish: Wish, to: &Recipient) -> Result<bool> {
    let Some(thread) = about.thread.as_deref().filter(|_| wish.is_quiet || wish.is_answer) else {
        return Ok(true);
    };
    let was_told = notify::was_told(tx, thread, to).await?;
    Ok(if wish.is_answer { was_told } else { !was_told })
}

async fn resolve(tx: &mut Tx, about: &About<'_>, named: &Named) -> Result<(Vec<Who>, &'static str)> {
    Ok(match named {
        Named::Owner => match &about.job.owner {
            Some(owner) => (people_named(tx, owner, true).await?, "you answer for this job"),
            None => (Vec::new(), ""),
        },
        Named::Committers => {
            let mut all = Vec::new();
            for (address, _) in &about.authors {
                // Authors who are nobody here are strangers, and a commit is no invitation.
                all.extend(by_address(tx, address).await?.map(Who::Person));
            }
            (all, "you wrote what came in since it last passed")
        }
        Named::Watchers => {
            let ids = jobs::watchers(tx, about.job.id).await?;
            let people = users::by_ids(tx, &ids).await?;
            (people.into_values().map(Who::Person).collect(), "you watch this job")
        }
        Named::User(name) => (people_named(tx, name, false).await?, "the job's file names you"),
        Named::Team(name) => (team(tx, name).await?, "the job's file names your team"),
        Named::Email(address) => {
            let who = match by_address(tx, address).await? {
                Some(person) => Who::Person(person),
                None => Who::Address(address.trim().to_owned()),
            };
            (vec![who], "the job's file names this address")
        }
        Named::Webhook(hook) => (vec![Who::Hook(hook.clone())], ""),
    })
}

async fn by_address(tx: &mut Tx, address: &str) -> Result<Option<User>> {
    match users::find(tx, address.trim()).await {
        Ok(user) => Ok(Some(user).filter(|_| address.contains('@'))),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The people with a name or an address; with `or_team` the members of the team with that name, too.
async fn people_named(tx: &mut Tx, name: &str, or_team: bool) -> Result<Vec<Who>> {
    let name = name.trim();
    if let Some(name) = name.strip_prefix("team:") {
        return team(tx, name).await;
    }
    let name = name.strip_prefix("user:").unwrap_or(name).trim();
    if let Some(person) = by_address(tx, name).await? {
        return Ok(vec![Who::Person(person)]);
    }
    let filter = UserFilter { query: Some(name.to_owned()), ..UserFilter::default() };
    let found = users::list(tx, &filter).await?;
    let same: Vec<Who> =
        found.into_iter().filter(|user| user.name.eq_ignore_ascii_case(name)).map(Who::Person).collect();
    if same.is_empty() && or_team { team(tx, name).await } else { Ok(same) }
}

async fn team(tx: &mut Tx, name: &str) -> Result<Vec<Who>> {
    let all = teams::list(tx).await?;
    let Some(team) = all.into_iter().find(|team| team.name.eq_ignore_ascii_case(name.trim())) else {
        return Ok(Vec::new());
    };
    Ok(teams::members(tx, team.id).await?.into_iter().map(Who::Person).collect())
}

/// A person, if they may see the job: by mail and in their inbox.
async fn person(tx: &mut Tx, about: &About<'_>, user: User, why: &str) -> Result<Option<Told>> {
    if !user.active {
        return Ok(None);
    }
    let before = tx.become_actor(door::actor_of(&user, Door::Web));
    let held = async {
        let viewer = Viewer::load(tx).await?;
        access::rights_on(tx, &viewer, about.job).await
    }
    .await;
    tx.become_actor(before);
    let held = held?;
    if !held.contains(Right::View) {
        return Ok(None);
    }
    let reads_log = held.contains(Right::Log);
    let mut needs = about.needs.clone();
    if let Some(run) = about.run.filter(|_| reads_log) {
        needs.push(Subject::new("run_output", run.id.0));
    }
    let to = |channel, address| Recipient {
        channel,
        name: user.name.clone(),
        address,
        user: Some(user.id),
        needs: needs.clone(),
    };
    let recipients =
        vec![to(Channel::Mail, Address::Plain(user.email.clone())), to(Channel::Inbox, Address::Own)];
    Ok(Some(Told { name: user.name.clone(), why: why.to_owned(), reads_log, recipients, user: Some(user) }))
}

/// An address that is nobody's here: nobody gave it the right to read what runs print.
fn address_of(address: String, why: &str) -> Told {
    let recipient = Recipient {
        channel: Channel::Mail,
        name: address.clone(),
        address: Address::Plain(address.clone()),
        user: None,
        needs: Vec::new(),
    };
    let (why, recipients) = (why.to_owned(), vec![recipient]);
    Told { name: address, why, user: None, reads_log: false, recipients }
}

/// A webhook; none when the secret that holds its address is not set.
async fn hook(tx: &mut Tx, with: &With, about: &About<'_>, hook: &str, why: &str) -> Result<Option<Told>> {
    let is_address = hook.starts_with("https://") || hook.starts_with("http://");
    let (name, address) = if is_address {
        let host = hook.split('/').nth(2).unwrap_or_default();
        (host.rsplit('@').next().unwrap_or_default().to_owned(), Address::Plain(hook.to_owned()))
    } else {
        let given = match about.run {
            Some(run) => secrets::give(tx, about.job, run, about.model, &[hook.to_owned()]).await?.pop(),
            None => None,
        };
        let Some(given) = given else {
            tracing::warn!(
                job = about.job.name,
                secret = hook,
                "a webhook of a job has no address: its secret is not set, or not for this branch"
            );
            return Ok(None);
        };
        let sealing = with.mirrors.sealing();
        let address: Secret = given.open(sealing)?;
        (hook.to_owned(), Address::Sealed(sealing.seal(notify::SEALED_FOR, &address)))
    };
    let recipient =
        Recipient { channel: Channel::Webhook, name: name.clone(), address, user: None, needs: Vec::new() };
    let (name, recipients) = (format!("the webhook {name}"), vec![recipient]);
    Ok(Some(Told { name, why: why.to_owned(), user: None, reads_log: false, recipients }))
}
