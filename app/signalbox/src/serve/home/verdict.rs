//! The verdict: from the state of everything to a word and a sentence. Pure.

use super::Situation;
use base::Time;
use releases::deployments::State;
use releases::words::{self, Reader};
use repos::repository::State as Reading;

/// Something that is not as it should be, or that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    /// No deployment may start.
    Closed {
        /// Where.
        name: String,
        /// Who is responsible for the lock that ends last.
        owner: Option<String>,
        /// When it opens by itself; nothing when somebody has to act.
        until: Option<Time>,
    },
    /// A deployment stopped reporting.
    Lost { name: String, number: i64 },
    /// The last deployment failed.
    Failed { name: String, number: i64 },
    /// It was switched off on purpose.
    Off { name: String },
    /// A repository could not be read.
    Unreadable { name: String },
    /// Jobs whose last run went wrong.
    Failing {
        /// What they are called, the last first.
        titles: Vec<String>,
    },
    /// A deployment is going on.
    Running { name: String, number: i64 },
}

/// Everything that matters, in the order in which it is said.
pub(super) fn matters(situation: &Situation) -> Vec<Matter> {
    let mut all = Vec::new();
    for station in &situation.stations {
        let name = station.environment.name.clone();
        let ends: Vec<_> = station.closing().collect();
        let opens = ends
            .iter()
            .map(|lock| lock.until)
            .collect::<Option<Vec<_>>>()
            .and_then(|all| all.into_iter().max());
        let last = station.last();
        if !station.environment.enabled {
            all.push(Matter::Off { name });
        } else if let Some(live) = station.live().filter(|_| station.is_quarantined()) {
            all.push(Matter::Lost { name, number: live.number });
        } else if !ends.is_empty() {
            let by_hand = ends
                .iter()
                .find(|lock| lock.until.is_none())
                .or_else(|| ends.iter().max_by_key(|lock| lock.until));
            let owner = by_hand.and_then(|lock| lock.owner_name.clone());
            all.push(Matter::Closed { name, owner, until: opens });
        } else if let Some(live) = station.live() {
            all.push(Matter::Running { name, number: live.number });
        } else if let Some(last) = last.filter(|last| matches!(last.state, State::Failed | State::TimedOut)) {
            all.push(Matter::Failed { name, number: last.number });
        }
    }
    let unreadable =
        situation.repositories.iter().filter(|repository| repository.state == Reading::Unreadable);
    all.extend(unreadable.map(|repository| Matter::Unreadable { name: repository.name.clone() }));
    if !situation.failing.is_empty() {
        let titles = situation.failing.iter().map(|one| words::shortened(&one.job.title, 40)).collect();
        all.push(Matter::Failing { titles });
    }
    all
}

/// The answer to "Are we OK?", and why. A team without environments is told of its jobs alone.
pub(super) fn verdict(
    matters: &[Matter],
    has_environments: bool,
    reader: Reader<'_>,
) -> (&'static str, String) {
    let is_lost = matters.iter().any(|matter| matches!(matter, Matter::Lost { .. }));
    let is_bad = matters.iter().any(|m| !matches!(m, Matter::Off { .. } | Matter::Running { .. }));
    let answer = match (is_lost, is_bad) {
        (true, _) => "No.",
        (false, true) => "Not quite.",
        (false, false) => "Yes.",
    };
    let mut sentences: Vec<String> = matters.iter().map(|matter| sentence(matter, reader)).collect();
    if !is_bad && !has_environments {
        sentences.push("Every job passed when it ran last.".to_owned());
    } else if !is_bad {
        let open = if matters.iter().any(|m| matches!(m, Matter::Off { .. })) {
            "Everything else is open"
        } else {
            "Everything is open"
        };
        sentences.push(format!("{open}, and what was deployed last runs."));
    }
    let ends_by_itself = matters.iter().all(|m| {
        matches!(m, Matter::Closed { until: Some(_), .. } | Matter::Off { .. } | Matter::Running { .. })
    });
    if is_bad && ends_by_itself {
        sentences.push("Nobody needs to do anything before then.".to_owned());
    }
    (answer, sentences.join(" "))
}

fn sentence(matter: &Matter, reader: Reader<'_>) -> String {
    let place = |name: &str| words::capital(name);
    match matter {
        Matter::Closed { name, until: Some(until), .. } => {
            format!("{} is closed until {}.", place(name), reader.at(*until))
        }
        Matter::Closed { name, owner: Some(owner), until: None } => {
            format!("{} is closed until {owner} or somebody else releases the lock.", place(name))
        }
        Matter::Closed { name, owner: None, until: None } => {
            format!("{} is closed by a lock that nobody is responsible for.", place(name))
        }
        Matter::Lost { name, number } => {
            format!("Deployment {number} to {name} was lost: somebody has to find out how it ended.")
        }
        Matter::Failed { name, number } => format!("The last deployment to {name}, {number}, failed."),
        Matter::Off { name } => format!("{} is switched off.", place(name)),
        Matter::Unreadable { name } => format!("The repository {name} cannot be read."),
        Matter::Failing { titles } => match titles.as_slice() {
            [one] => format!("The job {one} failed."),
            [one, other] => format!("The jobs {one} and {other} failed."),
            more => format!(
                "{} jobs failed, the last was {}.",
                more.len(),
                more.first().map_or("", String::as_str)
            ),
        },
        Matter::Running { name, number } => format!("Deployment {number} to {name} is running."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::jiff::tz::TimeZone;

    #[test]
    fn the_verdict_says_what_is_wrong_who_has_it_and_when_it_ends() {
        let time = |text: &str| Time::parse(text).expect("a time");
        let reader = Reader { now: time("2026-12-01T14:32:00Z"), zone: &TimeZone::UTC };
        let closed = |owner: Option<&str>, until: Option<&str>| Matter::Closed {
            name: "production".to_owned(),
            owner: owner.map(str::to_owned),
            until: until.map(time),
        };
        let beta = || "beta".to_owned();
        for (matters, answer, sentence) in [
            (vec![], "Yes.", "Everything is open, and what was deployed last runs."),
            (
                vec![Matter::Running { name: beta(), number: 318 }],
                "Yes.",
                "Deployment 318 to beta is running. Everything is open, and what was deployed last runs.",
            ),
            (
                vec![Matter::Off { name: beta() }],
                "Yes.",
                "Beta is switched off. Everything else is open, and what was deployed last runs.",
            ),
            (
                vec![closed(Some("Marco"), Some("2026-12-01T15:10:00Z"))],
                "Not quite.",
                "Production is closed until 15:10. Nobody needs to do anything before then.",
            ),
            (
                vec![closed(Some("Marco"), Some("2026-12-02T09:00:00Z"))],
                "Not quite.",
                "Production is closed until Wed 09:00. Nobody needs to do anything before then.",
            ),
            (
                vec![closed(Some("Ana"), None)],
                "Not quite.",
                "Production is closed until Ana or somebody else releases the lock.",
            ),
            (
                vec![closed(None, None)],
                "Not quite.",
                "Production is closed by a lock that nobody is responsible for.",
            ),
            (
                vec![
                    Matter::Failed { name: beta(), number: 315 },
                    closed(Some("Ana"), Some("2026-12-01T15:10:00Z")),
                ],
                "Not quite.",
                "The last deployment to beta, 315, failed. Production is closed until 15:10.",
            ),
            (
                vec![Matter::Lost { name: beta(), number: 9 }, Matter::Unreadable { name: "web".to_owned() }],
                "No.",
                "Deployment 9 to beta was lost: somebody has to find out how it ended. The repository web cannot be read.",
            ),
            (
                vec![Matter::Failing { titles: vec!["Nightly backup".to_owned()] }],
                "Not quite.",
                "The job Nightly backup failed.",
            ),
            (
                vec![Matter::Failing { titles: vec!["Report".to_owned(), "Nightly backup".to_owned()] }],
                "Not quite.",
                "The jobs Report and Nightly backup failed.",
            ),
            (
                vec![Matter::Failing { titles: ["Report", "Sync", "Tests"].map(str::to_owned).to_vec() }],
                "Not quite.",
                "3 jobs failed, the last was Report.",
            ),
        ] {
            assert_eq!(verdict(&matters, true, reader), (answer, sentence.to_owned()), "{matters:?}");
        }
        assert_eq!(verdict(&[], false, reader), ("Yes.", "Every job passed when it ran last.".to_owned()));
    }
}
