//! A deployment project: one job for each of its environments.

use super::emit::{Keys, Out};
use super::note::{Notes, Taken, many, slug};
use super::tasks::{Tasks, one_line};
use super::triggers::Triggers;
use super::variables::Variables;
use super::{Kind, Translated, body, people};

/// Translates the document of a deployment project.
pub(super) fn translate(root: &Taken<'_>, triggers: &Triggers<'_>, notes: &Notes) -> Vec<Translated> {
    let Some(deployment) = root.get("deployment").map(|node| Taken::new(node, "deployment")) else {
        return Vec::new();
    };
    let project =
        one_line(deployment.node.text().or_else(|| deployment.text("name")).unwrap_or("deployment"));
    let source = deployment.text("source-plan");
    deployment.pass(&["description"]);
    deployment.rest(notes);
    if let Some(naming) = root.get("release-naming") {
        notes.ignored(naming, "releases have no names here: a deployment is of a commit");
    }
    let names: Vec<&str> = root
        .get("environments")
        .map(many)
        .unwrap_or_default()
        .iter()
        .filter_map(|node| node.text())
        .collect();
    let job_of = |environment: &str| slug(&format!("{project}-{environment}"));
    let mut translated = Vec::new();
    for name in &names {
        let Some(node) = root.get(name) else {
            notes.unsupported(root.node, format!("the environment {:?} is not described", one_line(name)));
            continue;
        };
        let before = notes.count_unsupported();
        let environment = Taken::new(node, one_line(name));
        let mut keys = Keys::default();
        keys.put("name", Out::Text(job_of(name)));
        let title = one_line(&format!("{project}: {name}"));
        keys.put("title", Out::Text(title.clone()));
        if let Some(description) = environment.text("description").filter(|text| !text.is_empty()) {
            keys.put("description", Out::text(description.replace('\0', "")));
        }
        let sibling = |other: &str| names.contains(&other).then(|| job_of(other));
        keys.put("on", Out::List(triggers.of_environment(environment.get("triggers"), source, sibling)));
        keys.put("deploy", Out::Text(slug(name)));
        keys.put_some("agent", body::agent(environment.get("requirements"), notes));
        let variables = Variables::read(environment.get("variables"), notes);
        variables.put(&mut keys);
        if let Some(image) =
            environment.get("docker").and_then(|docker| body::image(docker, &variables, notes))
        {
            keys.put("image", Out::Text(image));
        }
        keys.put("overlap", Out::text("buffer_latest"));
        let tasks = Tasks { notes, variables: &variables, repository: None };
        if let Some(list) = environment.get("tasks") {
            for download in many(list)
                .into_iter()
                .filter(|task| super::note::worded(task).is_some_and(|(kind, _)| kind == "artifact-download"))
            {
                notes.unsupported(download, "a deployment has the commit and not the artifacts of the plan: build them in a step, or fetch them");
            }
        }
        let mut steps = tasks.steps(environment.get("tasks"));
        if steps.is_empty() {
            steps.push(Out::text("true"));
        }
        keys.put("steps", Out::List(steps));
        keys.put_some("finally", Out::List(tasks.steps(environment.get("final-tasks"))));
        keys.put_some("notify", Out::List(people::notify(environment.get("notifications"), notes)));
        if environment
            .text("release-approval-prerequisite")
            .is_some_and(|word| word != "none" && word != "not-broken")
        {
            notes.unsupported(
                node,
                "a deployment needs no approval here; a stage with manual: true waits for a person",
            );
        }
        environment.rest(notes);
        let is_whole = notes.count_unsupported() == before;
        let line = node.at.line;
        translated.push(Translated {
            kind: Kind::Deployment,
            key: project.clone(),
            environment: Some((*name).to_owned()),
            name: title,
            line,
            is_on: true,
            is_whole,
            keys,
        });
    }
    root.pass(&["version", "server-name"]);
    root.rest(notes);
    translated
}
