//! How it was computed: rules, thresholds, input, so that anybody can do it again.

use maud::{Markup, html};

use super::frame::{self, Align, cell, short};
use crate::figures::{Figures, Parameters};
use crate::statistics::judgement::Judgement;
use crate::statistics::words;

/// Returns the section.
pub fn section(figures: &Figures, judgement: &Judgement) -> Markup {
    let content = html! {
        div.prose {
            div { h3 { "What is counted" }
            p { "Every term of a commercial or academic licence creates one obligation to renew, due on the day the \
                 term ends. It is renewed when the same licence continues (early, on time, late, or much later), when \
                 it is upgraded, or when the same customer replaces it by a licence of another hosting or by a new one. \
                 Licences replaced before their month began, refunded early, or bought backwards are not due. A \
                 month's rate is the share of its obligations retained within 30 days of the due day." } }
            div { h3 { "What is called usual" }
            p { "A month is compared with up to " (figures.params.baseline) " mature months before it, never with \
                 itself. A significant drop stays out of every later comparison: what is usual may rise by itself, \
                 but only a person can lower it. Months are compared at equal age only; a month too young is drawn \
                 hollow, with an estimate from how older months went on." } }
            div { h3 { "When it is called a drop" }
            p { "Red: the exact chance of so few renewals is below 0.5%, or the CUSUM (slack 0.5, alarm above 4) \
                 signals, or the rate is below a floor that somebody set. Amber: that chance is below 2.5%, or the \
                 EWMA (λ 0.2, L 2.7) is below its limit. Fewer than " (figures.params.min_n) " due are not judged. \
                 Where months differ by more than chance (Laney's σ" sub { "z" } (sigma(judgement)) "), limits are \
                 wider and chances beta-binomial. How sharp that is, by simulation with 80 due a month and 65% usual: \
                 where nothing happens one month in 40 is red (one false alarm in about nine years, which lasts); a \
                 drop of 13 points is found within four months in 94% of cases, one of 10 points within six in 93%." } }
            div { h3 { "Sources" }
            ul.sources { @for source in SOURCES { li { (source) } } } }
        }
        h3 { "Thresholds" }
        (parameters(&figures.params))
        h3 { "Input" }
        (inputs(figures))
    };
    frame::section("method", "Method", "", content)
}

const SOURCES: [&str; 9] = [
    "Intervals: Wilson 1927 from 40 due on, Jeffreys below, as Brown, Cai and DasGupta 2001 recommend (Statistical Science 16).",
    "Control limits: Laney 2002, Quality Engineering 14; Montgomery, Introduction to Statistical Quality Control.",
    "CUSUM: Page 1954, Biometrika 41. EWMA: Roberts 1959, Technometrics 1.",
    "Differences: Newcombe 1998, Statistics in Medicine 17.",
    "Many segments: Benjamini and Hochberg 1995, JRSS B 57.",
    "Partners: Spiegelhalter 2005, Statistics in Medicine 24; shrinkage: Kleinman 1973, JASA 68.",
    "Competing outcomes: Aalen and Johansen 1978, Scandinavian Journal of Statistics 5.",
    "Young months: a chain ladder with one step; Mack 1993, ASTIN Bulletin 23.",
    "Harder months: indirect standardisation with Poisson-binomial bounds.",
];

fn sigma(judgement: &Judgement) -> String {
    let newest = judgement.months.iter().rev().find_map(|one| one.sigma_z);
    newest.map_or(String::new(), |sigma| format!(", now {sigma:.2}"))
}

fn parameters(params: &Parameters) -> Markup {
    let days = |days: i32| words::counted(u64::from(days.unsigned_abs()), "day");
    let mut rows = vec![
        ("On time: sold until after the due day".to_owned(), days(params.g)),
        ("Late: sold until after the due day".to_owned(), days(params.w)),
        ("A replacement may start before the due day".to_owned(), days(params.lb)),
        ("A replacement may start after the due day".to_owned(), days(params.lf)),
        ("Fewer due are not judged".to_owned(), words::count(params.min_n)),
        ("Mature months in the baseline".to_owned(), params.baseline.to_string()),
        ("Community licences count".to_owned(), if params.community { "yes" } else { "no" }.to_owned()),
    ];
    for (hosting, day) in &params.end_of_sale {
        rows.push((format!("{} cannot be renewed after", short(hosting, 40)), words::day(*day)));
    }
    for (app, day) in params.archived.iter().take(20) {
        rows.push((format!("{} cannot be renewed after", short(app, 40)), words::day(*day)));
    }
    let rows = rows.into_iter().map(|(name, value)| vec![cell(name), cell(value)]);
    frame::table("Thresholds", &[("Threshold", Align::Left), ("Value", Align::Right)], rows.collect())
}

fn inputs(figures: &Figures) -> Markup {
    let columns = [
        ("File", Align::Left),
        ("Records", Align::Right),
        ("Unusable", Align::Right),
        ("SHA-256", Align::Left),
    ];
    let rows = figures.inputs.iter().map(|input| {
        vec![
            cell(short(&input.file, 60)),
            cell(words::count(input.rows)),
            cell(words::count(input.bad)),
            html! { span.mono.hash { (input.blake3) } },
        ]
    });
    frame::table("Input files", &columns, rows.collect())
}
