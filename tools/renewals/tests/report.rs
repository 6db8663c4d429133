//! The report as a file: the same bytes every time, small, closed in itself, well formed, and nobody's name in it
//! when it is to be shown outside. The pages are left in the target folder's `tmp` to be looked at.

mod figures;

use std::collections::BTreeSet;
use std::path::Path;

use figures::{CALM, DROP, Story};
use renewals::figures::{Figures, Missed};
use renewals::report;
use renewals::statistics::judge;

fn page(name: &str, figures: &Figures) -> String {
    let html = report::html(figures, &judge(figures));
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}.html"));
    std::fs::write(place, &html).expect("the target folder is writable");
    html
}

/// Returns what is between the tags named, outside of which nothing is looked at.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).expect("it begins") + from.len();
    &text[start..start + text[start..].find(to).expect("it ends")]
}

/// Walks through all tags: every one is closed in turn, every id is there once. Returns the names in order.
#[track_caller]
fn well_formed(html: &str) -> Vec<String> {
    const VOID: [&str; 5] = ["meta", "br", "link", "img", "hr"];
    let (mut open, mut names, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("it is HTML");
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a tag has a name").to_owned();
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_ref(), Some(&name), "closed in turn");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes come in pairs: {tag}");
        if let Some(id) = tag.split(" id=\"").nth(1).and_then(|id| id.split('"').next()) {
            assert!(ids.insert(id.to_owned()), "id {id} is there twice");
        }
        if name == "style" || name == "script" {
            rest = &rest[rest.find(&format!("</{name}>")).expect("it ends")..];
        }
        if !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        names.push(name);
    }
    assert!(open.is_empty(), "left open: {open:?}");
    names
}

#[test]
fn what_happened_stands_in_the_chart_and_below_it() {
    let html = page("events", &figures::figures(CALM));
    assert!(html.contains("Prices &lt;raised&gt;"), "it is told, and escaped");
    assert_eq!(html.matches("class=\"event\"").count(), 2, "a line on a desk and on a telephone");
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    let figures = figures::figures(CALM);
    assert_eq!(page("calm", &figures), report::html(&figures.clone(), &judge(&figures)));
}

#[test]
fn it_is_well_formed_and_says_it_in_words() {
    let html = page("drop", &figures::figures(DROP));
    let names = well_formed(&html);
    assert_eq!(names.iter().filter(|name| *name == "h1").count(), 1);
    for wanted in [
        "Significant drop",
        "What changed, and whether it matters",
        "Should have renewed and did not",
        "SHA-256",
    ] {
        assert!(html.contains(wanted), "{wanted}");
    }
    // Every drawing that is an image has a name and a description, every chart a table.
    let images = html.matches("role=\"img\"").count();
    assert_eq!(html.matches("<desc id=").count(), images);
    assert!(names.iter().filter(|name| *name == "table").count() >= 12);
}

#[test]
fn it_needs_nothing_from_anywhere() {
    let html = page("calm-alone", &figures::figures(CALM));
    for forbidden in ["http://", "https://", "src=", "@import", "url(", "javascript:", " onload", " onclick"]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert_eq!(html.matches("<script").count(), 1, "the inert data alone");
    let data = between(&html, "id=\"data\">", "</script>");
    let data: serde_json::Value = serde_json::from_str(data).expect("it is JSON");
    assert_eq!(data["headline"]["month"], "2026-09");
    assert_eq!(data["months"].as_array().expect("months").len(), 60);
}

#[test]
fn a_large_vendor_still_fits() {
    let html = page("large", &figures::figures(Story { due: 2_500, ..DROP }));
    assert!(html.len() <= report::MOST_BYTES, "{} bytes", html.len());
    well_formed(&html);
    assert!(html.contains("writes all of them as CSV"));
    let small = page("small", &figures::figures(Story { due: 12, ..CALM }));
    assert!(small.contains("too few to judge"), "a vendor with few licences is told so");
    let none = page("none", &figures::figures(Story { due: 0, months: 2, drop: 0 }));
    well_formed(&none);
    assert!(none.contains("No month can be judged yet"));
}

#[test]
fn what_exports_smuggle_in_stays_text() {
    let evil = "</script><script>alert(1)</script><!--\"'&\u{0}\u{202e}".to_owned() + &"x".repeat(5_000);
    let mut figures = figures::figures(CALM);
    for dimension in &mut figures.dimensions {
        dimension.segments[0].name.clone_from(&evil);
    }
    for missed in figures.not_renewed.iter_mut().take(3) {
        *missed = Missed {
            licence: evil.clone(),
            app_name: evil.clone(),
            tier: evil.clone(),
            company: evil.clone(),
            partner: evil.clone(),
            contact: evil.clone(),
            maybe: Some(evil.clone()),
            ..missed.clone()
        };
    }
    figures.inputs[0].file.clone_from(&evil);
    figures.quality.bad_examples = vec![evil.clone(); 3];
    figures.quality.unknown_values.insert(evil.clone(), 1);
    figures.params.end_of_sale.insert(evil.clone(), figures.as_of);
    let html = page("evil", &figures);
    well_formed(&html);
    assert!(!html.contains("<script>"), "no script begins");
    assert!(
        !html.contains(&"x".repeat(300))
            || !html.replace(between(&html, "id=\"data\">", "</script>"), "").contains(&"x".repeat(300)),
        "names are cut"
    );
}

#[test]
fn without_names_nobody_is_named() {
    let figures = figures::figures(DROP);
    let html = page("anonymous", &report::anonymous::of(&figures));
    for missed in figures.not_renewed.iter().chain(&figures.won_back) {
        for name in [&missed.company, &missed.contact, &missed.licence, &missed.partner] {
            assert!(name.is_empty() || !html.contains(name.as_str()), "{name} is named");
        }
    }
    assert!(!html.contains("Kessel") && !html.contains("31.02.2026"));
    assert!(html.contains("Customer 1") && html.contains("Partner 1") && html.contains("Licence 1"));
    well_formed(&html);
}
