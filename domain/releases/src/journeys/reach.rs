//! How far it is: from where commits are to one word for each place. Pure.

use super::{Arrival, Line, Linked, Place};
use base::Time;
use std::collections::BTreeMap;

/// What is said of a place beside a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Station {
    /// Nothing, or not all of it, is there.
    Ahead,
    /// All of it is there.
    There,
    /// The task keeps deployments from it.
    Blocked,
}

/// How far a task's work has come on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Each place of the line in order.
    pub stations: Vec<(Place, Station)>,
    /// The last place in that order that has all of it, with since when.
    pub last: Option<(Place, Option<Time>)>,
    /// How many changes count.
    pub changes: usize,
}

/// How far the commits of one task have come; `blocked` are the places that the task itself keeps closed.
pub(crate) fn reach(line: &Line, commits: &[&Linked], blocked: &[Place]) -> Reach {
    let mut changes: BTreeMap<&str, Vec<&Arrival>> = BTreeMap::new();
    for commit in commits.iter().filter(|commit| commit.repository == line.repository) {
        changes.entry(&commit.change).or_default().extend(&commit.arrivals);
    }
    // What is nowhere counts only while nothing is anywhere.
    let arrived: Vec<&Vec<&Arrival>> = changes.values().filter(|arrivals| !arrivals.is_empty()).collect();
    let mut last = None;
    let mut stations = Vec::new();
    for place in line.places() {
        let there: Vec<&Arrival> = arrived
            .iter()
            .filter_map(|arrivals| arrivals.iter().find(|arrival| arrival.place == place).copied())
            .collect();
        let is_there = !there.is_empty() && there.len() == arrived.len();
        if is_there {
            // All of it is there since the last of it came.
            let since = there.iter().map(|arrival| arrival.since).collect::<Option<Vec<_>>>();
            last = Some((place, since.and_then(|all| all.into_iter().max())));
        }
        let station = match (blocked.contains(&place), is_there) {
            (true, _) => Station::Blocked,
            (false, true) => Station::There,
            (false, false) => Station::Ahead,
        };
        stations.push((place, station));
    }
    let counted = if arrived.is_empty() { changes.len() } else { arrived.len() };
    Reach { stations, last, changes: counted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journeys::tests::{at, commit, line};

    #[test]
    fn a_place_is_reached_when_everything_that_arrived_anywhere_is_there() {
        use Station::{Ahead, Blocked, There};
        let (line, beta, production) = line();
        let shown = |commits: &[Linked], blocked: &[Place]| {
            let commits: Vec<&Linked> = commits.iter().collect();
            let reach = reach(&line, &commits, blocked);
            reach.stations.iter().map(|(_, station)| *station).collect::<Vec<_>>()
        };
        let merged = commit("a", "one", &[at(Place::Branch)]);
        let on_beta = commit("b", "two", &[at(Place::Branch), at(beta)]);
        let picked = commit("c", "one", &[at(production)]);
        let branch = commit("d", "three", &[]);
        for (commits, stations, why) in [
            (vec![], [Ahead, Ahead, Ahead], "nothing is linked"),
            (vec![branch.clone()], [Ahead, Ahead, Ahead], "it is on a branch only"),
            (vec![on_beta.clone()], [There, There, Ahead], "one commit"),
            (vec![on_beta.clone(), merged.clone()], [There, Ahead, Ahead], "the second is missing on beta"),
            (vec![on_beta.clone(), branch], [There, There, Ahead], "a squashed branch holds nothing back"),
            (vec![merged, picked], [There, Ahead, There], "picked to production, past beta"),
        ] {
            assert_eq!(shown(&commits, &[]), stations, "{why}");
        }
        assert_eq!(shown(&[on_beta], &[production]), [There, There, Blocked]);
    }

    #[test]
    fn it_is_there_since_the_last_of_it_came() {
        let (line, beta, _) = line();
        let since = |ms| Arrival { since: Some(Time::from_millis(ms)), ..at(beta) };
        let (one, two) = (commit("a", "one", &[since(5)]), commit("b", "two", &[since(9)]));
        assert_eq!(reach(&line, &[&one, &two], &[]).last, Some((beta, Some(Time::from_millis(9)))));
        let unseen = commit("c", "three", &[at(beta)]);
        assert_eq!(reach(&line, &[&one, &unseen], &[]).last, Some((beta, None)), "nobody saw when");
    }
}
