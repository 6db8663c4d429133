//! The table of everything that a job file may say.

use super::Weekday;
use super::shape::Kind::{
    Boolean, Duration, Either, Integer, List, Many, Map, Match, Named, Null, Number, Scalar, Size, Text, Word,
};
use super::shape::{Kind, Shape, may, must};
use super::{AfterResult, Dialect, Isolation, MissedPolicy, NotifyOn, Observed, Overlap, ParamKind, Pull};

/// Names that go into addresses: lower-case letters, digits, hyphens.
pub const SLUG: &str = "[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?";
/// Names of parameters and of the axes of a matrix.
pub const WORD: &str = "[a-z][a-z0-9_]{0,39}";
/// Names of environment variables.
pub const VARIABLE: &str = "[A-Za-z_][A-Za-z0-9_]{0,127}";
/// Names of secrets.
pub const SECRET: &str = "[A-Z][A-Z0-9_]{0,127}";
/// Names of calendars and artifacts.
pub const NAME: &str = "[A-Za-z0-9$][A-Za-z0-9 ._{}$-]{0,99}";
const FREEZE_FROM: &str = "\\s*(([0-9]+[smhdw]?)+\\s+before\\s+)?[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?\\s*";
const FREEZE_UNTIL: &str =
    "\\s*(([0-9]+[smhdw]?)+\\s+after\\s+)?[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?(\\s+finished)?\\s*";
const ANY_NAME: &str = ".{1,200}";
const DATE: &str = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?";

macro_rules! words {
    ($name:ty) => {
        Word(|| <$name>::ALL.iter().map(|word| word.as_str()).collect())
    };
}

const SLUG_KIND: Kind = Match(SLUG);
const SCALARS: Kind = Named(VARIABLE, &Either(&[Scalar, Null]));
const PARAMS: Kind = Named(WORD, &Either(&[Scalar, Null, Map(&PARAM)]));
const PARAMS_GIVEN: Kind = Named(WORD, &Scalar);
const SECRETS: Kind = Many(&Match(SECRET));
const STEPS: Kind = Many(&Either(&[Text, Map(&STEP)]));
const ARTIFACTS: Kind = Many(&Either(&[Text, Map(&ARTIFACT)]));
const AGENT: Kind = Either(&[Many(&Text), Named("[A-Za-z0-9_./-]{1,100}", &Scalar)]);
const TIMEOUT_KIND: Kind = Either(&[Duration, Map(&TIMEOUT)]);
const RETRY_KIND: Kind = Either(&[Integer(0, 20), Map(&RETRY)]);
const MATRIX: Kind = Named(WORD, &Either(&[Scalar, List(&Scalar), List(&Named(WORD, &Scalar))]));
const PUSH_KIND: Kind = Either(&[Null, Many(&Text), Map(&PUSH)]);
const WEBHOOK_KIND: Kind = Either(&[Null, Map(&WEBHOOK)]);
const AFTER_KIND: Kind = Either(&[Match(SLUG), Map(&AFTER)]);
const MANUAL_KIND: Kind = Either(&[Null, Map(&MANUAL)]);
const TRIGGER: Kind = Either(&[
    Word(|| BARE_TRIGGERS.to_vec()),
    Map(&CRON),
    Map(&PUSH_TRIGGER),
    Map(&WEBHOOK_TRIGGER),
    Map(&AFTER_TRIGGER),
    Map(&MANUAL_TRIGGER),
]);

/// Triggers that need no more than their name.
pub const BARE_TRIGGERS: [&str; 3] = ["manual", "push", "webhook"];
/// Recipients that need no more than their name.
pub const BARE_RECIPIENTS: [&str; 3] = ["owner", "committers", "watchers"];

/// The shapes of triggers by the key that tells them apart.
pub static TRIGGERS: [(&str, &Shape); 5] = [
    ("cron", &CRON),
    ("push", &PUSH_TRIGGER),
    ("webhook", &WEBHOOK_TRIGGER),
    ("after", &AFTER_TRIGGER),
    ("manual", &MANUAL_TRIGGER),
];

/// A document.
pub static JOB: Shape = Shape {
    name: "job",
    doc: "Scheduled or triggered work. Each document of the file is one job.",
    keys: &[
        must(
            "name",
            SLUG_KIND,
            "Its name in addresses and commands: lower-case letters, digits, hyphens; one per workspace.",
        ),
        may("title", Text, "What people see."),
        may("description", Text, "What it is for, in Markdown."),
        may("owner", Text, "The person or team that answers for it: an address, or team:NAME."),
        may("enabled", Boolean, "false switches it off: it can be looked at, and nothing starts it."),
        may("on", Many(&TRIGGER), "What starts it. Without this key: people."),
        may("params", PARAMS, "What a run may be started with. Steps see PARAM_NAME."),
        may("image", Text, "The container image that its steps run in."),
        may(
            "isolation",
            words!(Isolation),
            "How steps are kept apart from the machine; docker when there is an image, else none.",
        ),
        may("pull", words!(Pull), "When the image is fetched."),
        may("network", Boolean, "false takes the network away."),
        may("env", SCALARS, "The environment of every step."),
        may("secrets", SECRETS, "Names of secrets that steps get as environment variables."),
        may("agent", AGENT, "Labels that an agent must have: docker, os=linux, zone~^eu-."),
        may("limits", Map(&LIMITS), "What one part may use up."),
        may("timeout", TIMEOUT_KIND, "How long one part may take; 1h unless said."),
        may("retry", RETRY_KIND, "How often a part is tried again, and after what."),
        may("matrix", MATRIX, "With steps: run them once for each combination of these values."),
        may("steps", STEPS, "The short form: one stage with one job."),
        may("jobs", Many(&Map(&PART)), "The middle form: one stage with these jobs side by side."),
        may(
            "stages",
            Many(&Map(&STAGE)),
            "Stages in order; the next begins when all jobs of one have succeeded.",
        ),
        may("finally", STEPS, "Steps that every job ends with, whatever happened, cancelling included."),
        may("artifacts", ARTIFACTS, "Files that every job keeps."),
        may("uses", Many(&Match(NAME)), "With steps: shared artifacts of earlier stages that it gets."),
        may("overlap", words!(Overlap), "What happens when it should start while it still runs."),
        may(
            "concurrency",
            Either(&[Match(NAME), Map(&CONCURRENCY)]),
            "A name that several jobs share, so that only so many run at once.",
        ),
        may(
            "freeze",
            Many(&Map(&FREEZE)),
            "Stretches of time around the runs of other jobs, in which it is not begun.",
        ),
        may("deploy", SLUG_KIND, "The environment that its runs deploy to: its gate is asked first."),
        may(
            "notify",
            Many(&Map(&NOTIFY)),
            "Who hears of what. Without this key: owner, committers and watchers, of failures and recoveries.",
        ),
        may("permissions", Map(&PERMISSIONS), "Who may do what, where it differs from the repository's."),
        may("calendars", Named(NAME, &Map(&CALENDAR)), "Sets of days that schedules name."),
    ],
};

pub static CRON: Shape = Shape {
    name: "cron",
    doc: "A schedule.",
    keys: &[
        must(
            "cron",
            Text,
            "The expression: minute, hour, day, month, weekday; or @monthly and its friends. H is a place of the job's own.",
        ),
        may("tz", Text, "The IANA time zone that it is meant in, like Europe/London."),
        may(
            "dialect",
            words!(Dialect),
            "How the expression is read: standard, seconds (a field in front), quartz.",
        ),
        may(
            "missed",
            Either(&[words!(MissedPolicy), Map(&MISSED)]),
            "What happens with fires whose time passed while nobody could start them.",
        ),
        may(
            "overlap",
            words!(Overlap),
            "What happens when the run before is still there; the job's unless said.",
        ),
        may("jitter", Duration, "Starts are put off by up to this long, each fire always by the same."),
        may("calendars", Map(&CALENDARS_USED), "Days on which it fires, and days on which it does not."),
        may("business_day", Integer(-23, 23), "Only on the nth business day of the month; -1 is the last."),
        may("params", PARAMS_GIVEN, "What it hands to its runs."),
        may("enabled", Boolean, "false switches it off."),
    ],
};

pub static MISSED: Shape = Shape {
    name: "missed",
    doc: "What happens with missed fires.",
    keys: &[
        must("policy", words!(MissedPolicy), "skip, run_once (the latest), run_all."),
        may("within", Duration, "Older fires never run; 1h unless said."),
    ],
};

pub static CALENDARS_USED: Shape = Shape {
    name: "calendars_used",
    doc: "The calendars of a schedule.",
    keys: &[
        may("include", Many(&Match(NAME)), "Only days in all of these."),
        may("exclude", Many(&Match(NAME)), "Days in any of these are skipped, and are no business days."),
    ],
};

static PUSH_TRIGGER: Shape = Shape {
    name: "push_trigger",
    doc: "Commits that arrive.",
    keys: &[must("push", PUSH_KIND, "Which pushes; those to the default branch unless said.")],
};

pub static PUSH: Shape = Shape {
    name: "push",
    doc: "Which pushes.",
    keys: &[
        may("branches", Many(&Text), "Patterns of branches; * stops at a slash, ** does not."),
        may("paths", Many(&Text), "Patterns of changed files."),
        may("tags", Many(&Text), "Patterns of tags."),
    ],
};

static WEBHOOK_TRIGGER: Shape = Shape {
    name: "webhook_trigger",
    doc: "A request from outside.",
    keys: &[must("webhook", WEBHOOK_KIND, "Which requests.")],
};

pub static WEBHOOK: Shape = Shape {
    name: "webhook",
    doc: "Which requests.",
    keys: &[may("secret", Match(SECRET), "The name of the secret that signs them.")],
};

static AFTER_TRIGGER: Shape = Shape {
    name: "after_trigger",
    doc: "The end of another job's run.",
    keys: &[
        must("after", AFTER_KIND, "The other job."),
        may("result", words!(AfterResult), "Which ends; success unless said."),
        may("params", PARAMS_GIVEN, "What it hands to its runs."),
    ],
};

pub static AFTER: Shape = Shape {
    name: "after",
    doc: "The end of another job's run.",
    keys: &[
        must("job", SLUG_KIND, "The other job."),
        may("result", words!(AfterResult), "Which ends; success unless said."),
    ],
};

static MANUAL_TRIGGER: Shape = Shape {
    name: "manual_trigger",
    doc: "People, and clients on their behalf.",
    keys: &[must("manual", MANUAL_KIND, "What they may say.")],
};

pub static MANUAL: Shape = Shape {
    name: "manual",
    doc: "What people may say when they start a run.",
    keys: &[may("params", PARAMS, "The same as params of the job.")],
};

pub static PARAM: Shape = Shape {
    name: "param",
    doc: "What a run may be started with. A plain value instead is a text with that default.",
    keys: &[
        may("type", words!(ParamKind), "What it may hold; text unless said, choice when there are choices."),
        may("title", Text, "The label of its field."),
        may("description", Text, "What to write there."),
        may("default", Scalar, "What it is when nobody says."),
        may("required", Boolean, "Whether a run can't start without it."),
        may("choices", Many(&Scalar), "The values of a choice."),
        may("pattern", Text, "A regular expression that a text must match as a whole."),
        may("least", Either(&[Number, Integer(i64::MIN, i64::MAX)]), "The least that a number may be."),
        may("most", Either(&[Number, Integer(i64::MIN, i64::MAX)]), "The most that a number may be."),
    ],
};

pub static STAGE: Shape = Shape {
    name: "stage",
    doc: "Jobs that run side by side.",
    keys: &[
        must("name", Match(ANY_NAME), "What people see."),
        may("manual", Boolean, "true waits for a person before it begins."),
        must("jobs", Many(&Map(&PART)), "Its jobs."),
    ],
};

/// A job of a stage.
pub static PART: Shape = Shape {
    name: "part",
    doc: "One job of a stage. What it does not say is as the document says.",
    keys: &[
        must("name", Match(ANY_NAME), "What people see."),
        must("steps", STEPS, "What it does, in order."),
        may("matrix", MATRIX, "Run it once for each combination of these values."),
        may("image", Text, "The container image that its steps run in."),
        may("isolation", words!(Isolation), "How its steps are kept apart from the machine."),
        may("pull", words!(Pull), "When the image is fetched."),
        may("network", Boolean, "false takes the network away."),
        may("env", SCALARS, "The environment of its steps, added to the document's."),
        may("secrets", SECRETS, "Names of secrets, added to the document's."),
        may("agent", AGENT, "Labels that an agent must have, added to the document's."),
        may("limits", Map(&LIMITS), "What it may use up."),
        may("timeout", TIMEOUT_KIND, "How long it may take."),
        may("retry", RETRY_KIND, "How often it is tried again, and after what."),
        may("finally", STEPS, "Steps that it ends with, whatever happened; before the document's."),
        may("artifacts", ARTIFACTS, "Files that it keeps, added to the document's."),
        may(
            "uses",
            Many(&Match(NAME)),
            "Shared artifacts of earlier stages that it gets; all of them unless said.",
        ),
    ],
};

pub static STEP: Shape = Shape {
    name: "step",
    doc: "One command. A text instead is its script.",
    keys: &[
        must("run", Text, "The script."),
        may("name", Match(ANY_NAME), "What people see; the script's first line unless said."),
        may("shell", Text, "The program that gets the script, like bash or python3."),
        may("workdir", Text, "The folder that it runs in, below the workspace."),
        may("env", SCALARS, "Its environment, added to the job's."),
        may("timeout", Duration, "How long it may take."),
        may("always", Boolean, "true runs it although a step before it failed."),
    ],
};

pub static ARTIFACT: Shape = Shape {
    name: "artifact",
    doc: "Files that are kept. A text instead is the pattern.",
    keys: &[
        must("name", Match(NAME), "What they are called together."),
        must("pattern", Text, "Which files; * stops at a slash, ** does not."),
        may("required", Boolean, "true fails the job when there are none."),
        may("shared", Boolean, "true gives them to later stages."),
        may("keep", Duration, "How long they are kept; as long as the run unless said."),
    ],
};

pub static LIMITS: Shape = Shape {
    name: "limits",
    doc: "What one part may use up.",
    keys: &[
        may("memory", Size, "Memory, like 512MiB."),
        may("cpus", Number, "Processors, like 1.5."),
        may("pids", Integer(1, 4_194_304), "Processes at once."),
        may("disk", Size, "What its workspace may hold, like 2GiB."),
    ],
};

pub static TIMEOUT: Shape = Shape {
    name: "timeout",
    doc: "How long a part may take.",
    keys: &[
        may("run", Duration, "From its first step to its last; 1h unless said."),
        may("queue", Duration, "How long it may wait for an agent."),
        may("silent", Duration, "How long it may print nothing."),
    ],
};

pub static RETRY: Shape = Shape {
    name: "retry",
    doc: "When a part is tried again.",
    keys: &[
        must("max", Integer(0, 20), "How often."),
        may(
            "on",
            Many(&Match("agent_lost|failed|timed_out|exit:[0-9]{1,3}")),
            "After what: failed, timed_out, agent_lost, exit:75; failed and agent_lost unless said.",
        ),
        may("backoff", Text, "How long it waits, and what that grows to: 30s..10m."),
    ],
};

pub static CONCURRENCY: Shape = Shape {
    name: "concurrency",
    doc: "A name that several jobs share.",
    keys: &[
        must("group", Match(NAME), "The name."),
        may("limit", Integer(1, 1_000), "How many runs may hold it at once; 1 unless said."),
        may("when_full", words!(Overlap), "What happens to a run when they do; buffer_all unless said."),
    ],
};

pub static FREEZE: Shape = Shape {
    name: "freeze",
    doc: "A stretch of time around each run of another job. Fires in it are skipped, or wait for its end where overlap has them wait; pushes and requests wait; people are told why.",
    keys: &[
        must(
            "from",
            Match(FREEZE_FROM),
            "When it begins: 90m before prod-push, or prod-push for the moment that it begins.",
        ),
        may(
            "until",
            Match(FREEZE_UNTIL),
            "When it ends: prod-push finished (unless said), 30m after prod-push, or prod-push for the moment that it begins.",
        ),
    ],
};

pub static NOTIFY: Shape = Shape {
    name: "notify",
    doc: "Who hears of what.",
    keys: &[
        must("on", Many(&words!(NotifyOn)), "Of what."),
        must(
            "to",
            Many(&Either(&[Text, Map(&RECIPIENT)])),
            "Who: owner, committers, watchers, an address, or a map.",
        ),
        may("after_failures", Integer(1, 1_000), "Tell of a failure only after so many in a row."),
        may("always", Boolean, "Tell of every failure, not only of the first in a row."),
    ],
};

pub static RECIPIENT: Shape = Shape {
    name: "recipient",
    doc: "Who hears; one of these.",
    keys: &[
        may("user", Text, "A person, by name or address."),
        may("team", Text, "Everybody in a team."),
        may("email", Text, "A mail address."),
        may("webhook", Text, "A URL, or the name of a secret that holds one."),
    ],
};

const SUBJECTS: Kind = Many(&Text);
pub static PERMISSIONS: Shape = Shape {
    name: "permissions",
    doc: "Who may do what: everyone, members, owner, team:NAME, or a person's address. An empty list is administrators only.",
    keys: &[
        may("view", SUBJECTS, "See that it exists, its runs and their outcomes."),
        may("log", SUBJECTS, "Read logs and artifacts."),
        may("run", SUBJECTS, "Start, cancel and retry runs."),
        may("edit", SUBJECTS, "Change what it is."),
        may("schedule", SUBJECTS, "Pause, resume and backfill its schedules."),
        may("secrets", SUBJECTS, "Set its secrets."),
        may("admin", SUBJECTS, "All of these, and who may do them."),
    ],
};

pub static CALENDAR: Shape = Shape {
    name: "calendar",
    doc: "A set of days.",
    keys: &[
        may(
            "dates",
            Many(&Match(DATE)),
            "Days, like 2026-12-24, and stretches, like 2026-12-24..2027-01-02.",
        ),
        may("yearly", Many(&Text), "Days that return: 12-25, last monday of may, easter -2."),
        may("weekdays", Many(&words!(Weekday)), "Days of the week."),
        may(
            "observed",
            words!(Observed),
            "Where a yearly day goes that falls on a weekend: no, nearest, following.",
        ),
    ],
};
