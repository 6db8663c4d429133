//! What the sidebar shows, from all domains in one read.

use base::jiff::tz::TimeZone;
use base::{Actor, Result};
use std::future::Future;
use std::pin::Pin;
use web::App;
use web::ui::{Aspect, Shell, ShellEnvironment, ShellProject};
use work::page::Page;

/// Projects listed when somebody has marked none.
const PROJECTS: usize = 12;

/// Loads what the sidebar shows `actor`.
pub(super) fn load<'a>(app: &'a App, actor: &'a Actor) -> Pin<Box<dyn Future<Output = Result<Shell>> + Send + 'a>> {
    Box::pin(async move {
        let mut tx = app.db.read(actor).await?;
        let zone = match actor.user {
            Some(user) => people::users::get(&mut tx, user).await?.time_zone,
            None => String::new(),
        };
        let environments = releases::summary(&mut tx).await?.into_iter().map(environment).collect();
        let filter = work::projects::Filter { archived: Some(false), ..work::projects::Filter::default() };
        let projects = work::projects::list(&mut tx, &filter, &Page::first(PROJECTS)).await?;
        Ok(Shell {
            workspace: people::workspace::current(&mut tx).await?.name,
            inbox: u64::try_from(work::inbox::count_unread(&mut tx).await?).unwrap_or(0),
            due: 0,
            environments,
            projects: projects.items.into_iter().map(project).collect(),
            zone: TimeZone::get(&zone).unwrap_or(TimeZone::UTC),
        })
    })
}

fn environment(summary: releases::Summary) -> ShellEnvironment {
    let (aspect, meaning) = if summary.is_open { (Aspect::Green, "Open") } else { (Aspect::Red, "Closed") };
    let note = if summary.is_open { String::new() } else { "closed".to_owned() };
    ShellEnvironment { name: summary.name, aspect, meaning: meaning.to_owned(), note }
}

fn project(project: work::projects::Project) -> ShellProject {
    ShellProject { href: format!("/projects/{}", project.id), name: project.name, colour: "#2f7f73".to_owned() }
}
