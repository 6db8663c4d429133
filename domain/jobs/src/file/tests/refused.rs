//! What is wrong with bad files, where, and what was meant.

use super::super::parse;
use super::told;

/// A good job around the line in question, which is line 3.
fn around(line: &str) -> String {
    format!("name: job\nsteps: [x]\n{line}\n")
}

#[test]
fn each_mistake_is_told_with_its_place() {
    for (text, finding) in [
        ("titel: x", "3:1: error: titel: there is no key \"titel\" in this job (did you mean title?)"),
        (
            "schedule: x",
            "3:1: error: schedule: there is no key \"schedule\" in this job (here that is called on: [{cron: \"0 6 1 * *\", tz: Europe/London}])",
        ),
        (
            "runs-on: linux",
            "3:1: error: runs-on: there is no key \"runs-on\" in this job (here that is called agent)",
        ),
        ("enabled: yes", "3:10: error: enabled: here belongs true or false, not \"yes\" (true)"),
        ("title: 12", "3:8: error: title: here belongs a text, not 12 (\"12\")"),
        ("title: [a]", "3:8: error: title: here belongs a text, not a list"),
        ("env: [A=1]", "3:6: error: env: here belongs a map, not a list"),
        (
            "env: {1A: x}",
            "3:7: error: env.1A: the name \"1A\" won't do: a variable's name has letters, digits and underscores and begins with no digit",
        ),
        (
            "env: {SIGNALBOX_URL: x}",
            "3:22: error: env.SIGNALBOX_URL: SIGNALBOX_URL can't be set: names that begin with SIGNALBOX_ are the agent's",
        ),
        (
            "env: {DB_PASSWORD: hunter2}",
            "3:20: warning: env.DB_PASSWORD: DB_PASSWORD looks like a secret that everybody can read here; name it under secrets",
        ),
        (
            "secrets: [db_password]",
            "3:11: error: secrets[0]: \"db_password\" won't do: a secret's name has upper-case letters, digits and underscores, like DB_PASSWORD",
        ),
        (
            "isolation: dokcer",
            "3:12: error: isolation: here belongs one of none, bwrap, docker, not \"dokcer\" (docker)",
        ),
        ("isolation: docker", "3:12: error: isolation: isolation: docker needs an image"),
        ("{image: a, isolation: bwrap}", ""),
        (
            "network: false",
            "3:10: error: network: a plain process can't be kept from the network; say isolation: bwrap or give an image",
        ),
        (
            "limits: {memory: 512}",
            "3:18: error: limits.memory: less than 4MiB of memory starts nothing; is the unit missing?",
        ),
        (
            "limits: {memory: lots}",
            "3:18: error: limits.memory: here belongs a size like 512MiB or 2GB, not \"lots\"",
        ),
        ("limits: {cpus: 0}", "3:16: error: limits.cpus: a number of processors is from 0.001 to 1024"),
        (
            "timeout: soon",
            "3:10: error: timeout: here belongs a length of time like 90s, 15m, 1h30m or 7d, not \"soon\"",
        ),
        (
            "timeout: {run: 1h, idle: 5m}",
            "3:20: error: timeout.idle: there is no key \"idle\" in this timeout (here that is called silent)",
        ),
        (
            "retry: {max: 2, on: [\"exit:0\"]}",
            "3:22: error: retry.on[0]: \"exit:0\" is not one of: agent_lost, failed, timed_out, exit:N (1 to 255)",
        ),
        ("retry: {on: failed}", "3:8: error: retry: the key max is missing: How often."),
        ("agent: [\"os~(\"]", "3:9: error: agent[0]: \"(\" is not a regular expression"),
        (
            "artifacts: [../secrets]",
            "3:13: error: artifacts[0]: \"../secrets\" won't do: a pattern stays below the workspace: no .. and no slash in front",
        ),
        (
            "artifacts: [{name: a, pattern: /etc/passwd}]",
            "3:32: error: artifacts[0].pattern: \"/etc/passwd\" won't do: a pattern stays below the workspace: no .. and no slash in front",
        ),
        ("uses: [app]", "1:1: error: job uses the artifact \"app\", and no earlier stage shares it"),
        (
            "deploy: Beta!",
            "3:9: error: deploy: \"Beta!\" won't do: it is the name of an environment, like beta",
        ),
        (
            "notify: [{on: failed, to: ownr}]",
            "3:27: error: notify[0].to: here belongs owner, committers, watchers, a mail address, or a map with user, team, email or webhook (did you mean owner?)",
        ),
        (
            "permissions: {run: [\"group:x\"]}",
            "3:21: error: permissions.run[0]: \"group:x\" names nobody; write everyone, members, owner, team:NAME or a person's address",
        ),
        (
            "on: often",
            "3:5: error: on: a trigger is manual, push, webhook, or a map with one of the keys cron, push, webhook, after, manual",
        ),
        (
            "on: {crom: \"0 0 * * *\"}",
            "3:5: error: on: a trigger has one of the keys cron, push, webhook, after, manual (did you mean cron?)",
        ),
        (
            "on: {cron: \"0 0 * * *\", push: main}",
            "3:5: error: on: one trigger can't be cron and push at once; make them items of a list",
        ),
        (
            "on: {cron: \"0 0 30 2 *\", tz: UTC}",
            "3:12: error: on.cron: the schedule \"0 0 30 2 *\" can't be used: it never comes: there is no day 30 in February",
        ),
        (
            "on: {cron: \"0 0 * * *\"}",
            "3:12: warning: on.cron: there is no tz, so UTC is meant; say tz: UTC or tz: Europe/London",
        ),
        (
            "on: {cron: \"0 0 * * *\", tz: Europe/Lodnon}",
            "3:29: error: on.tz: \"Europe/Lodnon\" is not a time zone; write one like Europe/London or UTC; did you mean Europe/London?",
        ),
        (
            "on: {cron: \"0 0 * * *\", tz: UTC, calendars: {exclude: [holiday]}}",
            "3:5: error: on: there is no calendar \"holiday\" under calendars",
        ),
        (
            "on: {cron: \"0 0 * * *\", tz: UTC, params: {month: x}}",
            "3:5: error: on: what the schedule hands over won't do: the job has no parameter month",
        ),
        (
            "on: {cron: \"0 0 1 1 *\", tz: UTC, business_day: 5}",
            "3:5: error: on: with its calendars the schedule can't be used: it never comes: there is no day 1 in January",
        ),
        ("on: {after: job}", "3:5: error: on: a job that starts after itself never ends"),
        (
            "params: {Month: x}",
            "3:10: error: params.Month: the name \"Month\" won't do: a parameter's name has lower-case letters, digits and underscores, at most 40",
        ),
        (
            "params: {month: {type: choice}}",
            "3:17: error: params.month: choices belong to the type choice, and that needs them",
        ),
        (
            "params: {n: {type: integer, default: x}}",
            "3:38: error: params.n.default: n is \"x\" and must be a whole number",
        ),
        (
            "calendars: {c: {yearly: [13-01]}}",
            "3:25: error: calendars.c.yearly: \"13-01\" is not a day of the year; write 12-25, last monday of may, or easter -2",
        ),
        (
            "calendars: {c: {dates: [2026-02-30]}}",
            "3:25: error: calendars.c.dates[0]: \"2026-02-30\" is not a day; write 2026-12-24, or 2026-12-24..2027-01-02 for a stretch",
        ),
        (
            "concurrency: {group: a, limit: 0}",
            "3:32: error: concurrency.limit: here belongs a whole number from 1 to 1000, not 0",
        ),
        ("matrix: {a: [1, 2], exclude: [{a: 3}]}", "3:31: warning: matrix.exclude[0]: this excludes nothing"),
        ("matrix: {a: []}", "3:13: error: matrix.a: the list of values is empty"),
        (
            "matrix: {a: [1], include: [{b: 2}]}",
            "3:28: error: matrix.include[0]: a combination gives exactly the names of the matrix: a",
        ),
        ("env: {A: \"${matrix.b}\"}", "1:1: error: ${matrix.b} stands here, and the matrix has no b"),
        (
            "jobs: [{name: a, steps: [b]}]",
            "1:1: error: the job has steps and jobs; only one of them can be meant",
        ),
        ("name: again", "3:1: error: \"name\" is there twice, first in line 1"),
        ("env: !include x.yaml", "3:6: error: the tag \"!include\" means nothing in a job file"),
        ("env: *nowhere", "3:6: error: this is not YAML: while parsing node, found unknown anchor"),
        (
            "env: {A: 1",
            "4:1: error: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'",
        ),
        ("env: \"\\0\"", "3:6: error: env: here belongs a map, not \"\\0\""),
        ("title: \"a\\nb\"", "3:8: error: title: the name has line breaks or control characters"),
    ] {
        if finding.is_empty() {
            continue;
        }
        let parsed = parse(&around(text));
        assert!(
            told(&parsed.findings).lines().any(|line| line == finding),
            "{text}\n wanted: {finding}\n found: {}",
            told(&parsed.findings)
        );
        assert_eq!(
            parsed.jobs.is_empty(),
            finding.contains(": error: "),
            "{text}: a job with an error can't be used"
        );
    }
}

#[test]
fn whole_files_are_refused_where_they_are_wrong() {
    for (text, finding) in [
        ("", "1:1: error: the file has no job"),
        ("# nothing\n", "1:1: error: the file has no job"),
        ("- a\n", "1:1: error: here belongs a map with the keys name, title,"),
        ("steps: [x]\n", "1:1: error: the key name is missing: Its name in addresses"),
        (
            "name: Nightly Backup\nsteps: [x]\n",
            "1:7: error: name: \"Nightly Backup\" won't do: a job's name has lower-case",
        ),
        ("name: a\n", "1:1: error: the job does nothing: it has none of steps, jobs, stages"),
        ("name: a\nsteps: []\n", "1:1: error: the job has no step"),
        (
            "name: a\nsteps: [x]\n---\nname: a\nsteps: [y]\n",
            "4:1: error: the job a is there twice, first in line 1",
        ),
        (
            "name: a\nsteps:\n  - run: x\n  - command: y\n",
            "4:5: error: steps[1].command: there is no key \"command\" in this step (here that is called run)",
        ),
        (
            "name: a\nstages:\n- name: s\n  jobs:\n  - name: p\n    steps: [x]\n    needs: [q]\n",
            "7:5: error: stages[0].jobs[0].needs: there is no key \"needs\" in this part",
        ),
        (
            "name: a\njobs:\n- {name: p, steps: [x]}\n- {name: p, steps: [x]}\n",
            "4:3: error: jobs[1]: the job \"p\" is there twice in its stage",
        ),
        (
            "name: a\njobs:\n- {name: p, steps: [x], matrix: {v: [1, 2]}, artifacts: [{name: o, pattern: o, shared: true}]}\n",
            "1:1: error: the parts p-1 and p-2 share an artifact of the same name, \"o\"",
        ),
        (
            "name: a\nmatrix: {v: [1]}\njobs: [{name: p, steps: [x]}]\n",
            "2:9: error: matrix: matrix belongs to a job of a stage, or beside steps",
        ),
        (
            "name: a\nimage: x\nisolation: bwrap\nsteps: [x]\n",
            "3:12: error: isolation: an image needs isolation: docker, and bwrap has none",
        ),
        (
            "name: a\nenv: {A: b}\nsecrets: [A]\nsteps: [x]\n",
            "3:11: error: secrets[0]: A is in env too; which of them is meant?",
        ),
        (
            "name: a\nparams: {m: {required: true}}\non: {cron: '@daily', tz: UTC}\nsteps: [x]\n",
            "3:5: error: on: what the schedule hands over won't do: m is required",
        ),
        ("name: a\nsteps:\n\t- x\n", "3:2: error: this is not YAML: tabs disallowed"),
    ] {
        let parsed = parse(text);
        assert!(
            told(&parsed.findings).lines().any(|line| line.starts_with(finding)),
            "{text}\n wanted: {finding}\n found: {}",
            told(&parsed.findings)
        );
    }
}
