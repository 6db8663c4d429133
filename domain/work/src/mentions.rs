//! Mentions in rich text: who and what a text points at, as the writer or the reader may see it.

use crate::names::Text;
use crate::rich_text::render::{Target, TargetKind};
use crate::rich_text::{self, Flavour, RichText};
use crate::{attachments, checks, projects, tags, tasks};
use base::id::{AttachmentId, ProjectId, TagId, TaskId, UserId};
use base::{Error, Result};
use db::Tx;
use journal::Subject;
use std::collections::HashMap;

/// What a stored text has where it mentions something.
const MENTION: &str = "data-asana-gid";

/// A text that was checked, as it is stored.
pub(crate) struct Accepted {
    /// The plain text, with the names of what is mentioned at the moment.
    pub plain: String,
    /// The rich text with bare mentions, unless it was written plain.
    pub html: Option<String>,
    /// The people it mentions.
    pub people: Vec<UserId>,
    /// The tasks and projects it points at: not everybody who reads it may see them.
    pub points_at: Vec<Subject>,
}

/// Checks a description.
pub(crate) async fn accept(tx: &mut Tx, text: Text) -> Result<Accepted> {
    check(tx, text, Flavour::Notes).await
}

/// Checks a comment.
pub(crate) async fn accept_comment(tx: &mut Tx, text: Text) -> Result<Accepted> {
    check(tx, text, Flavour::Comment).await
}

async fn check(tx: &mut Tx, text: Text, flavour: Flavour) -> Result<Accepted> {
    let xml = match text {
        Text::Plain(plain) => {
            let plain = checks::text(tx, &plain, "the text")?;
            return Ok(Accepted { plain, html: None, people: Vec::new(), points_at: Vec::new() });
        }
        Text::Rich(xml) => checks::text(tx, &xml, "the text")?,
    };
    let parsed = RichText::parse(&xml, flavour)?;
    let targets = resolve(tx, &parsed.mentions(), "").await?;
    if let Some(hidden) = parsed.bare_mentions().into_iter().find(|id| !targets.contains_key(id)) {
        return Err(Error::invalid(
            "rich_text.mention",
            format!(
                "the text mentions {hidden}, which does not exist or may not be seen; give it an href to keep it anyway"
            ),
        ));
    }
    let people = parsed.mentions().into_iter();
    let people =
        people.filter(|id| targets.get(id).is_some_and(|target| target.kind == TargetKind::User)).map(UserId);
    Ok(Accepted {
        points_at: points(&parsed, &targets),
        plain: parsed.plain(&|id| targets.get(&id).cloned()),
        html: Some(parsed.to_stored()),
        people: people.collect(),
    })
}

/// The tasks and projects that a text points at. What the actor does not see counts as a task: it must not be told of either.
fn points(text: &RichText, targets: &HashMap<i64, Target>) -> Vec<Subject> {
    let mentions = text.mentions().into_iter();
    let points = mentions.filter_map(|id| match targets.get(&id).map(|target| &target.kind) {
        None | Some(TargetKind::Task) => Some(Subject::new("task", id)),
        Some(TargetKind::Project) => Some(Subject::new("project", id)),
        Some(_) => None,
    });
    points.collect()
}

/// The tasks and projects that a stored text points at.
pub(crate) async fn points_at(tx: &mut Tx, html: Option<&str>) -> Result<Vec<Subject>> {
    let Some(html) = html.filter(|xml| xml.contains(MENTION)) else { return Ok(Vec::new()) };
    let parsed = RichText::parse(html, Flavour::Notes)?;
    let targets = resolve(tx, &parsed.mentions(), "").await?;
    Ok(points(&parsed, &targets))
}

/// Whether the actor sees everything that a stored text points at, so that it could be theirs.
pub(crate) async fn points_at_seen_things_only(tx: &mut Tx, html: &str) -> Result<bool> {
    let mentions = RichText::parse(html, Flavour::Notes)?.mentions();
    let targets = resolve(tx, &mentions, "").await?;
    Ok(mentions.iter().all(|id| targets.contains_key(id)))
}

/// Finds what these ids are, of what the actor may see, in a fixed number of statements.
async fn resolve(tx: &mut Tx, ids: &[i64], base_url: &str) -> Result<HashMap<i64, Target>> {
    let mut found = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let mut put = |id: i64, kind, name: String, path: &str| {
        found.insert(id, Target { kind, name, href: format!("{base_url}/{path}/{id}") });
    };
    let users: Vec<UserId> = ids.iter().copied().map(UserId).collect();
    for (id, user) in people::users::by_ids(tx, &users).await? {
        put(id.0, TargetKind::User, user.name, "people");
    }
    let wanted: Vec<TaskId> = ids.iter().copied().map(TaskId).collect();
    for task in tasks::visible(tx, &wanted).await? {
        put(task.id.0, TargetKind::Task, task.name, "tasks");
    }
    let wanted: Vec<ProjectId> = ids.iter().copied().map(ProjectId).collect();
    for project in projects::visible(tx, &wanted).await? {
        put(project.id.0, TargetKind::Project, project.name, "projects");
    }
    let wanted: Vec<TagId> = ids.iter().copied().map(TagId).collect();
    for tag in tags::by_ids(tx, &wanted).await? {
        put(tag.id.0, TargetKind::Tag, tag.name, "tags");
    }
    let wanted: Vec<AttachmentId> = ids.iter().copied().map(AttachmentId).collect();
    for (id, name) in attachments::visible(tx, &wanted).await? {
        put(id.0, TargetKind::Attachment, name, "attachments");
    }
    Ok(found)
}

/// Fills in the mentions of stored texts (`html`, `plain`) for the actor: names, addresses under `base_url`, and "Private Link" for what
/// they may not see. A text that was written plain (`html` is none) is escaped. Returns `<body>...</body>` of each, in a number of
/// statements that does not depend on how many there are.
pub async fn expand_all(tx: &mut Tx, texts: &[(Option<&str>, &str)], base_url: &str) -> Result<Vec<String>> {
    let parsed = parse_all(texts)?;
    let targets = targets(tx, &parsed, base_url).await?;
    let lookup = |id: i64| targets.get(&id).cloned();
    Ok(parsed
        .iter()
        .zip(texts)
        .map(|(rich, (_, plain))| match rich {
            Some(rich) => rich.expanded(&lookup),
            None => rich_text::from_plain(plain),
        })
        .collect())
}

/// The same for one text.
pub async fn expand(tx: &mut Tx, html: Option<&str>, plain: &str, base_url: &str) -> Result<String> {
    Ok(expand_all(tx, &[(html, plain)], base_url).await?.pop().unwrap_or_default())
}

/// Stored texts as HTML for a page: safe to put into it as they are.
pub async fn html_all(tx: &mut Tx, texts: &[(Option<&str>, &str)]) -> Result<Vec<String>> {
    let parsed = parse_all(texts)?;
    let targets = targets(tx, &parsed, "").await?;
    let lookup = |id: i64| targets.get(&id).cloned();
    Ok(parsed
        .iter()
        .zip(texts)
        .map(|(rich, (_, plain))| match rich {
            Some(rich) => rich.html(&lookup),
            None => rich_text::escape(plain),
        })
        .collect())
}

/// What stored rich texts say as plain text, where they point at something that the actor may not see; none where nothing is hidden, so
/// that what was stored can be shown.
pub(crate) async fn veiled_plain(tx: &mut Tx, texts: &[Option<&str>]) -> Result<Vec<Option<String>>> {
    let parsed: Vec<Option<RichText>> = texts
        .iter()
        .map(|html| {
            html.filter(|xml| xml.contains(MENTION))
                .map(|xml| RichText::parse(xml, Flavour::Notes))
                .transpose()
        })
        .collect::<Result<_>>()?;
    let targets = targets(tx, &parsed, "").await?;
    let lookup = |id: i64| targets.get(&id).cloned();
    let hides = |rich: &RichText| rich.mentions().iter().any(|id| !targets.contains_key(id));
    Ok(parsed
        .iter()
        .map(|rich| rich.as_ref().filter(|rich| hides(rich)).map(|rich| rich.plain(&lookup)))
        .collect())
}

fn parse_all(texts: &[(Option<&str>, &str)]) -> Result<Vec<Option<RichText>>> {
    texts.iter().map(|(html, _)| html.map(|xml| RichText::parse(xml, Flavour::Notes)).transpose()).collect()
}

async fn targets(tx: &mut Tx, parsed: &[Option<RichText>], base_url: &str) -> Result<HashMap<i64, Target>> {
    let mut ids: Vec<i64> = parsed.iter().flatten().flat_map(RichText::mentions).collect();
    ids.sort_unstable();
    ids.dedup();
    resolve(tx, &ids, base_url).await
}

/// What these texts point at, of what the actor sees.
pub(crate) async fn targets_of(tx: &mut Tx, texts: &[RichText]) -> Result<HashMap<i64, Target>> {
    let mut ids: Vec<i64> = texts.iter().flat_map(RichText::mentions).collect();
    ids.sort_unstable();
    ids.dedup();
    resolve(tx, &ids, "").await
}
