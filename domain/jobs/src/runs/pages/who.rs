//! Who may do what with a job, in words: what its file says, and whom somebody granted a right.

use crate::file::{Permissions, Subject};
use crate::jobs::Job;
use base::{Result, Right};
use db::Tx;
use maud::{Markup, html};
use people::grants::{self, Holder};
use people::{teams, users};

/// What a right is called, and who has it.
pub(crate) type Who = Vec<(&'static str, String)>;

const RIGHTS: [(Right, &str); 6] = [
    (Right::Run, "Run"),
    (Right::Schedule, "Pause"),
    (Right::Edit, "Edit"),
    (Right::Log, "Read"),
    (Right::Secrets, "Secrets"),
    (Right::View, "See"),
];

/// Who may do what with a job.
pub(crate) async fn may(tx: &mut Tx, job: &Job) -> Result<Who> {
    let mut granted = Vec::new();
    for subject in [format!("job:{}", job.id), format!("repository:{}", job.repository)] {
        for grant in grants::list(tx, &subject).await? {
            let name = match grant.holder {
                Holder::User(user) => users::opt(tx, user).await?.map(|user| user.name),
                Holder::Team(team) => Some(teams::get(tx, team).await?.name),
            };
            granted.extend(name.map(|name| (grant.rights, name)));
        }
    }
    let none = Permissions::default();
    let said = job.permissions.as_ref().unwrap_or(&none);
    let in_words = |right: Right| {
        let (list, default) = match right {
            Right::View => (&said.view, "Members"),
            Right::Log => (&said.log, "Members"),
            Right::Run => (&said.run, "Members"),
            Right::Schedule => (&said.schedule, "Members"),
            Right::Edit => (&said.edit, "Administrators"),
            Right::Secrets => (&said.secrets, "Administrators"),
            _ => (&said.admin, "Administrators"),
        };
        let mut names: Vec<String> = match list {
            None => vec![default.to_owned()],
            Some(subjects) if subjects.is_empty() => vec!["Administrators".to_owned()],
            Some(subjects) => subjects.iter().map(|subject| name(subject, job)).collect(),
        };
        let holders = granted.iter().filter(|(held, _)| held.contains(right) || held.contains(Right::Admin));
        for (_, name) in holders {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names.join(", ")
    };
    Ok(RIGHTS.iter().map(|(right, word)| (*word, in_words(*right))).collect())
}

fn name(subject: &Subject, job: &Job) -> String {
    match subject {
        Subject::Everyone => "Everyone".to_owned(),
        Subject::Members => "Members".to_owned(),
        Subject::Owner => match &job.owner {
            Some(owner) => owner.strip_prefix("team:").unwrap_or(owner).trim().to_owned(),
            None => "Administrators".to_owned(),
        },
        Subject::User(name) | Subject::Team(name) => name.clone(),
    }
}

/// The block beside a job or a run.
pub(crate) fn block(who: &Who) -> Markup {
    html! {
        section.block {
            div.block-head { h2 { "Who may" } }
            dl.kv.short { @for (what, names) in who { dt { (what) } dd { (names) } } }
        }
    }
}
