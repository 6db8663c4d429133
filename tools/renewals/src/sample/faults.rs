//! Faults on request: which, and how often.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 429 with Retry-After.
    Throttle,
    /// 500.
    Error,
    /// A pause in the midst of the answer.
    Slow,
    /// An answer that is no JSON.
    Broken,
    /// A connection that ends in the midst of the answer.
    Truncated,
    /// An export that is gone when it should be downloaded.
    Expired,
    /// An export that fails while it is made.
    Failed,
    /// A page that comes again instead of the next.
    Duplicate,
    /// All records move on by one while pages are read, as if one had appeared at the front; a reader who begins anew
    /// finds them at rest. It happens once.
    Shift,
}

/// Word, fault, and every how many requests unless told otherwise.
const FAULTS: [(&str, Fault, u64); 9] = [
    ("throttle", Fault::Throttle, 7),
    ("error", Fault::Error, 11),
    ("slow", Fault::Slow, 13),
    ("broken", Fault::Broken, 5),
    ("truncated", Fault::Truncated, 3),
    ("expired", Fault::Expired, 4),
    ("failed", Fault::Failed, 6),
    ("duplicate", Fault::Duplicate, 9),
    ("shift", Fault::Shift, 4),
];

/// The faults that were asked for.
#[derive(Debug, Default)]
pub struct Faults {
    /// For each fault of the table: every how many requests, or never; and how many could have had it so far.
    every: [Option<u64>; FAULTS.len()],
    seen: [AtomicU64; FAULTS.len()],
}

impl Clone for Faults {
    fn clone(&self) -> Self {
        Self { every: self.every, seen: Default::default() }
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut faults = Faults::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, every) = word.split_once('=').unwrap_or((word, ""));
            let every = match every {
                "" => None,
                _ => Some(
                    every.parse().ok().filter(|every| *every > 0).ok_or(format!("{word}: not a number"))?,
                ),
            };
            let mut is_known = false;
            for (place, (known, _, usual)) in FAULTS.iter().enumerate() {
                if name == *known || name == "all" {
                    is_known = true;
                    faults.every[place] = Some(every.unwrap_or(*usual));
                }
            }
            if !is_known {
                let known: Vec<_> = FAULTS.iter().map(|(known, _, _)| *known).collect();
                return Err(format!("{name}: no such fault; known are {} and all", known.join(", ")));
            }
        }
        Ok(faults)
    }
}

impl Faults {
    /// Whether a request that could have this fault has it now.
    pub(crate) fn strike(&self, fault: Fault) -> bool {
        let place = fault as usize;
        let Some(every) = self.every[place] else { return false };
        let seen = self.seen[place].fetch_add(1, Ordering::SeqCst) + 1;
        // Were there no end of it, no list could ever be read.
        if fault == Fault::Shift { seen == every } else { seen.is_multiple_of(every) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_as_often_as_asked() {
        let faults: Faults = "throttle=3,shift".parse().expect("known");
        let struck: Vec<bool> = (0..7).map(|_| faults.strike(Fault::Throttle)).collect();
        assert_eq!(struck, [false, false, true, false, false, true, false]);
        assert!(!faults.strike(Fault::Error));
        assert_eq!((0..12).filter(|_| faults.strike(Fault::Shift)).count(), 1, "once and never again");
        assert!(FAULTS.iter().enumerate().all(|(place, (_, fault, _))| *fault as usize == place));
        assert!("gremlins".parse::<Faults>().is_err() && "slow=0".parse::<Faults>().is_err());
    }
}
