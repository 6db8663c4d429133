//! States and lengths of time in Bamboo's words.

use base::Time;
use jobs::runs::{PartState, State};
use std::time::Duration;

/// Where something is in its life, and what it came to. Bamboo keeps the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// `Pending`, `Queued`, `InProgress`, `Finished` or `NotBuilt`.
    pub cycle: &'static str,
    /// `Successful`, `Failed` or `Unknown`.
    pub state: &'static str,
}

const fn life(cycle: &'static str, state: &'static str) -> Life {
    Life { cycle, state }
}

impl Life {
    /// Whether it is over. What was stopped is not built, and so not finished.
    pub fn is_finished(self) -> bool {
        self.cycle == "Finished"
    }

    /// Whether it went well.
    pub fn is_successful(self) -> bool {
        self.state == "Successful"
    }
}

/// The life of a run. One that waits with a manual stage has finished what it does by itself, and can be continued.
pub fn of_run(state: State) -> Life {
    match state {
        State::Waiting => life("Pending", "Unknown"),
        State::Queued => life("Queued", "Unknown"),
        State::Running | State::Cancelling => life("InProgress", "Unknown"),
        State::Succeeded | State::Held => life("Finished", "Successful"),
        State::Failed | State::TimedOut | State::Lost => life("Finished", "Failed"),
        State::Cancelled | State::Blocked | State::Skipped => life("NotBuilt", "Unknown"),
    }
}

/// The life of a part.
pub fn of_part(state: PartState) -> Life {
    match state {
        PartState::Pending => life("Pending", "Unknown"),
        PartState::Queued => life("Queued", "Unknown"),
        PartState::Running => life("InProgress", "Unknown"),
        PartState::Succeeded => life("Finished", "Successful"),
        PartState::Failed | PartState::TimedOut | PartState::Lost => life("Finished", "Failed"),
        PartState::Cancelled | PartState::Skipped => life("NotBuilt", "Unknown"),
    }
}

/// Which states `buildstate` and `lifeCycleState` mean, and which are listed when nobody says: what came to an end by itself.
pub fn states(build: Option<&str>, cycle: Option<&str>, is_all: bool) -> Vec<State> {
    let wanted = |life: Life| {
        let is_built = build.is_none_or(|word| word.eq_ignore_ascii_case(life.state));
        let is_there = match cycle {
            Some(word) => word.eq_ignore_ascii_case(life.cycle),
            None => is_all || life.is_finished() || build.is_some(),
        };
        is_built && is_there
    };
    State::ALL.iter().copied().filter(|state| wanted(of_run(*state))).collect()
}

/// A length of time as people say it.
pub fn duration(length: Duration) -> String {
    let s = length.as_secs();
    match s {
        0 => "< 1 second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{s} seconds"),
        60..120 => "1 minute".to_owned(),
        120..3_600 => format!("{} minutes", s / 60),
        3_600..7_200 => "1 hour".to_owned(),
        7_200..172_800 => format!("{} hours", s / 3_600),
        _ => format!("{} days", s / 86_400),
    }
}

/// How long ago something was.
pub fn ago(now: Time, at: Time) -> String {
    format!("{} ago", duration(now.since(at)))
}

/// A size as people say it.
pub fn size(bytes: i64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}

/// A text as part of HTML: Bamboo's reasons and log lines are.
pub fn html(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&#39;"),
            other => all.push(other),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_wishes_shows_what_came_to_an_end_by_itself() {
        use State::{Blocked, Cancelled, Failed, Held, Lost, Skipped, Succeeded, TimedOut};
        let ended = [Held, Succeeded, Failed, TimedOut, Lost];
        let mut usual = states(None, None, false);
        usual.sort_by_key(|state| ended.iter().position(|other| other == state));
        assert_eq!(usual, ended);
        assert_eq!(states(None, None, true).len(), State::ALL.len());
        assert_eq!(states(Some("Failed"), None, false), [Failed, TimedOut, Lost]);
        assert_eq!(states(Some("successful"), None, true), [Held, Succeeded]);
        assert_eq!(states(None, Some("NotBuilt"), false), [Cancelled, Blocked, Skipped]);
        assert!(states(Some("Exploded"), None, false).is_empty());
    }

    #[test]
    fn lengths_of_time_are_said() {
        for (s, words) in [
            (0, "< 1 second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (61, "1 minute"),
            (150, "2 minutes"),
            (7_300, "2 hours"),
        ] {
            assert_eq!(duration(Duration::from_secs(s)), words);
        }
        assert_eq!(html("<b a='x'>&\""), "&lt;b a=&#39;x&#39;&gt;&amp;&quot;");
    }
}
