//! The page of deliveries: what was told to whom, what became of it, and what mail is sent by.

use super::{Attempt, Channel, Delivery, Filter, State as Outcome, api};
use crate::{Outlets, webhook};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use base::Role;
use base::id::AnyId;
use maud::{Markup, html};
use serde::Deserialize;
use web::ui::{self, Aspect, Frame, Page};
use web::{App, Auth, Form, Path, Query, Result};

const HERE: &str = "/settings/deliveries";

/// Rows on one page.
const SHOWN: usize = 100;

/// The routes of these pages.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/settings/deliveries/test", post(test))
        .route("/settings/deliveries/held", post(resend_held))
        .route("/settings/deliveries/key", post(renew_key))
        .route("/settings/deliveries/{id}", get(show))
        .route("/settings/deliveries/{id}/resend", post(resend))
}

/// Which deliveries.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    state: Option<String>,
    before: Option<AnyId>,
}

const TABS: [(&str, Option<Outcome>); 5] = [
    ("All", None),
    ("On their way", Some(Outcome::Waiting)),
    ("Sent", Some(Outcome::Sent)),
    ("Failed", Some(Outcome::Failed)),
    ("Held", Some(Outcome::Held)),
];

fn address(state: Option<Outcome>) -> String {
    state.map_or_else(|| HERE.to_owned(), |state| format!("{HERE}?state={state}"))
}

async fn list(State(app): State<App>, frame: Frame, Query(asked): Query<Asked>) -> Result<Markup> {
    let state = asked.state.as_deref().filter(|text| !text.is_empty()).map(Outcome::parse).transpose()?;
    let mut tx = app.db.read(&frame.actor).await?;
    let filter = Filter { state, before: asked.before, limit: SHOWN + 1, ..Filter::default() };
    let mut found = super::list(&mut tx, &filter).await?;
    let held = super::count(&mut tx, Outcome::Held).await?;
    let key = webhook::key(&mut tx).await?;
    let me = match frame.actor.user {
        Some(me) => people::users::get(&mut tx, me).await?.email,
        None => String::new(),
    };
    drop(tx);
    let has_more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let outlets = app.part::<Outlets>()?;
    let content = html! {
        (mail(outlets, &me))
        section.block {
            div.block-head { h2 { "What was told" } }
            nav.tabs aria-label="Deliveries" {
                @for (name, tab) in TABS { a href=(address(tab)) aria-current=[(tab == state).then_some("page")] { (name) } }
            }
            div #deliveries data-live="delivery" {
                @if held > 0 && outlets.mail.is_some() && matches!(state, None | Some(Outcome::Held)) { (all_held(held)) }
                @if found.is_empty() { (ui::empty(nothing(state))) } @else { (table(&frame, &found)) }
                @if let Some(last) = found.last().filter(|_| has_more) {
                    @let sign = if state.is_some() { '&' } else { '?' };
                    p { a.btn href={ (address(state)) (sign) "before=" (last.id) } { "Older" } }
                }
            }
        }
        (signing(key.as_deref()))
    };
    Ok(ui::settings(&frame, Page::new("Deliveries"), HERE, content))
}

fn nothing(state: Option<Outcome>) -> &'static str {
    match state {
        None => {
            "Nothing was told to anybody yet. When a job fails, the mail about it is listed here with its tries."
        }
        Some(Outcome::Waiting) => "Nothing is on its way.",
        Some(Outcome::Failed) => "Nothing failed to arrive.",
        Some(Outcome::Held) => "Nothing waits for a mail server.",
        Some(Outcome::Sent | Outcome::Withdrawn) => "There is none of these.",
    }
}

/// By which server mail goes, and a way to see whether it arrives.
fn mail(outlets: &Outlets, me: &str) -> Markup {
    html! {
        section.stack {
            @match &outlets.mail {
                Some(server) => {
                    p { "Mail goes out by " span.mono { (server.shown()) } ", from " (server.from()) "." }
                    form.inline method="post" action={ (HERE) "/test" } data-morph="#deliveries" {
                        label.field { span { "Send a test mail to" } input.input type="email" name="to" value=(me) required; }
                        button.btn { "Send a test mail" }
                        (ui::refusal())
                    }
                },
                None => div.note.amber role="status" {
                    p.strong { "No mail server is set" }
                    p { "Mail is held and not sent. Whoever runs the server sets " code { "SIGNALBOX_MAIL_SERVER" } ", like " code { "smtps://mail.example.com" } ", and starts it again; then what was held can be sent from here." }
                },
            }
        }
    }
}

fn sign(state: Outcome, attempts: i64) -> (Aspect, &'static str) {
    match state {
        Outcome::Waiting if attempts > 0 => (Aspect::Amber, "Tried again"),
        Outcome::Waiting => (Aspect::Live, "On its way"),
        Outcome::Sent => (Aspect::Green, "Sent"),
        Outcome::Failed => (Aspect::Red, "Failed"),
        Outcome::Held => (Aspect::Amber, "Held"),
        Outcome::Withdrawn => (Aspect::Idle, "Withdrawn"),
    }
}

fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Mail => "Mail",
        Channel::Inbox => "Inbox",
        Channel::Webhook => "Webhook",
    }
}

fn table(frame: &Frame, found: &[Delivery]) -> Markup {
    html! {
        table.table.cards {
            thead { tr { th { "What" } th { "To" } th { "State" } th { "When" } th { span.vh { "Do" } } } }
            tbody { @for it in found { (row(frame, it)) } }
        }
    }
}

fn row(frame: &Frame, it: &Delivery) -> Markup {
    let (aspect, word) = sign(it.state, it.attempts);
    html! {
        tr id={ "delivery-" (it.id) } {
            td.long { a href={ (HERE) "/" (it.id) } { (it.title) } }
            td.long data-label="To" { (by(it.channel)) " · " (it.recipient) }
            td data-label="State" {
                span.row { (ui::lamp(aspect)) " " (word) }
                @if let Some(sentence) = &it.sentence { div.t-s.dim.long { (shortened(sentence)) } }
                @if let Some(next) = it.next_at.filter(|_| it.attempts > 0) { div.t-s.dim { "Next try " (frame.time(next)) } }
            }
            td.dim.nowrap data-label="When" { (frame.time(it.made_at)) }
            td.right { @if it.state.may_be_resent() { (again(it)) } }
        }
    }
}

/// Has everything sent that is held.
fn all_held(count: i64) -> Markup {
    let (what, word) = if count == 1 { ("One message is", "it") } else { ("messages are", "them all") };
    html! {
        div.note.row {
            p.grow { @if count > 1 { (count) " " } (what) " held, because no mail server was set or it refused the sign-in." }
            (ui::press(&format!("{HERE}/held"), "sm primary", &format!("Send {word} now")))
        }
    }
}

fn again(it: &Delivery) -> Markup {
    ui::press(&format!("{HERE}/{}/resend", it.id), "sm", "Send again")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(120) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// What receivers of webhooks check signatures with.
fn signing(key: Option<&str>) -> Markup {
    html! {
        section.block {
            div.block-head { h2 { "Signing key of webhooks" } }
            @match key {
                Some(key) => {
                    p.dim { "Receivers check with it that a letter is from here. Letters are signed as Standard Webhooks has it." }
                    details { summary { "Show the key" }
                        div.row { input.input.mono.grow readonly value=(key) aria-label="Signing key"; button.btn type="button" data-copy=(key) { (ui::icon("copy")) " Copy" } } }
                    (ui::press(&format!("{HERE}/key"), "quiet sm", "Make a new key"))
                    p.t-s.dim { "The old key signs beside the new one for a day." }
                },
                None => {
                    p.dim { "It is made with the first letter to a webhook, or now." }
                    (ui::press(&format!("{HERE}/key"), "sm", "Make a key"))
                },
            }
        }
    }
}

async fn show(State(app): State<App>, frame: Frame, Path(id): Path<AnyId>) -> Result<Markup> {
    let mut tx = app.db.read(&frame.actor).await?;
    let it = super::get(&mut tx, id).await?;
    let (tries, message) = super::details(&mut tx, id).await?;
    drop(tx);
    let (aspect, word) = sign(it.state, it.attempts);
    let content = html! {
        div #delivery data-live={ "delivery." (it.id) } {
            dl.kv {
                dt { "State" } dd { span.row { (ui::lamp(aspect)) b { (word) } } @if let Some(sentence) = &it.sentence { div.dim.long { (sentence) } } @if it.state.may_be_resent() { (again(&it)) } }
                dt { "To" } dd.long { (it.recipient) @if let Some(address) = it.address.as_ref().filter(|a| **a != it.recipient) { " · " (address) } }
                dt { "By" } dd { (by(it.channel)) }
                dt { "About" } dd { a href=(message.path) { (message.news.title) @if message.news.title.is_empty() { (it.kind) } } }
                dt { "Written" } dd { (frame.time(it.made_at)) }
                @if let Some(next) = it.next_at { dt { "Next try" } dd { (frame.time(next)) } }
            }
            (attempts(&frame, &tries))
        }
        section.block {
            div.block-head { h2 { "What it says" } }
            pre.source tabindex="0" aria-label="What it says" { (api::text(&app, &message)) }
        }
    };
    let page = Page::new(it.title.clone()).crumb("Deliveries", HERE);
    Ok(ui::settings(&frame, page, HERE, content))
}

fn attempts(frame: &Frame, tries: &[Attempt]) -> Markup {
    html! {
        section.block {
            div.block-head { h2 { "Tries" } }
            @if tries.is_empty() { p.dim { "It was not tried yet." } } @else {
                table.table.cards {
                    thead { tr { th { "Try" } th { "When" } th { "Outcome" } th { "Answer" } th.right { "Took" } } }
                    tbody { @for one in tries {
                        tr {
                            td.num data-label="Try" { (one.number) }
                            td.dim.nowrap data-label="When" { (frame.time(one.at)) }
                            td data-label="Outcome" { (one.outcome) }
                            td.long data-label="Answer" { (one.answer) }
                            td.right.num data-label="Took" { (one.took.as_millis()) " ms" }
                        }
                    } }
                }
            }
        }
    }
}

async fn resend(State(app): State<App>, Auth(actor): Auth, Path(id): Path<AnyId>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    let it = super::resend(&mut tx, id).await?;
    tx.commit().await?;
    Ok(ui::done(&format!("{HERE}/{id}"), &format!("It is on its way to {} again", it.recipient)))
}

async fn resend_held(State(app): State<App>, Auth(actor): Auth) -> Result<Response> {
    let text = match api::send_held(&app, &actor).await? {
        0 => "Nothing was held".to_owned(),
        1 => "One message is on its way".to_owned(),
        count => format!("{count} messages are on their way"),
    };
    Ok(ui::done(HERE, &text))
}

/// Where a test mail goes.
#[derive(Deserialize)]
struct To {
    #[serde(default)]
    to: String,
}

async fn test(State(app): State<App>, Auth(actor): Auth, Form(to): Form<To>) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    people::rights::require_role(&tx, Role::Admin)?;
    if app.part::<Outlets>()?.mail.is_none() {
        return Err(api::no_server().into());
    }
    super::send_test(&mut tx, &to.to).await?;
    tx.commit().await?;
    Ok(ui::done(HERE, &format!("A test mail is on its way to {}", to.to.trim())))
}

async fn renew_key(State(app): State<App>, Auth(actor): Auth) -> Result<Response> {
    let mut tx = app.db.write(&actor).await?;
    webhook::renew_key(&mut tx).await?;
    tx.commit().await?;
    Ok(ui::done(HERE, "There is a new signing key"))
}
