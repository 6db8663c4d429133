//! The checks that every verb begins with, and the set of rights that they compare.

use crate::grants;
use base::{Actor, Error, Result, Right, Role};
use db::Tx;

/// A set of rights. Made through [`RightSet::of`], it is closed: whoever may edit may comment, whoever may do anything may look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RightSet(u16);

const fn bit(right: Right) -> u16 {
    1 << right as u8
}

impl RightSet {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// Every right.
    pub const ALL: Self = Self(0b111_1111_1111);

    /// The set of `rights` and of those that they include.
    pub fn of(rights: &[Right]) -> Self {
        rights.iter().fold(Self::NONE, |set, right| set.with(*right))
    }

    /// This set and `right` with what it includes.
    #[must_use]
    pub fn with(self, right: Right) -> Self {
        let included = match right {
            Right::View
            | Right::Comment
            | Right::Deploy
            | Right::Lock
            | Right::Override
            | Right::Log
            | Right::Run
            | Right::Schedule
            | Right::Secrets => 0,
            Right::Edit => bit(Right::Comment),
            Right::Admin => bit(Right::Comment) | bit(Right::Edit),
        };
        Self(self.0 | bit(right) | included | bit(Right::View))
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `right` is in it.
    pub fn contains(self, right: Right) -> bool {
        self.0 & bit(right) != 0
    }

    /// Whether every right of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rights in it, in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.iter().copied().filter(move |right| self.contains(*right))
    }

    /// What is left of it for an actor whose token is limited to some rights.
    #[must_use]
    pub fn narrowed_to(self, actor: &Actor) -> Self {
        Self(self.iter().filter(|right| actor.token_allows(*right)).fold(0, |bits, right| bits | bit(right)))
    }

    pub(crate) fn bits(self) -> i64 {
        i64::from(self.0)
    }

    pub(crate) fn from_bits(bits: i64) -> Self {
        Self(u16::try_from(bits & i64::from(Self::ALL.0)).unwrap_or(0))
    }
}

impl std::fmt::Display for RightSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.iter().map(Right::as_str).collect();
        f.write_str(&words.join(", "))
    }
}

impl serde::Serialize for RightSet {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.iter())
    }
}

impl<'de> serde::Deserialize<'de> for RightSet {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Vec::<Right>::deserialize(d).map(|rights| Self::of(&rights))
    }
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Guest => 0,
        Role::Member => 1,
        Role::Admin => 2,
    }
}

/// Checks that the actor is signed in and at least `role`. What needs an administrator needs a token that may administer, too.
pub fn require_role(tx: &Tx, role: Role) -> Result<()> {
    let actor = tx.actor();
    if actor.is_system() {
        return Ok(());
    }
    if actor.user.is_none() {
        return Err(Error::unauthenticated("people.not_signed_in", "Sign in first"));
    }
    if rank(actor.role) < rank(role) {
        let needed = match role {
            Role::Admin => "an administrator",
            Role::Member | Role::Guest => "a member of the workspace",
        };
        return Err(Error::denied(
            "role.too_low",
            format!("This takes {needed}, and {} is not one", actor.name),
        ));
    }
    if role == Role::Admin { require_scope(tx, Right::Admin) } else { Ok(()) }
}

/// Checks that the actor is an administrator; a refusal names those who are.
pub async fn require_admin(tx: &mut Tx) -> Result<()> {
    let Err(error) = require_role(tx, Role::Admin) else { return Ok(()) };
    let who = crate::users::admins(tx).await?;
    let who: Vec<String> = who.into_iter().take(WHO_NAMED).map(|user| user.name).collect();
    Err(if tx.actor().user.is_some() {
        error.with_detail(serde_json::json!({"who_may": who}))
    } else {
        error
    })
}

/// Checks that the actor's token, if they came with one that is limited, lets them use `right` at all.
pub fn require_scope(tx: &Tx, right: Right) -> Result<()> {
    if tx.actor().token_allows(right) {
        return Ok(());
    }
    Err(Error::denied(
        "token.scope",
        format!("The token that was used is not made for this: it lacks the scope {right}"),
    ))
}

/// Whether the actor sees every subject, so that lists need no condition.
pub fn sees_all(tx: &Tx) -> bool {
    let actor = tx.actor();
    actor.is_system()
        || (actor.role == Role::Admin && actor.user.is_some() && actor.token_allows(Right::View))
}

/// The actor's rights on `subject` ("project:1"), through teams too, narrowed to what their token allows.
pub async fn on(tx: &mut Tx, subject: &str) -> Result<RightSet> {
    if tx.actor().is_system() {
        return Ok(RightSet::ALL);
    }
    let Some(user) = tx.actor().user else { return Ok(RightSet::NONE) };
    let held = match tx.actor().role {
        Role::Admin => RightSet::ALL,
        Role::Member | Role::Guest => grants::held(tx, subject, user).await?,
    };
    Ok(held.narrowed_to(tx.actor()))
}

/// How many people a refusal names.
const WHO_NAMED: usize = 5;

/// Checks that the actor has `right` on `subject`: `Missing` when they may not even see it, else `Denied`.
pub async fn require(tx: &mut Tx, subject: &str, right: Right) -> Result<()> {
    let held = on(tx, subject).await?;
    if held.contains(right) {
        return Ok(());
    }
    let noun = subject.split(':').next().unwrap_or("thing");
    if !held.contains(Right::View) {
        return Err(Error::missing(
            "subject.missing",
            format!("There is no such {noun}, or you may not see it"),
        ));
    }
    require_scope(tx, right)?;
    let error = Error::denied(
        "right.missing",
        format!("This takes the right to {right}, which {} does not have on this {noun}", tx.actor().name),
    );
    let who = grants::who_has(tx, subject, right).await?;
    let who: Vec<String> = who.into_iter().take(WHO_NAMED).map(|user| user.name).collect();
    Err(error.with_detail(serde_json::json!({"who_may": who})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_brings_those_that_it_includes_and_no_others() {
        for (given, held) in [
            (Right::View, "view"),
            (Right::Comment, "view, comment"),
            (Right::Edit, "view, comment, edit"),
            (Right::Admin, "view, comment, edit, admin"),
            (Right::Deploy, "view, deploy"),
            (Right::Lock, "view, lock"),
            (Right::Override, "view, override"),
        ] {
            assert_eq!(RightSet::of(&[given]).to_string(), held);
        }
        assert_eq!(RightSet::of(Right::ALL), RightSet::ALL);
        assert_eq!(RightSet::from_bits(RightSet::of(&[Right::Lock]).bits()), RightSet::of(&[Right::Lock]));
    }

    #[test]
    fn a_token_narrows_and_never_widens() {
        let mut actor = Actor::system();
        actor.scopes = Some(vec![Right::Deploy]);
        assert_eq!(RightSet::ALL.narrowed_to(&actor).to_string(), "view, deploy");
        assert_eq!(RightSet::of(&[Right::Edit]).narrowed_to(&actor).to_string(), "view");
        actor.scopes = Some(vec![]);
        assert_eq!(RightSet::ALL.narrowed_to(&actor), RightSet::NONE);
    }
}
