//! The gauge beside the headline: where this month lies between the limits of what is usual.

use maud::Markup;

use crate::report::marks;
use crate::report::scale::{Scale, share_bounds};
use crate::report::svg::{Anchor, Svg};
use crate::statistics::judgement::{Headline, MonthJudgement};
use crate::statistics::words;

/// Returns the gauge; what it shows stands beside it in words.
pub fn chart(headline: &Headline, judged: Option<&MonthJudgement>) -> Markup {
    let limits = judged.and_then(|judged| judged.limits);
    let (mut low, mut high) = (headline.interval.lower, headline.interval.upper);
    if let Some(limits) = limits {
        (low, high) = (low.min(limits.lower), high.max(limits.upper));
    }
    let (low, high) = share_bounds(low, high);
    let scale = Scale::new((low, high), (22.0, 398.0));
    let digits = words::decimals(headline.count.n);
    let mut svg = Svg::new(420.0, 86.0);
    if let Some(limits) = limits {
        let (a, b) = (scale.at(limits.lower), scale.at(limits.upper));
        svg.rect("band", (a, 30.0), (b - a, 24.0), "");
    }
    svg.line("axis", (22.0, 54.0), (398.0, 54.0));
    for tick in scale.ticks(4) {
        svg.line("axis", (scale.at(tick), 54.0), (scale.at(tick), 58.0));
        svg.text("tick", (scale.at(tick), 74.0), Anchor::Middle, &words::percent(tick, 0));
    }
    if let Some(usual) = headline.baseline {
        let x = scale.at(usual);
        svg.line("usual", (x, 26.0), (x, 54.0));
        let label = format!("usual {}", words::percent(usual, digits));
        svg.text("label halo", (x.clamp(40.0, 380.0), 18.0), Anchor::Middle, &label);
    }
    svg.line("whisker", (scale.at(headline.interval.lower), 42.0), (scale.at(headline.interval.upper), 42.0));
    marks::draw(&mut svg, headline.verdict, (scale.at(headline.rate), 42.0), 6.0, "");
    svg.ornament("gauge")
}
