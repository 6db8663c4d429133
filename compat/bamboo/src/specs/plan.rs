//! A plan as a job.

use super::emit::{Keys, Out};
use super::note::{Notes, Taken, many, slug, worded};
use super::tasks::{Tasks, one_line};
use super::triggers::Triggers;
use super::variables::Variables;
use super::{Kind, Translated, body, people};
use jobs::file::yaml::{Node, Value};

/// Keys of a plan that are not jobs.
const RESERVED: [&str; 17] = [
    "version",
    "server-name",
    "plan",
    "docker",
    "repositories",
    "triggers",
    "variables",
    "branches",
    "branch-config",
    "branch-overrides",
    "dependencies",
    "labels",
    "notifications",
    "other",
    "stages",
    "plan-permissions",
    "project",
];

/// Translates the document of a plan.
pub(super) fn translate(root: &Taken<'_>, triggers: &Triggers<'_>, notes: &Notes) -> Option<Translated> {
    let plan = Taken::new(root.get("plan")?, "plan");
    let before = notes.count_unsupported();
    let key =
        format!("{}-{}", plan.text("project-key").unwrap_or("PLAN"), plan.text("key").unwrap_or("PLAN"));
    let name = one_line(plan.text("name").unwrap_or(&key));
    let mut keys = Keys::default();
    keys.put("name", Out::Text(slug(&key)));
    keys.put("title", Out::Text(if name.is_empty() { key.clone() } else { name.clone() }));
    if let Some(description) = plan.text("description").filter(|text| !text.is_empty()) {
        keys.put("description", Out::text(description.replace('\0', "")));
    }
    let is_on = !plan.text("enabled").is_some_and(|enabled| enabled.eq_ignore_ascii_case("false"));
    if plan.text("master-branch").is_some() {
        notes.changed(plan.node, "the branch is the repository's default branch");
    }
    plan.pass(&["rerunnable"]);
    plan.rest(notes);

    keys.put("on", Out::List(triggers.of_plan(root)));
    let variables = Variables::read(root.get("variables"), notes);
    if let Some(image) = root.get("docker").and_then(|docker| body::image(docker, &variables, notes)) {
        keys.put("image", Out::Text(image));
    }
    variables.put(&mut keys);
    let repository = repositories(root, notes);
    overlap(root, &key, &mut keys, notes);
    let tasks = Tasks { notes, variables: &variables, repository };
    stages(root, &tasks, &mut keys, notes);
    keys.put_some("notify", Out::List(people::notify(root.get("notifications"), notes)));
    left_behind(root, notes);
    root.pass(&["version", "server-name", "labels"]);
    root.rest(notes);
    let is_whole = notes.count_unsupported() == before;
    Some(Translated {
        kind: Kind::Plan,
        key,
        environment: None,
        name,
        line: root.node.at.line,
        is_on,
        is_whole,
        keys,
    })
}

/// The name of the repository that is checked out by itself.
fn repositories(root: &Taken<'_>, notes: &Notes) -> Option<String> {
    let node = root.get("repositories")?;
    let items = many(node);
    let names: Vec<&str> = items.iter().filter_map(|item| worded(item)).map(|(name, _)| name).collect();
    if let Some(first) = items.first() {
        notes.changed(
            first,
            "the repository is the one that holds the job file; register it, with its credentials",
        );
    }
    for other in items.iter().skip(1) {
        notes.ignored(other, "a job has one repository: fetch others in a step");
    }
    names.first().map(|name| (*name).to_owned())
}

/// How many builds of the plan may run at once.
fn overlap(root: &Taken<'_>, key: &str, keys: &mut Keys, notes: &Notes) {
    let other = root.get("other").map(|other| Taken::new(other, "other"));
    let limit = other.as_ref().and_then(|other| other.text("concurrent-build-plugin")?.parse::<u32>().ok());
    match limit.filter(|limit| (2..=1_000).contains(limit)) {
        Some(limit) => {
            keys.put("overlap", Out::text("allow_all"));
            let group = Out::Text(slug(key));
            let limit = Out::Plain(limit.to_string());
            keys.put("concurrency", Out::Map(vec![("group".to_owned(), group), ("limit".to_owned(), limit)]));
        }
        None => keys.put("overlap", Out::text("buffer_all")),
    }
    if let Some(other) = other {
        other.rest(notes);
    }
}

fn stages(root: &Taken<'_>, tasks: &Tasks<'_>, keys: &mut Keys, notes: &Notes) {
    let mut stages = Vec::new();
    let (mut used, mut shared): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for stage in root.get("stages").map(many).unwrap_or_default() {
        let Some((name, Some(inner))) = worded(stage) else {
            notes.unsupported(stage, "this is no stage");
            continue;
        };
        let taken = Taken::new(inner, "stage");
        if taken.is_true("final") {
            notes.unsupported(
                inner,
                "a final stage runs after failures too; here only steps under finally do",
            );
        }
        let names = match &inner.value {
            Value::Map(_) => taken.get("jobs").map(many).unwrap_or_default(),
            Value::List(_) | Value::Scalar { .. } => many(inner),
        };
        let (mut jobs, earlier) = (Vec::new(), shared.clone());
        for job in names {
            let Some(job_name) = job.text() else { continue };
            used.push(job_name.to_owned());
            match root.get(job_name).filter(|_| !RESERVED.contains(&job_name)) {
                Some(node) => jobs.extend(self::job(job_name, node, tasks, &earlier, &mut shared)),
                None => notes.unsupported(job, format!("there is no job {:?}", one_line(job_name))),
            }
        }
        let mut stage = Keys::default();
        let label = one_line(name);
        stage.put("name", Out::Text(if label.is_empty() { "stage".to_owned() } else { label }));
        if taken.is_true("manual") {
            stage.put("manual", Out::boolean(true));
        }
        taken.pass(&["manual", "final", "description", "jobs"]);
        if matches!(inner.value, Value::Map(_)) {
            taken.rest(notes);
        }
        if jobs.is_empty() {
            notes.ignored(inner, "the stage has no job that is switched on");
            continue;
        }
        stage.put("jobs", Out::List(jobs));
        stages.push(stage.out());
    }
    if stages.is_empty() {
        notes.unsupported(root.node, "the plan has no stage");
        let step = "echo 'the plan had no stage' >&2; exit 1".to_owned();
        keys.put("steps", Out::texts([step]));
    } else {
        keys.put("stages", Out::List(stages));
    }
    // Whatever looks like a job and is in no stage is told by its name.
    for entry in root.node.entries() {
        let is_job = !RESERVED.contains(&entry.key.as_str()) && !entry.value.entries().is_empty();
        if is_job && !used.contains(&entry.key) {
            root.get(&entry.key);
            notes.add(
                super::note::Weight::Ignored,
                entry.at,
                format!("{:?} is in no stage", one_line(&entry.key)),
            );
        }
    }
}

/// One job. `earlier` are the artifacts that earlier stages share; its own are added to `shared`.
fn job(
    name: &str,
    node: &Node,
    tasks: &Tasks<'_>,
    earlier: &[String],
    shared: &mut Vec<String>,
) -> Option<Out> {
    let notes = tasks.notes;
    let job = Taken::new(node, one_line(name));
    if job.text("enabled").is_some_and(|enabled| enabled.eq_ignore_ascii_case("false")) {
        notes.changed(node, format!("the job {:?} was switched off and is left out", one_line(name)));
        return None;
    }
    let mut keys = Keys::default();
    keys.put("name", Out::Text(one_line(name)));
    if let Some(image) = job.get("docker").and_then(|docker| body::image(docker, tasks.variables, notes)) {
        keys.put("image", Out::Text(image));
    }
    keys.put_some("agent", body::agent(job.get("requirements"), notes));
    let mut steps = tasks.steps(job.get("tasks"));
    if steps.is_empty() {
        notes.changed(node, format!("the job {:?} does nothing", one_line(name)));
        steps.push(Out::text("true"));
    }
    keys.put("steps", Out::List(steps));
    keys.put_some("finally", Out::List(tasks.steps(job.get("final-tasks"))));
    keys.put_some("artifacts", body::artifacts(job.get("artifacts"), name, shared, tasks));
    if let Some(subscriptions) = job.get("artifact-subscriptions") {
        let mut uses = Vec::new();
        for item in many(subscriptions) {
            if item
                .get("destination")
                .and_then(Node::text)
                .is_some_and(|folder| !matches!(folder, "" | "." | "./"))
            {
                notes.changed(
                    item,
                    "the artifact is where its pattern found it, and not in a folder of its own",
                );
            }
            let name = item.text().or_else(|| item.get("artifact")?.text()).map(body::artifact_name);
            match name.filter(|name| earlier.contains(name)) {
                Some(name) => uses.push(name),
                None => notes.unsupported(item, "no earlier stage shares this artifact"),
            }
        }
        keys.put("uses", Out::texts(uses));
    }
    if let Some(other) =
        job.get("other").map(|other| Taken::new(other, format!("other of {}", one_line(name))))
    {
        // Each run has a workspace of its own.
        other.pass(&["clean-working-dir"]);
        other.rest(notes);
    }
    job.pass(&["key", "description", "enabled"]);
    job.rest(notes);
    Some(keys.out())
}

/// What a job of its own must say, or nobody.
fn left_behind(root: &Taken<'_>, notes: &Notes) {
    if let Some(dependencies) = root.get("dependencies") {
        let taken = Taken::new(dependencies, "dependencies");
        for plan in taken.get("plans").map(many).unwrap_or_default() {
            let name = plan.text().map(slug).unwrap_or_default();
            notes.changed(
                plan,
                format!("say `after:` with this job's name in the job {name}: it starts itself"),
            );
        }
        taken.pass(&["require-all-stages-passing", "enabled-for-branches"]);
        taken.rest(notes);
    }
    if let Some(branches) = root.get("branches").or_else(|| root.get("branch-config")) {
        notes.ignored(
            branches,
            "plan branches: name the branches under push, and secrets are kept from untrusted ones",
        );
    }
    root.pass(&["branches", "branch-config"]);
    if let Some(overrides) = root.get("branch-overrides") {
        notes.ignored(overrides, "overrides of branches: each branch has its own job file");
    }
}
