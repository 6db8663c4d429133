//! Whether a rule of a job's file wants something told: pure.

use crate::file::{self, Notify, NotifyOn, Recipient};
use crate::runs::State;
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// A run started.
    Started,
    /// It waits, and there is no agent that it fits.
    NobodyFits,
    /// It takes much longer than usual.
    Slow,
    /// It is over.
    Ended(State),
}

/// What happened, and what was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub event: Event,
    /// What the last run before it came to, of those that passed or failed.
    pub before: Option<State>,
    /// How many have failed in a row, this one included.
    pub failures: u64,
}

/// How a rule wants it told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// Not to who was told of the same trouble before.
    pub is_quiet: bool,
    /// Only to who was told of what ends now.
    pub is_answer: bool,
}

impl Wish {
    /// To everybody, every time.
    pub const LOUD: Self = Self { is_quiet: false, is_answer: false };

    /// The more talkative of two.
    pub fn or(self, other: Self) -> Self {
        Self { is_quiet: self.is_quiet && other.is_quiet, is_answer: self.is_answer && other.is_answer }
    }
}

/// The rules of a job. Whoever watches hears of failures and recoveries in any case.
pub(super) fn of(model: &file::Job) -> Vec<Notify> {
    let watchers = Notify {
        on: vec![NotifyOn::Failed, NotifyOn::Recovered],
        to: vec![Recipient::Watchers],
        after_failures: 1,
        always: false,
    };
    model.notify.iter().cloned().chain([watchers]).collect()
}

/// Whether a rule may want such an event told, whatever was before: cheap, and asked in the transaction of the event.
pub(super) fn may_tell(rule: &Notify, event: Event) -> bool {
    let befores = [None, Some(State::Succeeded), Some(State::Failed), Some(State::Lost)];
    befores.into_iter().any(|before| wish(rule, &Moment { event, before, failures: u64::MAX }).is_some())
}

/// How a rule wants a moment told; none when it does not.
pub(super) fn wish(rule: &Notify, moment: &Moment) -> Option<Wish> {
    let hears_of_trouble = rule.on.iter().any(|on| matches!(on, NotifyOn::Failed | NotifyOn::Changed));
    let wishes = rule.on.iter().filter_map(|on| one(rule, *on, moment, hears_of_trouble));
    wishes.reduce(Wish::or)
}

fn one(rule: &Notify, on: NotifyOn, moment: &Moment, hears_of_trouble: bool) -> Option<Wish> {
    let quiet = Wish { is_quiet: !rule.always, is_answer: false };
    let recovers = moment.before.is_some_and(State::is_bad);
    let is_enough = moment.failures >= u64::from(rule.after_failures.max(1));
    match (on, moment.event) {
        (NotifyOn::Failed | NotifyOn::Changed, Event::NobodyFits) => Some(quiet),
        (NotifyOn::Failed, Event::Ended(state)) if state.is_bad() && is_enough => Some(quiet),
        (NotifyOn::Changed, Event::Ended(state)) if state.is_bad() && is_enough => {
            // From failing to being lost is a change, too.
            let differs = moment.before.is_some_and(|before| before.is_bad() && before != state);
            Some(if differs { Wish::LOUD } else { quiet })
        }
        (NotifyOn::Recovered | NotifyOn::Changed, Event::Ended(State::Succeeded)) if recovers => {
            // Who hears of failures knows of this one or was left in peace; who hears of recoveries alone hears of each.
            Some(Wish { is_quiet: false, is_answer: hears_of_trouble })
        }
        (NotifyOn::Succeeded, Event::Ended(State::Succeeded))
        | (NotifyOn::Skipped, Event::Ended(State::Skipped))
        | (NotifyOn::Started, Event::Started)
        | (NotifyOn::Slow, Event::Slow)
        | (NotifyOn::Finished, Event::Ended(_)) => Some(Wish::LOUD),
        (NotifyOn::Blocked, Event::Ended(State::Blocked)) => Some(quiet),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NotifyOn::{Blocked, Changed, Failed, Finished, Recovered, Started, Succeeded};

    fn rule(on: &[NotifyOn], after_failures: u32, always: bool) -> Notify {
        Notify { on: on.to_vec(), to: Vec::new(), after_failures, always }
    }

    fn said(wish: Option<Wish>) -> &'static str {
        match wish {
            None => "",
            Some(Wish { is_quiet: false, is_answer: false }) => "loud",
            Some(Wish { is_quiet: true, .. }) => "once",
            Some(Wish { is_answer: true, .. }) => "answer",
        }
    }

    #[test]
    fn rules_tell_what_they_say_and_no_more() {
        let good = Some(State::Succeeded);
        for (rule, state, before, failures, expected) in [
            (rule(&[Failed], 1, false), State::Failed, good, 1, "once"),
            (rule(&[Failed], 1, false), State::TimedOut, None, 1, "once"),
            (rule(&[Failed], 1, true), State::Lost, Some(State::Failed), 2, "loud"),
            (rule(&[Failed], 3, false), State::Failed, Some(State::Failed), 2, ""),
            (rule(&[Failed], 3, false), State::Failed, Some(State::Failed), 3, "once"),
            (rule(&[Failed], 1, false), State::Succeeded, Some(State::Failed), 0, ""),
            (rule(&[Failed, Recovered], 1, false), State::Succeeded, Some(State::Failed), 0, "answer"),
            (rule(&[Recovered], 1, false), State::Succeeded, Some(State::Failed), 0, "loud"),
            (rule(&[Recovered], 1, false), State::Succeeded, good, 0, ""),
            (rule(&[Changed], 1, false), State::Failed, good, 1, "once"),
            (rule(&[Changed], 1, false), State::Lost, Some(State::Failed), 2, "loud"),
            (rule(&[Changed], 1, false), State::Succeeded, Some(State::Lost), 0, "answer"),
            (rule(&[Changed], 1, false), State::Succeeded, None, 0, ""),
            (rule(&[Succeeded], 1, false), State::Succeeded, good, 0, "loud"),
            (rule(&[Finished], 1, false), State::Cancelled, good, 0, "loud"),
            (rule(&[Failed, Recovered, Changed], 1, true), State::Cancelled, Some(State::Failed), 0, ""),
            (rule(&[Failed, Changed], 1, true), State::Blocked, good, 0, ""),
            (rule(&[Blocked], 1, false), State::Blocked, good, 0, "once"),
        ] {
            let moment = Moment { event: Event::Ended(state), before, failures };
            assert_eq!(said(wish(&rule, &moment)), expected, "{rule:?} {moment:?}");
            if !expected.is_empty() {
                assert!(may_tell(&rule, moment.event), "{rule:?} {moment:?}");
            }
        }
        let started = Moment { event: Event::Started, before: None, failures: 0 };
        assert_eq!(said(wish(&rule(&[Started], 1, false), &started)), "loud");
        assert!(!may_tell(&rule(&[Failed, Recovered], 1, true), Event::Started));
        let stuck = Moment { event: Event::NobodyFits, before: None, failures: 0 };
        assert_eq!(said(wish(&rule(&[Failed], 5, false), &stuck)), "once");
    }

    #[test]
    fn who_watches_hears_of_failures_whatever_the_file_says() {
        let own = file::Job { notify: vec![rule(&[Succeeded], 1, false)], ..file::Job::default() };
        let rules = of(&own);
        let failed = Moment { event: Event::Ended(State::Failed), before: None, failures: 1 };
        let heard: Vec<&Recipient> =
            rules.iter().filter(|rule| wish(rule, &failed).is_some()).flat_map(|rule| &rule.to).collect();
        assert_eq!(heard, [&Recipient::Watchers]);
    }
}
