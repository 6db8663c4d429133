//! The environments as stations on the line that a commit travels: what each one's lamp shows, what is there, what happened
//! last. The sidebar, the first page and the list of environments ask this, so that none of them can disagree.

pub mod row;

use crate::deployments::brief::{self, Brief};
use crate::deployments::{self, Deployment, State};
use crate::environments::{self, Environment};
use crate::gate::load::{self, Question};
use crate::gate::{BlockerKind, Decision};
use crate::locks::{self, Lock};
use crate::words;
use base::{Result, Time};
use db::Tx;
use web::ui::Aspect;

/// Deployments that a strip shows.
pub const STRIP: usize = 18;

/// What a lamp says of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lamp {
    /// What it shows.
    pub aspect: Aspect,
    /// What that means, for who does not see it.
    pub meaning: String,
    /// A few words beside it.
    pub note: String,
}

/// What a lamp depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether it was switched off.
    pub is_off: bool,
    /// The deployment that occupies it, if there is one; `Lost` when it no longer reports.
    pub live: Option<State>,
    /// Locks that stop who asks.
    pub closing: usize,
    /// Locks that only warn.
    pub warnings: usize,
    /// How the last deployment that is over ended.
    pub last: Option<State>,
}

/// What the lamp of an environment shows. Red is closed, amber is open and worth a look today, a ring is unused or switched off.
pub fn lamp(facts: &Facts) -> Lamp {
    let lamp = |aspect, meaning: &str, note: &str| Lamp {
        aspect,
        meaning: meaning.to_owned(),
        note: note.to_owned(),
    };
    let locks = words::count(facts.closing as u64, "lock");
    match facts {
        Facts { is_off: true, .. } => lamp(Aspect::Idle, "Switched off", "off"),
        Facts { live: Some(State::Lost), .. } => {
            lamp(Aspect::Red, "Closed by a deployment that was lost", "lost")
        }
        Facts { closing: 1.., .. } => lamp(Aspect::Red, &format!("Closed by {locks}"), &locks),
        Facts { live: Some(State::Aborting), .. } => {
            lamp(Aspect::Live, "A deployment is being stopped", "stopping")
        }
        Facts { live: Some(_), .. } => lamp(Aspect::Live, "A deployment is running", "running"),
        Facts { last: None, .. } => lamp(Aspect::Idle, "Open, nothing was deployed yet", "waiting"),
        Facts { last: Some(State::Failed | State::TimedOut), .. } => {
            lamp(Aspect::Amber, "Open, and the last deployment failed", "failed")
        }
        Facts { warnings: 1.., .. } => lamp(Aspect::Amber, "Open, with a warning", "warning"),
        Facts { .. } => lamp(Aspect::Green, "Open", ""),
    }
}

/// The names and lamps of the environments that the actor sees, in the order that a commit travels. On every page, so it costs
/// two statements, and one or two more for each environment.
pub async fn lamps(tx: &mut Tx) -> Result<Vec<(Environment, Lamp)>> {
    let now = tx.now();
    let standings = brief::states(tx).await?;
    let mut all = Vec::new();
    for environment in environments::list(tx).await? {
        let standing = standings.iter().find(|standing| standing.environment == environment.id);
        let stopping = locks::stopping(tx, &environment).await?;
        let facts = Facts {
            is_off: !environment.enabled,
            live: standing.and_then(|standing| Some(heard(standing.live?, standing.lease_until, now))),
            closing: stopping.closing,
            warnings: stopping.warnings,
            last: standing.and_then(|standing| standing.last),
        };
        all.push((environment, lamp(&facts)));
    }
    Ok(all)
}

/// A lease that has run out is judged here, so that nobody has to wait for the chore that says so.
fn heard(state: State, lease_until: Option<Time>, now: Time) -> State {
    if lease_until.is_some_and(|until| until <= now) { State::Lost } else { state }
}

/// An environment with everything that a sentence about it needs.
#[derive(Clone, Debug)]
pub struct Station {
    /// The environment.
    pub environment: Environment,
    /// What the gate says to whoever looks.
    pub decision: Decision,
    /// The locks that hold.
    pub locks: Vec<Lock>,
    /// The deployment that put the commit there that is there now.
    pub deployed: Option<Deployment>,
    /// The last deployments, newest first.
    pub recent: Vec<Brief>,
}

impl Station {
    /// Looks at an environment that the actor sees.
    pub async fn of(tx: &mut Tx, environment: Environment) -> Result<Self> {
        Ok(Self {
            decision: load::ask(tx, &environment, &Question::default()).await?,
            locks: locks::list(tx, environment.id).await?,
            deployed: deployments::deployed(tx, &environment).await?,
            recent: brief::recent(tx, environment.id, None, STRIP).await?,
            environment,
        })
    }

    /// The deployment that occupies it.
    pub fn live(&self) -> Option<&Brief> {
        self.recent.iter().find(|brief| brief.state.is_live())
    }

    /// The last deployment that is over.
    pub fn last(&self) -> Option<&Brief> {
        self.recent.iter().find(|brief| brief.state.is_over() && brief.state != State::Superseded)
    }

    /// The locks that stop whoever looks.
    pub fn closing(&self) -> impl Iterator<Item = &Lock> {
        let stops = |lock: &&Lock| {
            self.decision.blockers.iter().any(|blocker| {
                matches!(blocker.kind, BlockerKind::Lock | BlockerKind::Claim)
                    && blocker.task == Some(lock.task)
            })
        };
        self.locks.iter().filter(stops)
    }

    /// Whether a deployment was lost here.
    pub fn is_quarantined(&self) -> bool {
        self.decision.blockers.iter().any(|blocker| blocker.kind == BlockerKind::Quarantine)
    }

    /// Whether no deployment may start, apart from one that is running: what a signal shows.
    pub fn is_closed(&self) -> bool {
        self.decision.blockers.iter().any(|b| !matches!(b.kind, BlockerKind::Busy | BlockerKind::Queue))
    }

    /// What its lamp shows.
    pub fn lamp(&self) -> Lamp {
        lamp(&Facts {
            is_off: !self.environment.enabled,
            live: if self.is_quarantined() { Some(State::Lost) } else { self.live().map(|live| live.state) },
            closing: self.closing().count(),
            warnings: self.decision.warnings.len(),
            last: self.last().map(|last| last.state),
        })
    }

    /// The name of the environment's page.
    pub fn href(&self) -> String {
        format!("/environments/{}", self.environment.name)
    }

    /// Its name as people read it.
    pub fn title(&self) -> String {
        words::capital(&self.environment.name)
    }
}

/// Every environment that the actor sees, in the order that a commit travels.
pub async fn stations(tx: &mut Tx) -> Result<Vec<Station>> {
    let mut all = Vec::new();
    for environment in environments::list(tx).await? {
        all.push(Station::of(tx, environment).await?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lamp_shows_the_worst_thing_that_is_true() {
        let last = Some(State::Succeeded);
        for (facts, aspect, note) in [
            (Facts { last, ..Facts::default() }, Aspect::Green, ""),
            (Facts::default(), Aspect::Idle, "waiting"),
            (Facts { last, is_off: true, closing: 2, ..Facts::default() }, Aspect::Idle, "off"),
            (Facts { last, closing: 1, ..Facts::default() }, Aspect::Red, "1 lock"),
            (
                Facts { closing: 2, live: Some(State::Running), last, ..Facts::default() },
                Aspect::Red,
                "2 locks",
            ),
            (Facts { closing: 2, live: Some(State::Lost), last, ..Facts::default() }, Aspect::Red, "lost"),
            (Facts { live: Some(State::Running), last, ..Facts::default() }, Aspect::Live, "running"),
            (Facts { live: Some(State::Aborting), last, ..Facts::default() }, Aspect::Live, "stopping"),
            (Facts { last: Some(State::Failed), warnings: 1, ..Facts::default() }, Aspect::Amber, "failed"),
            (Facts { last: Some(State::TimedOut), ..Facts::default() }, Aspect::Amber, "failed"),
            (Facts { last: Some(State::Aborted), ..Facts::default() }, Aspect::Green, ""),
            (Facts { last, warnings: 1, ..Facts::default() }, Aspect::Amber, "warning"),
        ] {
            let shown = lamp(&facts);
            assert_eq!((shown.aspect, shown.note.as_str()), (aspect, note), "{facts:?}");
        }
    }
}
