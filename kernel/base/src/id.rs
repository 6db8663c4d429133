//! Ids: one space of 53-bit integers for everything, printed as decimal strings.
//!
//! 53 bits because scripts of 2016 and JavaScript hold them in doubles. A type per noun keeps a task from being
//! taken for a project. They all live here, so that a crate can keep an id without depending on its noun's crate.

use crate::{Error, FromValue, Result, Value};

/// The largest id: beyond it a double loses units.
pub const MAX: i64 = (1 << 53) - 1;

/// The first id that is given out; 16 digits, as clients of hosted trackers expect.
pub const FIRST: i64 = 1_200_000_000_000_000;

fn parse(text: &str) -> Result<i64> {
    match text.parse::<i64>() {
        Ok(n) if (1..=MAX).contains(&n) && text.as_bytes()[0] != b'+' => Ok(n),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(Error::invalid("id.malformed", format!("{shown:?} is not an id; ids are whole numbers")))
        }
    }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::str::FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> { parse(text).map(Self) }
        }
        impl From<$name> for Value { fn from(id: $name) -> Self { Value::Int(id.0) } }
        impl From<&$name> for Value { fn from(id: &$name) -> Self { Value::Int(id.0) } }
        impl From<i64> for $name { fn from(id: i64) -> Self { Self(id) } }
        impl From<$name> for i64 { fn from(id: $name) -> Self { id.0 } }
        impl FromValue for $name {
            fn from_value(value: Value) -> Result<Self> { i64::from_value(value).map(Self) }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(itoa::Buffer::new().format(self.0))
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_any(IdVisitor).map(Self)
            }
        }
    )+};
}

struct IdVisitor;

impl serde::de::Visitor<'_> for IdVisitor {
    type Value = i64;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an id (a whole number, as text or as a number)")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<i64, E> {
        parse(text).map_err(E::custom)
    }
    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<i64, E> {
        parse(&n.to_string()).map_err(E::custom)
    }
    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<i64, E> {
        parse(&n.to_string()).map_err(E::custom)
    }
}

ids! {
    /// Any subject whose noun does not matter.
    AnyId,
    /// A person or a machine account.
    UserId,
    /// A team.
    TeamId,
    /// A personal token.
    TokenId,
    /// The workspace.
    WorkspaceId,
    /// A project.
    ProjectId,
    /// A section of a project.
    SectionId,
    /// A task.
    TaskId,
    /// A story: a comment or a line of a task's history.
    StoryId,
    /// An attachment.
    AttachmentId,
    /// A custom field.
    FieldId,
    /// An option of an enum custom field.
    OptionId,
    /// A tag.
    TagId,
    /// A form.
    FormId,
    /// A rule of a project.
    RuleId,
    /// A webhook subscription.
    WebhookId,
    /// A repository.
    RepositoryId,
    /// An environment.
    EnvironmentId,
    /// A deployment.
    DeploymentId,
    /// A job: one document of a job file.
    JobId,
    /// What a job file said at one commit.
    DefinitionId,
    /// A schedule of a job.
    ScheduleId,
    /// A run of a job.
    RunId,
    /// A part of a run: one job of a stage, times one cell of its matrix.
    PartId,
    /// One try of a part on one agent.
    AttemptId,
    /// A machine that does the work of runs.
    AgentId,
    /// A pool of agents that are started as the queue grows.
    PoolId,
    /// A file that a run made.
    ArtifactId,
    /// A secret that jobs use.
    SecretId,
    /// A piece of durable background work.
    ChoreId,
}
