//! The way of a commit: from its deployment to one environment to the deployment that took it to the next.

use super::Timetable;
use crate::deployments::State;
use base::Time;

/// A line from one lane to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path<'a> {
    pub from_lane: usize,
    pub from: Time,
    pub to_lane: usize,
    pub to: Time,
    pub commit: &'a str,
    /// Whether it has arrived.
    pub is_done: bool,
}

/// Every way that is on this day, from its first deployment that succeeded to the first that took it further.
pub(super) fn paths(table: &Timetable) -> Vec<Path<'_>> {
    let mut found: Vec<Path<'_>> = Vec::new();
    for (to_lane, lane) in table.lanes.iter().enumerate() {
        let Some(from_lane) = lane.after else { continue };
        let Some(before) = table.lanes.get(from_lane) else { continue };
        for stop in lane.stops.iter().filter(|stop| stop.state.is_live() || stop.state == State::Succeeded) {
            let came = before.stops.iter().find(|other| {
                other.state == State::Succeeded && other.commit == stop.commit && other.at <= stop.at
            });
            let is_known = found.iter().any(|path| path.to_lane == to_lane && path.commit == stop.commit);
            if let Some(came) = came.filter(|_| !is_known) {
                found.push(Path {
                    from_lane,
                    from: came.at,
                    to_lane,
                    to: stop.at,
                    commit: &stop.commit,
                    is_done: stop.state == State::Succeeded,
                });
            }
        }
    }
    found
}
