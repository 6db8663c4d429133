//! Keys of other programs' files, and what they are called here.

/// What somebody meant who wrote a key as another program calls it.
pub fn key(shape: &str, key: &str) -> Option<String> {
    let meant = match (shape, key) {
        ("job" | "part", "runs-on" | "runs_on" | "labels" | "tags" | "requires") => "agent",
        ("job" | "part", "container" | "docker") => "image: NAME",
        ("job" | "part", "script" | "commands" | "tasks") => "steps",
        ("job" | "part", "environment" | "variables") => "env",
        ("job" | "part", "timeout-minutes" | "timeouts") => "timeout: 45m",
        ("job" | "part", "strategy") => "matrix",
        ("job", "schedule" | "schedules" | "triggers" | "trigger") => {
            "on: [{cron: \"0 6 1 * *\", tz: Europe/London}]"
        }
        ("job", "cron") => "on: [{cron: ...}]",
        ("job" | "part", "final-tasks" | "post" | "after_script") => "finally",
        ("job", "freezes" | "blackout" | "frozen") => {
            "freeze: [{from: 90m before OTHER-JOB, until: OTHER-JOB finished}]"
        }
        ("job", "environments") => "deploy: NAME",
        ("job", "plan") => "name",
        ("part", "needs") => "stages: jobs of one stage run side by side, stages in order",
        ("step", "script" | "command" | "cmd") => "run",
        ("step", "working-directory" | "working-dir" | "cwd") => "workdir",
        ("step", "if") => "always: true",
        ("artifact", "path" | "paths" | "location") => "pattern",
        ("cron", "timezone" | "zone" | "time_zone") => "tz",
        ("cron", "schedule" | "expression") => "cron",
        ("timeout", "idle" | "hung") => "silent",
        _ => return None,
    };
    Some(format!("here that is called {meant}"))
}
