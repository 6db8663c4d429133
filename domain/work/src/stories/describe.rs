//! What a story says to its reader. Every door reads stories through [`describe`], so that none of them tells the name of a task or a
//! project to somebody who may not see it.

use super::{Story, StoryKind};
use crate::mentions;
use crate::veil::Veil;
use base::Result;
use db::Tx;
use serde_json::Value;

/// Makes stories say what the actor may know: in their text, and in what they say changed.
pub(super) async fn describe(tx: &mut Tx, stories: &mut [Story]) -> Result<()> {
    let veil = Veil::over(tx, stories.iter().map(|story| &story.data)).await?;
    if !veil.is_clear() {
        for story in stories.iter_mut().filter(|story| !story.is_comment()) {
            if veil.draw(&mut story.data)
                && let Some(text) = sentence(story.kind, &story.data)
            {
                story.text = text;
            }
        }
    }
    let texts: Vec<_> =
        stories.iter().map(|story| story.html.as_deref().filter(|_| story.is_comment())).collect();
    let shown = mentions::veiled_plain(tx, &texts).await?;
    for (story, text) in stories.iter_mut().zip(shown) {
        story.text = text.unwrap_or_else(|| std::mem::take(&mut story.text));
    }
    Ok(())
}

/// The sentence of a story that names tasks or projects, without who did it; none for other kinds. What is null in `data` is hidden
/// from the reader.
pub(super) fn sentence(kind: StoryKind, data: &Value) -> Option<String> {
    let project = || name(&data["project"]).unwrap_or("a project that you may not see");
    let task = |key: &str| {
        name(&data[key])
            .map_or_else(|| "a task that you may not see".to_owned(), |name| format!("\"{name}\""))
    };
    Some(match kind {
        StoryKind::AddedToProject => format!("added to {}", project()),
        StoryKind::RemovedFromProject => format!("removed from {}", project()),
        StoryKind::SectionChanged => match name(&data["new"]) {
            Some(section) => format!("moved to {section} in {}", project()),
            None => format!("moved within {}", project()),
        },
        StoryKind::AddedToTask => format!("added to {}", whole(&data["task"], task("task"))),
        StoryKind::RemovedFromTask => format!("removed from {}", whole(&data["task"], task("task"))),
        StoryKind::DependencyAdded => format!("waits for {}", task("dependency")),
        StoryKind::DependencyRemoved => format!("no longer waits for {}", task("dependency")),
        StoryKind::DependencyMarkedComplete => {
            format!("{}, which this task waits for, was completed", task("dependency"))
        }
        StoryKind::DependencyDueDateChanged => {
            format!("the due date of {}, which this task waits for, changed", task("dependency"))
        }
        StoryKind::Duplicated => "duplicated this task".to_owned(),
        StoryKind::DuplicatedFrom => format!("duplicated from {}", task("task")),
        StoryKind::ReferenceFieldChanged => {
            let field = name(&data["field"]).unwrap_or("a field");
            let new: Vec<&str> = data["new"].as_array().into_iter().flatten().filter_map(name).collect();
            match new.is_empty() {
                true => format!("changed {field}"),
                false => format!("changed {field} to {}", new.join(", ")),
            }
        }
        _ => return None,
    })
}

fn name(thing: &Value) -> Option<&str> {
    thing["name"].as_str()
}

/// `the task "X"`, or what stands for it.
fn whole(thing: &Value, shown: String) -> String {
    if thing.is_null() { shown } else { format!("the task {shown}") }
}
