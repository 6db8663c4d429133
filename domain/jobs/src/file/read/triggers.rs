//! What starts a job.

use super::super::limits::TRIGGERS as TRIGGERS_MOST;
use super::super::shapes::{self, BARE_TRIGGERS, NAME, SECRET, SLUG, TRIGGERS};
use super::super::view::{Keys, View};
use super::super::{
    AfterResult, AfterTrigger, CronTrigger, Dialect, Missed, MissedPolicy, Overlap, Param, PushTrigger,
    Trigger, WebhookTrigger, closest,
};
use super::{is, params, pieces};
use crate::cron::Schedule;

pub(super) fn read(keys: &Keys<'_>, params: &mut Vec<Param>) -> Vec<Trigger> {
    let Some(on) = keys.get("on") else { return Vec::new() };
    let usual =
        keys.get("overlap").and_then(|word| Overlap::parse(word.node.text()?).ok()).unwrap_or_default();
    let places = on.many();
    if places.len() > TRIGGERS_MOST {
        on.error(format!("there are {} triggers, and {TRIGGERS_MOST} are the most", places.len()));
    }
    places.iter().take(TRIGGERS_MOST).filter_map(|place| trigger(place, usual, params)).collect()
}

fn trigger(view: &View<'_>, usual: Overlap, params: &mut Vec<Param>) -> Option<Trigger> {
    if !view.is_map() {
        return bare(view);
    }
    let heads: Vec<_> = TRIGGERS.iter().filter(|(head, _)| view.node.get(head).is_some()).collect();
    let [(head, shape)] = heads[..] else {
        let names: Vec<&str> = TRIGGERS.iter().map(|(head, _)| *head).collect();
        if heads.is_empty() {
            let entry = view.node.entries().first().map(|entry| entry.key.as_str()).unwrap_or_default();
            let meant = if matches!(entry, "schedule" | "timer") {
                Some("cron")
            } else {
                closest(entry, names.iter().copied())
            };
            let message = format!("a trigger has one of the keys {}", names.join(", "));
            view.error_meant(message, meant.map(|name| format!("did you mean {name}?")));
        } else {
            let found: Vec<&str> = heads.iter().map(|(head, _)| *head).collect();
            view.error(format!(
                "one trigger can't be {} at once; make them items of a list",
                found.join(" and ")
            ));
        }
        return None;
    };
    let keys = view.map(shape)?;
    match *head {
        "cron" => cron(&keys, usual).map(Trigger::Cron),
        "push" => Some(Trigger::Push(push(&keys.even_empty("push")?))),
        "webhook" => {
            let secret = keys
                .get("webhook")
                .and_then(|view| view.map(&shapes::WEBHOOK))
                .and_then(|keys| keys.get("secret"))
                .and_then(|secret| secret.text_where(pieces::SECRET_RULE, |text| is(SECRET, text)));
            Some(Trigger::Webhook(WebhookTrigger { secret }))
        }
        "after" => after(&keys).map(Trigger::After),
        _ => {
            manual(&keys, params);
            Some(Trigger::Manual)
        }
    }
}

fn bare(view: &View<'_>) -> Option<Trigger> {
    match view.node.text().unwrap_or_default() {
        "manual" => Some(Trigger::Manual),
        "push" => Some(Trigger::Push(PushTrigger::default())),
        "webhook" => Some(Trigger::Webhook(WebhookTrigger::default())),
        other => {
            let meant = match other {
                "cron" | "schedule" => Some("{cron: \"0 6 1 * *\", tz: Europe/London}".to_owned()),
                other => closest(other, BARE_TRIGGERS).map(|name| format!("did you mean {name}?")),
            };
            view.error_meant(
                "a trigger is manual, push, webhook, or a map with one of the keys cron, push, webhook, after, manual",
                meant,
            );
            None
        }
    }
}

fn cron(keys: &Keys<'_>, usual: Overlap) -> Option<CronTrigger> {
    let place = keys.get("cron")?;
    let expression = place.text()?;
    let dialect =
        keys.get("dialect").and_then(|word| word.word(Dialect::ALL, Dialect::as_str)).unwrap_or_default();
    if let Err(reason) = Schedule::parse(&expression, dialect, "UTC", "job") {
        place.error(format!(
            "the schedule {:?} can't be used: {reason}",
            super::super::view::shortened(&expression)
        ));
    }
    let tz = match keys.get("tz") {
        Some(tz) => {
            let name = tz.text()?;
            if let Err(reason) = crate::cron::check_zone(&name) {
                tz.error(reason);
            }
            name
        }
        None => {
            place.warn("there is no tz, so UTC is meant; say tz: UTC or tz: Europe/London");
            "UTC".to_owned()
        }
    };
    let calendars = keys.get("calendars").and_then(|view| view.map(&shapes::CALENDARS_USED));
    let named = |key: &str| {
        calendars.as_ref().and_then(|keys| keys.get(key)).map(|names| pieces::names(&names, NAME))
    };
    let business_day = keys.get("business_day").and_then(|nth| {
        let number = nth.integer(-23, 23)?;
        if number == 0 {
            nth.error("there is no business day 0: 1 is the first of the month, -1 the last");
        }
        i8::try_from(number).ok().filter(|number| *number != 0)
    });
    Some(CronTrigger {
        expression,
        dialect,
        tz,
        missed: keys.get("missed").map(|view| missed(&view)).unwrap_or_default(),
        overlap: keys
            .get("overlap")
            .and_then(|word| word.word(Overlap::ALL, Overlap::as_str))
            .unwrap_or(usual),
        jitter_s: keys.get("jitter").and_then(|jitter| jitter_s(&jitter)).unwrap_or(0),
        include: named("include").unwrap_or_default(),
        exclude: named("exclude").unwrap_or_default(),
        business_day,
        params: params::given(keys.get("params")),
        enabled: keys.get("enabled").is_none_or(|enabled| enabled.boolean().unwrap_or(true)),
        line: keys.view.node.at.line,
    })
}

/// No jitter at all is written like any other: `0s`.
fn jitter_s(view: &View<'_>) -> Option<u64> {
    if matches!(view.node.text(), Some("0" | "0s" | "0m")) {
        return Some(0);
    }
    let seconds = view.duration_s()?;
    if seconds > 86_400 {
        view.error("a jitter of more than a day moves fires to other days");
    }
    Some(seconds)
}

fn missed(view: &View<'_>) -> Missed {
    let policy = |view: &View<'_>| view.word(MissedPolicy::ALL, MissedPolicy::as_str).unwrap_or_default();
    if !view.is_map() {
        return Missed { policy: policy(view), ..Missed::default() };
    }
    let Some(keys) = view.map(&shapes::MISSED) else { return Missed::default() };
    Missed {
        policy: keys.get("policy").map(|view| policy(&view)).unwrap_or_default(),
        within_s: keys
            .get("within")
            .and_then(|within| within.duration_s())
            .unwrap_or(Missed::default().within_s),
    }
}

fn push(view: &View<'_>) -> PushTrigger {
    if view.node.is_null() {
        return PushTrigger::default();
    }
    if !view.is_map() {
        return PushTrigger { branches: pieces::patterns(view), ..PushTrigger::default() };
    }
    let Some(keys) = view.map(&shapes::PUSH) else { return PushTrigger::default() };
    let patterns = |key: &str| keys.get(key).map(|view| pieces::patterns(&view)).unwrap_or_default();
    PushTrigger { branches: patterns("branches"), paths: patterns("paths"), tags: patterns("tags") }
}

fn after(keys: &Keys<'_>) -> Option<AfterTrigger> {
    let place = keys.get("after")?;
    let inner = if place.is_map() { Some(place.map(&shapes::AFTER)?) } else { None };
    let job = match &inner {
        Some(inner) => inner.get("job")?,
        None => place,
    };
    let result = keys.get("result").or_else(|| inner.as_ref()?.get("result"));
    Some(AfterTrigger {
        job: job.text_where("it is the name of another job", |text| is(SLUG, text))?,
        result: result.and_then(|word| word.word(AfterResult::ALL, AfterResult::as_str)).unwrap_or_default(),
        params: params::given(keys.get("params")),
    })
}

fn manual(keys: &Keys<'_>, params: &mut Vec<Param>) {
    let Some(place) = keys.get("manual").and_then(|view| view.map(&shapes::MANUAL)) else { return };
    let Some(own) = place.get("params") else { return };
    if params.is_empty() {
        *params = params::params(&own);
    } else {
        own.error("the job has params already; put all of them there");
    }
}
