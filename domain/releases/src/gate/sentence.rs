//! The words of a decision. Every slot comes from the situation; a time has its zone, and its day when that is not today.

use super::blocker::{Blocker, BlockerKind};
use super::situation::{Candidate, Held, Live, LiveState, Situation, Waiting};
use crate::locks::LockKind;
use base::Time;
use base::id::AnyId;
use base::jiff::tz::TimeZone;

/// The most characters of somebody's text that one sentence quotes.
const QUOTED_CHARS: usize = 160;

/// The decision in sentences: what leads, what else is in the way, and whether ending the first is enough.
pub(super) fn whole(
    situation: &Situation,
    primary: Option<usize>,
    blockers: &[Blocker],
    warnings: &[Blocker],
) -> String {
    let name = &situation.environment.name;
    let Some((at, first)) = primary.and_then(|at| blockers.get(at).map(|first| (at, first))) else {
        let mut text = match &situation.candidate {
            Candidate::Known { commit } => format!("{} is open for {}.", capital(name), short(commit)),
            Candidate::Unasked | Candidate::Unknown { .. } => format!("{} is open.", capital(name)),
        };
        for warning in warnings {
            text.push(' ');
            text.push_str(&warning.sentence);
        }
        return text;
    };
    let others: Vec<&str> = blockers
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != at)
        .map(|(_, blocker)| blocker.clause.as_str())
        .collect();
    let (released, releasing) = match first.kind {
        BlockerKind::Lock | BlockerKind::Claim => (true, "Releasing it"),
        BlockerKind::Disabled => (false, "Switching it on"),
        BlockerKind::Quarantine => (false, "Resolving it"),
        BlockerKind::Busy | BlockerKind::Queue => (false, "Its end"),
        BlockerKind::Commit => (false, "Knowing it"),
    };
    match others.len() {
        0 if released => format!("{} Releasing it opens {name}.", first.sentence),
        0 => first.sentence.clone(),
        1 => format!("{} {releasing} is not enough; 1 more is in the way: {}.", first.sentence, others[0]),
        n => format!(
            "{} {releasing} is not enough; {n} more are in the way: {}.",
            first.sentence,
            others.join("; ")
        ),
    }
}

pub(super) fn locked(situation: &Situation, lock: &Held) -> Blocker {
    let name = &situation.environment.name;
    let title = quoted(&lock.title);
    let since = when(situation, lock.since);
    let claim = lock.kind == LockKind::Claim;
    let lead = match (&lock.owner_name, claim) {
        (Some(owner), true) => {
            format!("{} is claimed by {owner} for \"{title}\" (since {since})", capital(name))
        }
        _ => format!("{} is closed by \"{title}\" ({}, since {since})", capital(name), whose(lock)),
    };
    let ends = match lock.until {
        Some(until) => format!("by itself at {}", when(situation, until)),
        None => "when somebody releases it".to_owned(),
    };
    let who_can_release = releasers(situation, lock);
    let can = match lock.until {
        Some(_) => format!("{} can release it sooner", any_of(&who_can_release)),
        None => format!("{} can release it", any_of(&who_can_release)),
    };
    Blocker {
        kind: if claim { BlockerKind::Claim } else { BlockerKind::Lock },
        id: Some(AnyId(lock.task.0)),
        title: lock.title.clone(),
        task: Some(lock.task),
        owner: lock.owner_name.clone().or_else(|| lock.placed_by.clone()),
        since: Some(lock.since),
        until: lock.until,
        sentence: format!("{lead}{}. It ends {ends}; {can}.", because(lock)),
        clause: format!("\"{title}\" ({}, ends {ends})", whose(lock)),
        ends,
        who_can_release,
    }
}

pub(super) fn warning(situation: &Situation, lock: &Held) -> Blocker {
    let mut blocker = locked(situation, lock);
    blocker.sentence = format!(
        "A warning, \"{}\" ({}, since {}){}, stops nobody and ends {}.",
        quoted(&lock.title),
        whose(lock),
        when(situation, lock.since),
        because(lock),
        blocker.ends
    );
    blocker
}

pub(super) fn switched_off(situation: &Situation) -> Blocker {
    let name = &situation.environment.name;
    let why = quoted(&situation.environment.disabled_reason);
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let who = vec![format!("an administrator of {name}")];
    Blocker {
        kind: BlockerKind::Disabled,
        id: Some(AnyId(situation.environment.id.0)),
        title: format!("{name} is switched off"),
        task: None,
        owner: None,
        since: None,
        until: None,
        ends: "when somebody switches it on".to_owned(),
        sentence: format!(
            "{} is switched off{why}. {} can switch it on.",
            capital(name),
            capital(&any_of(&who))
        ),
        clause: format!("{name} is switched off"),
        who_can_release: who,
    }
}

pub(super) fn quarantined(situation: &Situation, live: &Live) -> Blocker {
    let who = with_owner(&live.by, &situation.environment.deployers);
    let on = if live.host.is_empty() { String::new() } else { format!(" on {}", quoted(&live.host)) };
    Blocker {
        kind: BlockerKind::Quarantine,
        ends: "when it reports again or somebody resolves it".to_owned(),
        sentence: format!(
            "{} is closed because deployment {} of {} ({}){on} stopped reporting at {} and its outcome is unknown. {} must look at what it did and resolve it.",
            capital(&situation.environment.name),
            live.number,
            short(&live.commit),
            live.by,
            when(situation, live.since),
            capital(&any_of(&who)),
        ),
        clause: format!("deployment {} stopped reporting and must be resolved", live.number),
        who_can_release: who,
        ..of_deployment(live)
    }
}

pub(super) fn busy(situation: &Situation, live: &Live) -> Blocker {
    let name = &situation.environment.name;
    let doing = match live.state {
        LiveState::Aborting => "is being aborted",
        LiveState::Running | LiveState::Lost => "is running",
    };
    let who = with_owner(&live.by, &situation.environment.deployers);
    Blocker {
        kind: BlockerKind::Busy,
        ends: "when it ends".to_owned(),
        sentence: format!(
            "Deployment {} of {} ({}) {doing} on {name} since {}. Wait until it ends, or ask {} to abort it.",
            live.number,
            short(&live.commit),
            live.by,
            when(situation, live.since),
            any_of(&who),
        ),
        clause: format!("deployment {} of {} ({}) {doing}", live.number, short(&live.commit), live.by),
        who_can_release: who,
        ..of_deployment(live)
    }
}

fn of_deployment(live: &Live) -> Blocker {
    Blocker {
        kind: BlockerKind::Busy,
        id: Some(AnyId(live.id.0)),
        title: format!("Deployment {} of {}", live.number, short(&live.commit)),
        task: live.task,
        owner: Some(live.by.clone()),
        since: Some(live.since),
        until: None,
        ends: String::new(),
        who_can_release: Vec::new(),
        sentence: String::new(),
        clause: String::new(),
    }
}

pub(super) fn queued_behind(situation: &Situation, waiting: &Waiting) -> Blocker {
    let name = &situation.environment.name;
    let clause = format!(
        "deployment {} of {} ({}) waits in front",
        waiting.number,
        short(&waiting.commit),
        waiting.by
    );
    Blocker {
        kind: BlockerKind::Queue,
        id: Some(AnyId(waiting.id.0)),
        title: format!("Deployment {} of {}", waiting.number, short(&waiting.commit)),
        task: None,
        owner: Some(waiting.by.clone()),
        since: Some(waiting.since),
        until: None,
        ends: "when it has had its turn".to_owned(),
        who_can_release: with_owner(&waiting.by, &situation.environment.deployers),
        sentence: format!(
            "{} for {name} since {}. Wait for your turn.",
            capital(&clause),
            when(situation, waiting.since)
        ),
        clause,
    }
}

pub(super) fn unknown_commit(situation: &Situation, given: &str, why: &str) -> Blocker {
    let given = quoted(given);
    Blocker {
        kind: BlockerKind::Commit,
        id: None,
        title: format!("Commit {given}"),
        task: None,
        owner: None,
        since: None,
        until: None,
        ends: "when the repository knows the commit".to_owned(),
        who_can_release: Vec::new(),
        sentence: format!("\"{given}\" cannot be deployed to {}: {}", situation.environment.name, ended(why)),
        clause: format!("\"{given}\" cannot be checked: {}", why.trim_end_matches(['.', '?'])),
    }
}

/// A sentence with its end.
fn ended(text: &str) -> String {
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

fn whose(lock: &Held) -> String {
    match (&lock.owner_name, &lock.placed_by) {
        (Some(owner), _) => format!("{owner}'s lock"),
        (None, Some(by)) => format!("a lock without an owner, placed by {by}"),
        (None, None) => "a lock without an owner".to_owned(),
    }
}

fn because(lock: &Held) -> String {
    let bare = |text: &str| quoted(text).trim_end_matches(['.', ' ']).to_owned();
    // The first line of a reason is the title already, unless somebody gave it another.
    let (first, rest) = lock.reason.trim().split_once('\n').unwrap_or((lock.reason.trim(), ""));
    let why = if bare(first) == bare(&lock.title) { bare(rest) } else { bare(&lock.reason) };
    if why.is_empty() { String::new() } else { format!(", because {why}") }
}

fn releasers(situation: &Situation, lock: &Held) -> Vec<String> {
    match &lock.owner_name {
        Some(owner) => with_owner(owner, &situation.environment.lockers),
        None => situation.environment.lockers.clone(),
    }
}

fn with_owner(owner: &str, others: &[String]) -> Vec<String> {
    let mut all = Vec::with_capacity(others.len() + 1);
    all.push(owner.to_owned());
    all.extend(others.iter().filter(|other| *other != owner).cloned());
    all
}

fn any_of(people: &[String]) -> String {
    match people {
        [] => "an administrator".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// An instant as people read it: `15:10 UTC`, or `23 November 2026, 15:10 UTC` when that is another day.
fn when(situation: &Situation, time: Time) -> String {
    let zone = TimeZone::get(&situation.zone).unwrap_or(TimeZone::UTC);
    let pattern =
        if time.date_in(&zone) == situation.at.date_in(&zone) { "%H:%M %Z" } else { "%-d %B %Y, %H:%M %Z" };
    time.timestamp().to_zoned(zone).strftime(pattern).to_string()
}

/// The first seven letters of a commit, as git shows it.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Somebody's text on one line, without control characters and of bounded length.
fn quoted(text: &str) -> String {
    let mut line: Vec<&str> = Vec::new();
    line.extend(text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()));
    let line = line.join(" ");
    match line.char_indices().nth(QUOTED_CHARS) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
