//! Which fields of a task are wanted: what is not, is neither read nor written.

use super::TaskJson;
use crate::names::TaskName;
use crate::tasks::Want;
use base::Error;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

macro_rules! fields {
    ($($name:ident),+ $(,)?) => {
        const FIELDS: &[&str] = &[$(stringify!($name)),+];

        impl Serialize for TaskJson {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                let mut wanted = self.shows.0;
                $(
                    if wanted & 1 != 0 {
                        map.serialize_entry(stringify!($name), &self.$name)?;
                    }
                    wanted >>= 1;
                )+
                debug_assert!(self.shows == Shows::ALL || wanted == 0);
                map.end()
            }
        }
    };
}

fields! {
    id, gid, name, notes, kind, approval, completed, completed_at, completed_by, assignee, due_on, due_at, start_on, start_at, parent,
    projects, tags, followers, fields, num_subtasks, num_likes, likes, dependencies, dependents, created_at, created_by, modified_at, url,
}

/// The fields that are wanted: a bit for each of [`FIELDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shows(u64);

impl Shows {
    /// All of them.
    pub(crate) const ALL: Self = Self(u64::MAX);

    /// Reads `id,name,assignee`; everything when nothing is said.
    pub(crate) fn parse(text: Option<&str>) -> base::Result<Self> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(Self::ALL) };
        let mut shows = Self(0);
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            shows.0 |= Self::bit(name).ok_or_else(|| {
                let shown: String = name.chars().take(40).collect();
                let all = FIELDS.join(", ");
                Error::invalid("fields.unknown", format!("a task has no field {shown:?}; it has {all}"))
            })?;
        }
        Ok(shows)
    }

    fn bit(name: &str) -> Option<u64> {
        FIELDS.iter().position(|field| *field == name).map(|at| 1 << at)
    }

    fn any(self, names: &[&str]) -> bool {
        names.iter().filter_map(|name| Self::bit(name)).any(|bit| self.0 & bit != 0)
    }

    /// Whether it is no more than a [`TaskName`] knows.
    pub(crate) fn is_name(self) -> bool {
        let known = ["id", "gid", "name", "kind", "url"].iter().filter_map(|name| Self::bit(name));
        self.0 & !known.fold(0, |all, bit| all | bit) == 0
    }

    /// What has to be read beside the task.
    pub(crate) fn want(self) -> Want {
        Want {
            people: self.any(&["completed_by", "assignee", "created_by"]),
            homes: self.any(&["projects"]),
            followers: self.any(&["followers"]),
            tags: self.any(&["tags"]),
            likes: self.any(&["num_likes", "likes"]),
            fields: self.any(&["fields"]),
            parent: self.any(&["parent"]),
            subtasks: self.any(&["num_subtasks"]),
            dependencies: self.any(&["dependencies", "dependents"]),
        }
    }
}

/// A task in a list.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum RowJson {
    Full(Box<TaskJson>),
    Name(NameJson),
}

/// A task by name, as far as that is wanted.
#[derive(Serialize)]
pub(crate) struct NameJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<base::id::TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<base::id::TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl RowJson {
    /// The row of a task by name.
    pub(crate) fn named(app: &web::App, task: TaskName, shows: Shows) -> Self {
        let has = |name| shows.any(&[name]);
        Self::Name(NameJson {
            id: has("id").then_some(task.id),
            gid: has("gid").then_some(task.id),
            url: has("url").then(|| app.link(&format!("/tasks/{}", task.id))),
            kind: has("kind").then(|| task.kind.as_str()),
            name: has("name").then_some(task.name),
        })
    }
}
