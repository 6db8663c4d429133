//! What was said about a task and what happened to it, in one stream by time; and the box to say something.

use super::common::{back, quietly};
use super::load::{Around, Told};
use super::rows::small_icon;
use super::{compose, files};
use crate::attachments;
use crate::names::Text;
use crate::stories::{self, CommentChange, NewComment, Story, StoryKind};
use crate::tasks::Like;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::id::{StoryId, TaskId, UserId};
use base::{Date, Error, Right};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use web::ui::{self, Frame};
use web::{App, Auth, Form, Path};

/// The stream.
pub(super) fn talk(frame: &Frame, around: &Around) -> Markup {
    html! {
        @if !around.pinned.is_empty() { (pinned(frame, around)) }
        @if around.has_more { p.t-s { a href={ "/tasks/" (around.full.task.id) "?lines=1000" } { "Show what happened before" } } }
        ul.talk {
            @for told in &around.told {
                @if told.story.is_comment() { (comment(frame, around, told)) }
                @else if told.story.kind == StoryKind::Reported { (report(frame, told)) }
                @else { (event(frame, told)) }
            }
        }
    }
}

/// Comments that somebody thought everybody should read, above the stream.
fn pinned(frame: &Frame, around: &Around) -> Markup {
    html! {
        section.pinned aria-label="Pinned comments" {
            @for (story, text) in &around.pinned {
                div.pin {
                    (small_icon("pin"))
                    div.grow {
                        div.by {
                            b { (story.created_by.as_ref().map_or("Signalbox", |who| who.name.as_str())) }
                            (frame.time(story.created_at))
                        }
                        div.rich { (PreEscaped(text)) }
                    }
                    @if around.can(Right::Comment) { (pin(around.full.task.id, story, "btn quiet sm")) }
                }
            }
        }
    }
}

/// The button that pins a comment, or no longer.
fn pin(task: TaskId, story: &Story, class: &str) -> Markup {
    html! {
        form method="post" action={ "/tasks/" (task) "/comments/" (story.id) "/pin" } data-morph="#task" {
            button class=(class) name="on" value=(!story.is_pinned) {
                @if story.is_pinned { "Unpin" span.vh { " this comment" } } @else { (small_icon("pin")) "Pin to the top" }
            }
        }
    }
}

/// The heart of something, and how many pressed it.
pub(super) fn heart(action: &str, name: &str, likes: &[Like], me: Option<UserId>, what: &str) -> Markup {
    let liked = likes.iter().any(|like| Some(like.by.id) == me);
    let who: Vec<&str> = likes.iter().take(20).map(|like| like.by.name.as_str()).collect();
    let label = match (liked, likes.len()) {
        (true, _) => format!("Do not like {what} any more"),
        (false, 0) => format!("Like {what}"),
        (false, 1) => format!("Like {what}, as {} does", who.join(", ")),
        (false, _) => format!("Like {what}, as {} do", who.join(", ")),
    };
    html! {
        form.heart method="post" action=(action) data-morph="#task" {
            button.btn.quiet.sm name=(name) value=(!liked) aria-pressed=(liked) aria-label=(label) title=[(!who.is_empty()).then(|| who.join(", "))] {
                (small_icon("heart")) @if !likes.is_empty() { span { (likes.len()) } }
            }
        }
    }
}

fn event(frame: &Frame, told: &Told) -> Markup {
    let story = &told.story;
    let icon = match story.kind {
        StoryKind::MarkedComplete | StoryKind::ApprovalChanged => "circle-check",
        StoryKind::MarkedIncomplete => "rotate-cw",
        StoryKind::Assigned | StoryKind::Unassigned | StoryKind::FollowerAdded => "user",
        StoryKind::DueDateChanged | StoryKind::StartDateChanged => "calendar",
        StoryKind::AttachmentAdded => "paperclip",
        StoryKind::DependencyAdded | StoryKind::DependencyRemoved | StoryKind::DependencyMarkedComplete => {
            "lock"
        }
        StoryKind::AddedToProject | StoryKind::RemovedFromProject | StoryKind::SectionChanged => "list",
        StoryKind::Duplicated | StoryKind::DuplicatedFrom => "copy",
        StoryKind::Liked => "heart",
        _ => "pencil",
    };
    let who = story.created_by.as_ref().map_or("Signalbox", |person| person.name.as_str());
    let day = |key: &str| story.data["new"][key].as_str().and_then(|day| day.parse::<Date>().ok());
    let said = match (story.kind, day("due_on"), day("start_on")) {
        (StoryKind::DueDateChanged, Some(day), _) => format!("changed the due date to {}", frame.day(day)),
        (StoryKind::StartDateChanged, _, Some(day)) => format!("changed the start to {}", frame.day(day)),
        _ => story.text.clone(),
    };
    html! { li.ev id={ "s-" (story.id) } { span { (small_icon(icon)) } span { (who) " " (said) " " (frame.time(story.created_at)) } } }
}

/// What another domain saw: it says itself what that looks like and where it leads.
fn report(frame: &Frame, told: &Told) -> Markup {
    let story = &told.story;
    let link = |key: &str| story.data["link"][key].as_str().filter(|text| !text.is_empty());
    let (before, linked, after) =
        match link("text").and_then(|text| Some((text, story.text.split_once(text)?))) {
            Some((text, (before, after))) => (before, text, after),
            None => (story.text.as_str(), "", ""),
        };
    html! {
        li.ev id={ "s-" (story.id) } {
            span {
                @match story.data["sign"].as_str() {
                    Some("green") => (ui::lamp(ui::Aspect::Green)),
                    Some("idle") => (ui::lamp(ui::Aspect::Idle)),
                    Some(icon) => (small_icon(icon)),
                    None => (small_icon("activity")),
                }
            }
            span {
                @if let Some(who) = &story.created_by { (who.name) " " }
                (before) @if let Some(href) = link("href").filter(|_| !linked.is_empty()) { a href=(href) { (linked) } } @else { (linked) } (after) " " (frame.time(story.created_at))
            }
        }
    }
}

fn comment(frame: &Frame, around: &Around, told: &Told) -> Markup {
    let (story, task) = (&told.story, around.full.task.id);
    let who = story.created_by.as_ref();
    let is_own = who.is_some_and(|who| Some(who.id) == frame.actor.user);
    html! {
        li id={ "s-" (story.id) } {
            @match who { Some(who) => (ui::avatar(who.id, &who.name, "lg")), None => span.av.lg.bot { (small_icon("bot")) } }
            div {
                div.by {
                    b { (who.map_or("Signalbox", |who| who.name.as_str())) }
                    (frame.time(story.created_at))
                    @if story.is_edited { span.faint.t-s { "edited" } }
                    @if story.is_pinned { span.faint.t-s { "pinned" } }
                    span.push {}
                    (heart(&format!("/tasks/{task}/comments/{}/like", story.id), "on", &story.likes, frame.actor.user, "this comment"))
                    @if is_own || around.can(Right::Comment) {
                        details.menu data-keep="" {
                            summary.btn.quiet.icon.sm aria-label="More about this comment" { (small_icon("ellipsis")) }
                            div.box {
                                @if is_own { a href={ "#edit-" (story.id) } data-edit-comment=(story.id) { (small_icon("pencil")) "Edit comment" } }
                                @if around.can(Right::Comment) { (pin(task, story, "")) }
                                @if is_own || around.can(Right::Admin) {
                                    form method="post" action={ "/tasks/" (task) "/comments/" (story.id) "/delete" } data-morph="#task" {
                                        button.r { (small_icon("trash-2")) "Delete comment" }
                                    }
                                }
                            }
                        }
                    }
                }
                div.rich { (PreEscaped(told.html.clone())) }
                @for picture in &told.pictures {
                    a.shot href={ "/attachments/" (picture.id) } target="_blank" { img src={ "/attachments/" (picture.id) } alt=(picture.name) loading="lazy"; }
                }
                @if is_own {
                    details.compose id={ "edit-" (story.id) } data-keep="" {
                        summary.vh { "Edit comment" }
                        form.stack method="post" action={ "/tasks/" (task) "/comments/" (story.id) } data-morph="#task" {
                            textarea.input id={ "say-" (story.id) } name="text" rows="3" aria-label="Comment" data-mention="" { (told.typed) }
                            button.btn.sm { "Save comment" }
                            span.form-problem hidden role="alert" {}
                        }
                    }
                }
            }
        }
    }
}

/// The box to say something, and who hears of it.
pub(super) fn say(frame: &Frame, around: &Around) -> Markup {
    let (task, followers) = (around.full.task.id, &around.full.followers);
    let follows = followers.iter().any(|who| Some(who.id) == frame.actor.user);
    html! {
        div.say-box {
            @if around.can(Right::Comment) {
                form.in method="post" action={ "/tasks/" (task) "/comments" } enctype="multipart/form-data" data-morph="#task" data-reset="" {
                    @if let Some(me) = frame.actor.user { (ui::avatar(me, &frame.actor.name, "lg")) }
                    div.grow {
                        div.say-in {
                            textarea.input.say id={ "say-on-" (task) } name="text" rows="1" placeholder="Write a comment. @ mentions a person." aria-label="Comment" data-mention="" data-drop="" {}
                            label.btn.quiet.icon.sm.attach { (small_icon("paperclip")) input.vh type="file" name="file" multiple aria-label="Pictures and files of the comment"; }
                            button.btn.sm { "Comment" }
                        }
                        div.previews {}
                        span.form-problem hidden role="alert" {}
                    }
                }
            }
            div.row.t-s.dim.followers {
                "Followers " (ui::avatars(followers.iter().map(|who| (who.id, who.name.as_str()))))
                @if around.can(Right::Comment) {
                    form.adder method="post" action={ "/tasks/" (task) "/set" } data-morph="#task" data-reset="" {
                        input.plain #in-add-follower name="add-follower" placeholder="Add" aria-label="Add a follower" autocomplete="off" data-suggest="people" required;
                        span.form-problem hidden role="alert" {}
                    }
                }
                form.push method="post" action={ "/tasks/" (task) "/set" } data-morph="#task" {
                    button.link name="follow" value=(!follows) data-follow-task="" { @if follows { "Stop following" } @else { "Follow" } }
                }
            }
        }
    }
}

/// Says something, with the files that came along.
pub(super) async fn comment_on(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(task): Path<TaskId>,
    request: Request,
) -> web::Result<Response> {
    let next = back(request.headers(), &format!("/tasks/{task}"));
    let sent = files::read(&app, request).await?;
    let mut tx = app.db.write(&actor).await?;
    let mut typed = sent.text("text").trim().to_owned();
    for (name, blob) in &sent.files {
        let file = attachments::add_file(&mut tx, task, name, &blob.hash, blob.size).await?;
        let shown = file.name.replace(['[', ']', '\\'], " ");
        typed.push_str(&format!(
            "{}[{shown}](/attachments/{})",
            if typed.is_empty() { "" } else { "\n" },
            file.id
        ));
    }
    let text = compose::comment(&app, &mut tx, &typed).await?;
    if matches!(&text, Text::Plain(text) if text.trim().is_empty()) {
        return Err(Error::invalid("comment.empty", "Write something first, or attach a file").into());
    }
    stories::comment(&mut tx, task, NewComment { text, ..NewComment::default() }).await?;
    tx.commit().await?;
    Ok(quietly(&next))
}

/// A comment, as it should read now.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    text: String,
}

/// Changes a comment.
pub(super) async fn change(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, story)): Path<(TaskId, StoryId)>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    of_task(&mut tx, task, story).await?;
    let text = compose::comment(&app, &mut tx, &said.text).await?;
    stories::change(&mut tx, story, CommentChange { text: Some(text), ..CommentChange::default() }).await?;
    tx.commit().await?;
    Ok(quietly(&back(&headers, &format!("/tasks/{task}"))))
}

/// Deletes a comment.
pub(super) async fn delete(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, story)): Path<(TaskId, StoryId)>,
    headers: HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    of_task(&mut tx, task, story).await?;
    stories::delete(&mut tx, story).await?;
    tx.commit().await?;
    let undo = ui::Undo(format!("/tasks/{task}/comments/{story}/restore"));
    Ok(ui::done_with_undo(&back(&headers, &format!("/tasks/{task}")), "The comment is deleted", undo))
}

/// Takes a deleted comment back.
pub(super) async fn restore(
    State(app): State<App>,
    Auth(actor): Auth,
    Path((task, story)): Path<(TaskId, StoryId)>,
    headers: HeaderMap,
) -> web::Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    stories::restore(&mut tx, story).await?;
    of_task(&mut tx, task, story).await?;
    tx.commit().await?;
    Ok(quietly(&back(&headers, &format!("/tasks/{task}"))))
}

/// What is switched, and to what.
#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    on: bool,
}

async fn switch(
    app: &App,
    actor: &base::Actor,
    (task, story): (TaskId, StoryId),
    headers: &HeaderMap,
    change: CommentChange,
) -> web::Result<Response> {
    let mut tx = app.db.write(actor).await?;
    of_task(&mut tx, task, story).await?;
    stories::change(&mut tx, story, change).await?;
    tx.commit().await?;
    Ok(quietly(&back(headers, &format!("/tasks/{task}"))))
}

/// Likes a comment, or no longer.
pub(super) async fn like(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(place): Path<(TaskId, StoryId)>,
    headers: HeaderMap,
    Form(to): Form<Switch>,
) -> web::Result<Response> {
    let change = CommentChange { liked: Some(to.on), ..CommentChange::default() };
    switch(&app, &actor, place, &headers, change).await
}

/// Pins a comment, or no longer.
pub(super) async fn set_pin(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(place): Path<(TaskId, StoryId)>,
    headers: HeaderMap,
    Form(to): Form<Switch>,
) -> web::Result<Response> {
    let change = CommentChange { is_pinned: Some(to.on), ..CommentChange::default() };
    switch(&app, &actor, place, &headers, change).await
}

/// Checks that the story is one of this task: the address says so.
async fn of_task(tx: &mut db::Tx, task: TaskId, story: StoryId) -> base::Result<()> {
    if stories::get(tx, story).await?.task.id == task {
        return Ok(());
    }
    Err(Error::missing("story.unknown", format!("There is no comment {story} on the task {task}")))
}
