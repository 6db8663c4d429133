//! Reads the closing lines of test runners.

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, timed out or could not be started.
    pub failed: u64,
}

impl Counts {
    /// Adds what a line says, if it is a closing line of nextest, of `cargo test` or of an acceptance runner.
    pub fn read(&mut self, line: &str) {
        // nextest shows what a failed test printed, moved to the right: the closing line in it is not the run's, and a test that
        // passed at another try has not failed.
        let is_shown = line.starts_with("    test result: ");
        let line = line.trim();
        let list = if let Some((_, list)) =
            line.split_once("tests run: ").or_else(|| line.split_once("test run: "))
        {
            list
        } else if is_shown {
            return;
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            rest.split_once(". ").map_or(rest, |(_, list)| list)
        } else if is_plain(line) {
            line
        } else {
            return;
        };
        for part in list.split([',', ';']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" | "timed" | "exec" => self.failed += count,
                _ => {}
            }
        }
    }
}

fn is_plain(line: &str) -> bool {
    let parts: Vec<&str> = line.split(", ").collect();
    let counts = |part: &str, what: &str| {
        part.strip_suffix(what).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.len() >= 2 && counts(parts[0], " passed") && counts(parts[1], " failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        for (line, passed, failed) in [
            ("     Summary [   0.012s] 5 tests run: 5 passed, 0 skipped", 5, 0),
            (
                "     Summary [  91.1s] 7/9 tests run: 4 passed (1 slow), 1 failed, 2 timed out, 3 skipped",
                4,
                3,
            ),
            ("Summary [   0.012s] 1 test run: 1 passed, 0 skipped", 1, 0),
            (
                "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
                3,
                2,
            ),
            ("    test result: FAILED. 0 passed; 1 failed; 0 ignored; finished in 0.00s", 0, 0),
            ("8 passed, 1 failed", 8, 1),
            ("8 passed, 1 failed, 2 skipped", 8, 1),
            ("told that 8 passed, 1 failed", 0, 0),
            ("ok     asana/a01 [pypi:asana==5.4.0]", 0, 0),
        ] {
            let mut counts = Counts::default();
            counts.read(line);
            assert_eq!(counts, Counts { passed, failed }, "{line}");
        }
    }
}
