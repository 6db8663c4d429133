//! The lists: who should have renewed and did not, who was won back, what was restated, what was odd.

use maud::{Markup, html};

use super::frame::{self, Align, cell, short};
use crate::figures::{Figures, Missed, Quality};
use crate::statistics::judgement::Value;
use crate::statistics::words;

/// So many rows of a list lie open; the others are one click away.
const FIRST: usize = 20;

/// Returns the sections with at most `rows` rows a list.
pub fn sections(figures: &Figures, overdue: &Value, rows: usize) -> Markup {
    html! {
        (frame::section(
            "not-renewed",
            "Should have renewed and did not",
            &not_renewed(figures, overdue, rows),
            missed("Licences due in the last three months and not renewed", &figures.not_renewed, rows, false),
        ))
        @if !figures.won_back.is_empty() {
            (frame::section(
                "won-back",
                "Won back",
                &format!(
                    "{} came back in the last three months, more than {} days after the due day.",
                    words::counted(figures.won_back.len() as u64, "licence"),
                    figures.params.w,
                ),
                missed("Licences won back in the last three months", &figures.won_back, rows.min(30), true),
            ))
        }
        @if !figures.restated.is_empty() { (restated(figures)) }
        (frame::section("quality", "The data behind it", &oddities(&figures.quality), quality(&figures.quality)))
    }
}

fn not_renewed(figures: &Figures, overdue: &Value, rows: usize) -> String {
    let start = format!(
        "{} due since {}, worth {} a year, most valuable first.",
        words::counted(overdue.overdue, "licence"),
        words::month(figures.as_of.month().plus(-3)),
        words::short_dollars(overdue.overdue_cents)
    );
    if overdue.overdue > rows as u64 {
        let shown = words::count(rows as u64);
        format!("{start} The first {shown} are shown; the command “renewals due” writes all of them as CSV.")
    } else {
        start
    }
}

fn missed(caption: &str, list: &[Missed], rows: usize, is_back: bool) -> Markup {
    if list.is_empty() {
        return html! { p.soft { "Nobody." } };
    }
    let columns = [
        ("Customer", Align::Left),
        ("A year's value", Align::Right),
        ("Due", Align::Left),
        ("App", Align::Left),
        ("Licence", Align::Left),
        ("Contact", Align::Left),
    ];
    let lines = |part: &[Missed]| part.iter().map(|one| line(one, is_back)).collect();
    let shown = &list[..list.len().min(rows)];
    let (first, rest) = shown.split_at(shown.len().min(FIRST));
    html! {
        div.list {
            (frame::table(caption, &columns, lines(first)))
            @if !rest.is_empty() {
                details.more {
                    summary { "The next " (words::count(rest.len() as u64)) }
                    (frame::table(&format!("{caption}, continued"), &columns, lines(rest)))
                }
            }
        }
    }
}

fn line(one: &Missed, is_back: bool) -> Vec<Markup> {
    let company = if one.company.is_empty() { "Unknown".to_owned() } else { short(&one.company, 44) };
    let places = [one.country.as_str(), one.region.as_str()];
    let place = places.into_iter().find(|place| !place.is_empty()).unwrap_or_default();
    let partner =
        if one.partner.is_empty() { String::new() } else { format!("via {}", short(&one.partner, 36)) };
    let days = words::counted(u64::from(one.days_overdue.unsigned_abs()), "day");
    let late = if is_back { format!("came after {days}") } else { format!("{days}, {}", one.outcome) };
    vec![
        html! { (company) (second(&[&short(place, 30), &partner])) },
        html! {
            (words::dollars(one.expected_cents))
            (second(&[&format!("last {}", words::dollars(one.last_price_cents))]))
        },
        html! { span.even { (one.due.to_string()) } (second(&[&late])) },
        html! { (short(&one.app_name, 36)) (second(&[&short(&one.hosting, 20), &short(&one.tier, 28)])) },
        html! {
            span.mono { (short(&one.licence, 40)) }
            @if let Some(maybe) = &one.maybe { (second(&["perhaps now", &short(maybe, 40)])) }
        },
        contact(one),
    ]
}

/// The contact as the beginning of a mail; only what is plainly an address becomes one.
fn contact(one: &Missed) -> Markup {
    let is_address = one.contact.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@.+-_".contains(&byte))
        && one.contact.matches('@').count() == 1;
    if !is_address {
        return cell(short(&one.contact, 48));
    }
    let app: String = one.app_name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').collect();
    let subject = format!("{app}, due on {}", one.due).replace(' ', "%20");
    html! { a href=(format!("mailto:{}?subject={subject}", one.contact)) { (short(&one.contact, 48)) } }
}

fn second(parts: &[&str]) -> Markup {
    let told: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    html! { @if !told.is_empty() { span.second { (told.join(" · ")) } } }
}

fn restated(figures: &Figures) -> Markup {
    let columns = [
        ("Month", Align::Left),
        ("Was", Align::Right),
        ("Of", Align::Right),
        ("Now", Align::Right),
        ("Of", Align::Right),
        ("Rate was", Align::Right),
        ("Rate now", Align::Right),
        ("Why", Align::Left),
    ];
    let rate = |x: u64, n: u64| match n {
        0 => "–".to_owned(),
        n => words::percent(x as f64 / n as f64, 1),
    };
    let rows = figures.restated.iter().map(|one| {
        vec![
            cell(words::month(one.month)),
            cell(words::count(one.retained_was)),
            cell(words::count(one.due_was)),
            cell(words::count(one.retained)),
            cell(words::count(one.due)),
            cell(rate(one.retained_was, one.due_was)),
            cell(rate(one.retained, one.due)),
            cell(short(&one.why, 120)),
        ]
    });
    let table = frame::table("Months that read differently than before", &columns, rows.collect());
    let says = "The exports were edited since: refunds, merged licences, changed dates.";
    frame::section("restated", "Restated since the last report", says, table)
}

fn oddities(quality: &Quality) -> String {
    format!(
        "{} of {}. {} could not be used; everything else odd is counted here and nothing was dropped in silence.",
        words::counted(quality.licences, "licence"),
        words::counted(quality.customers, "customer"),
        words::counted(quality.bad_records, "record"),
    )
}

fn quality(quality: &Quality) -> Markup {
    let fixed = [
        ("Records that could not be used", quality.bad_records),
        ("Lines that were there more than once", quality.duplicates),
        ("Lines sold after the as-of day, not looked at", quality.after_as_of),
        ("Uncollectible lines", quality.uncollectible),
        ("Manual invoices, not counted", quality.manual_invoices),
        ("Terms of no days", quality.empty_terms),
        ("Lines of monthly subscriptions, not counted", quality.monthly),
        ("Lines of licence types that do not count", quality.other_licence_types),
        ("Refunds that fit no term", quality.unlinked_refunds),
        ("Lines of customers who asked to be forgotten", quality.rtbf),
        ("First sales that replaced nothing", quality.unlinked_new),
        ("Licences that no transaction speaks of", quality.licences_without_transactions),
    ];
    let mut rows: Vec<Vec<Markup>> = fixed
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| vec![cell(name), cell(words::count(*count))])
        .collect();
    for (rule, count) in quality.linked_by.iter().take(12) {
        rows.push(vec![
            cell(format!("Replacements linked by: {}", short(rule, 60))),
            cell(words::count(*count)),
        ]);
    }
    for (value, count) in quality.unknown_values.iter().take(20) {
        rows.push(vec![cell(format!("Unknown value {}", short(value, 60))), cell(words::count(*count))]);
    }
    let columns = [("What", Align::Left), ("How many", Align::Right)];
    html! {
        (frame::table("What was odd about the data", &columns, rows))
        @if !quality.bad_examples.is_empty() {
            details.numbers {
                summary { "The first records that could not be used" }
                ul.bad { @for example in quality.bad_examples.iter().take(20) { li { (short(example, 200)) } } }
            }
        }
    }
}
