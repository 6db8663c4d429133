//! The lives of runs and of their parts.

base::text_enum! {
    /// Where a run is in its life.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case", as = RunState)]
    pub enum State {
        /// Waits for another run, or for the gate of its environment.
        Waiting = "waiting",
        /// Its parts wait for an agent.
        Queued = "queued",
        /// At least one of its parts was taken by an agent.
        Running = "running",
        /// Its next stage waits for a person.
        Held = "held",
        /// Somebody asked for it to stop.
        Cancelling = "cancelling",
        /// Every part succeeded.
        Succeeded = "succeeded",
        /// A part failed.
        Failed = "failed",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// A part took too long.
        TimedOut = "timed_out",
        /// The agent of a part was not heard of any more.
        Lost = "lost",
        /// The gate of its environment was closed.
        Blocked = "blocked",
        /// It waited, and something newer took its place.
        Skipped = "skipped",
    }
}

impl State {
    /// Whether it is over for good.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Queued | Self::Running | Self::Held | Self::Cancelling)
    }

    /// Whether it ended in a way that somebody should look at.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Lost)
    }

    /// The state in words that follow "it".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Waiting => "waits",
            Self::Queued => "waits for an agent",
            Self::Running => "is running",
            Self::Held => "waits for a person",
            Self::Cancelling => "is being cancelled",
            Self::Succeeded => "passed",
            Self::Failed => "failed",
            Self::Cancelled => "was cancelled",
            Self::TimedOut => "took too long",
            Self::Lost => "was lost with its agent",
            Self::Blocked => "was blocked",
            Self::Skipped => "was skipped",
        }
    }
}

base::text_enum! {
    /// Where a part is in its life.
    pub enum PartState {
        /// Its stage has not begun.
        Pending = "pending",
        /// Waits for an agent.
        Queued = "queued",
        /// An agent has it.
        Running = "running",
        /// Its steps all succeeded.
        Succeeded = "succeeded",
        /// A step failed.
        Failed = "failed",
        /// It was stopped.
        Cancelled = "cancelled",
        /// It took too long.
        TimedOut = "timed_out",
        /// Its agent was not heard of any more.
        Lost = "lost",
        /// Something before it did not succeed.
        Skipped = "skipped",
    }
}

impl PartState {
    /// Whether it is over for good.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Queued | Self::Running)
    }

    /// What a run is that ends with such a part, the worst last.
    fn badness(self) -> (u8, State) {
        match self {
            Self::Pending | Self::Queued | Self::Running | Self::Succeeded => (0, State::Succeeded),
            Self::Skipped => (0, State::Succeeded),
            Self::Cancelled => (1, State::Cancelled),
            Self::Failed => (2, State::Failed),
            Self::TimedOut => (3, State::TimedOut),
            Self::Lost => (4, State::Lost),
        }
    }
}

/// What is known of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFacts {
    /// Whether it waits for a person.
    pub is_manual: bool,
    /// Whether a person let it begin.
    pub is_released: bool,
    /// Its parts.
    pub parts: Vec<PartState>,
}

/// What has to happen with a run next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: something is going on.
    Wait,
    /// The stage with this place begins.
    Begin(usize),
    /// The stage with this place waits for a person.
    Hold(usize),
    /// What has not begun never will; then it is over.
    End(State),
}

/// Decides what has to happen with a run: stages in order, each after all parts of the one before have succeeded. What runs is left
/// to end by itself; with `is_cancelled` nothing else begins.
pub fn next(stages: &[StageFacts], is_cancelled: bool) -> Next {
    let all = || stages.iter().flat_map(|stage| &stage.parts);
    let is_busy = all().any(|part| matches!(part, PartState::Queued | PartState::Running));
    let worst = all().map(|part| part.badness()).max_by_key(|(badness, _)| *badness);
    let (badness, outcome) = worst.unwrap_or((0, State::Succeeded));
    if badness > 0 || is_cancelled {
        if all().any(|part| *part == PartState::Running) || (is_busy && !is_cancelled) {
            return Next::Wait;
        }
        return Next::End(if badness > 1 || !is_cancelled { outcome } else { State::Cancelled });
    }
    if is_busy {
        return Next::Wait;
    }
    let next = stages.iter().position(|stage| stage.parts.contains(&PartState::Pending));
    match next {
        None => Next::End(State::Succeeded),
        Some(place) if stages[place].is_manual && !stages[place].is_released => Next::Hold(place),
        Some(place) => Next::Begin(place),
    }
}

#[cfg(test)]
mod tests {
    use super::PartState::{Cancelled, Failed, Lost, Pending, Queued, Running, Skipped, Succeeded, TimedOut};
    use super::*;

    fn stages(parts: &[&[PartState]]) -> Vec<StageFacts> {
        let stage =
            |parts: &&[PartState]| StageFacts { is_manual: false, is_released: false, parts: parts.to_vec() };
        parts.iter().map(stage).collect()
    }

    #[test]
    fn stages_begin_in_order_and_only_after_success() {
        for (parts, expected) in [
            (&[&[Pending][..], &[Pending]][..], Next::Begin(0)),
            (&[&[Succeeded, Running], &[Pending]], Next::Wait),
            (&[&[Succeeded, Succeeded], &[Pending, Pending]], Next::Begin(1)),
            (&[&[Succeeded], &[Succeeded]], Next::End(State::Succeeded)),
            (&[&[Failed, Running], &[Pending]], Next::Wait),
            (&[&[Failed, Queued], &[Pending]], Next::Wait),
            (&[&[Failed, Succeeded], &[Pending]], Next::End(State::Failed)),
            (&[&[Failed, TimedOut], &[Skipped]], Next::End(State::TimedOut)),
            (&[&[Lost, TimedOut], &[Skipped]], Next::End(State::Lost)),
            (&[&[Cancelled], &[Pending]], Next::End(State::Cancelled)),
            (&[], Next::End(State::Succeeded)),
        ] {
            assert_eq!(next(&stages(parts), false), expected, "{parts:?}");
        }
    }

    #[test]
    fn a_cancelled_run_begins_nothing_and_waits_only_for_what_runs() {
        for (parts, expected) in [
            (&[&[Queued][..], &[Pending]][..], Next::End(State::Cancelled)),
            (&[&[Running], &[Pending]], Next::Wait),
            (&[&[Succeeded], &[Pending]], Next::End(State::Cancelled)),
            (&[&[Failed], &[Pending]], Next::End(State::Failed)),
        ] {
            assert_eq!(next(&stages(parts), true), expected, "{parts:?}");
        }
    }

    #[test]
    fn a_manual_stage_waits_for_a_person() {
        let mut all = stages(&[&[Succeeded], &[Pending]]);
        all[1].is_manual = true;
        assert_eq!(next(&all, false), Next::Hold(1));
        all[1].is_released = true;
        assert_eq!(next(&all, false), Next::Begin(1));
    }
}
