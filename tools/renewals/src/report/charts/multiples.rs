//! The same small chart for every part: eyes compare shapes faster than numbers.

use maud::{Markup, html};

use super::spark;
use crate::Month;
use crate::figures::{Dimension, Segment};
use crate::report::frame::{self, Align, cell};
use crate::report::names::Names;
use crate::report::scale::{Scale, share_bounds};
use crate::report::svg::{Anchor, Path, Svg};
use crate::statistics::chart::Count;
use crate::statistics::interval;
use crate::statistics::words;

/// The quarters shown.
const QUARTERS: i32 = 11;
/// Fewer due in a quarter than this do not set the scale.
const STEADY: u64 = 8;
/// The parts shown of each dimension.
const PARTS: usize = 6;

/// Returns small charts of the dimensions named, each against the whole (in grey).
pub fn chart(dimensions: &[Dimension], drawn: &[(&str, &str)], last: Month, names: &Names<'_>) -> Markup {
    html! {
        @for (name, title) in drawn {
            @if let Some(dimension) = dimensions.iter().find(|one| one.name == *name && one.segments.len() > 1) {
                h3 { "By " (title) }
                (row(dimension, title, last, names))
            }
        }
    }
}

fn row(dimension: &Dimension, title: &str, last: Month, names: &Names<'_>) -> Markup {
    let whole = whole(dimension, last);
    // What had nothing due lately has no story to tell beside the others.
    let (shown, lines): (Vec<&Segment>, Vec<Vec<Option<Count>>>) = dimension
        .segments
        .iter()
        .map(|segment| (segment, full(spark::quarters(&segment.months, last, QUARTERS))))
        .filter(|(_, line)| line.last().is_some_and(Option::is_some))
        .take(PARTS)
        .unzip();
    // A handful due would stretch the scale for all the others; its line may leave the frame's middle.
    let rates = lines.iter().flatten().chain(&whole).flatten().filter(|count| count.n >= STEADY);
    let rates = rates.filter_map(|count| count.rate());
    let (low, high) = rates.fold((1.0f64, 0.0f64), |(low, high), rate| (low.min(rate), high.max(rate)));
    let bounds = share_bounds(low, high);
    let called: Vec<String> = shown.iter().map(|segment| names.of(&dimension.name, &segment.name)).collect();
    html! {
        ul.multiples { @for (name, line) in called.iter().zip(&lines) {
            li { (small(&dimension.name, name, line, &whole, bounds)) }
        } }
        (frame::numbers(&format!("by {title} and quarter"), table(title, &called, &lines, last)))
    }
}

/// Puts nothing before the first quarter of a young segment, so that all have the same length.
fn full(mut quarters: Vec<Option<Count>>) -> Vec<Option<Count>> {
    while quarters.len() < QUARTERS as usize {
        quarters.insert(0, None);
    }
    quarters
}

fn whole(dimension: &Dimension, last: Month) -> Vec<Option<Count>> {
    let all: Vec<_> = dimension.segments.iter().flat_map(|segment| segment.months.iter().copied()).collect();
    full(spark::quarters(&all, last, QUARTERS))
}

fn small(
    dimension: &str,
    name: &str,
    line: &[Option<Count>],
    whole: &[Option<Count>],
    bounds: (f64, f64),
) -> Markup {
    let (width, height) = (220.0, 112.0);
    let scale = Scale::new(bounds, (height - 6.0, 26.0));
    let x = |index: usize| 30.0 + index as f64 * (width - 38.0) / (line.len().max(2) - 1) as f64;
    let mut svg = Svg::new(width, height);
    let mut rules = Path::default();
    for tick in scale.ticks(3) {
        rules.lift_to((30.0, scale.at(tick))).to((width - 8.0, scale.at(tick)));
        svg.text("tick", (25.0, scale.at(tick) + 4.0), Anchor::End, &words::percent(tick, 0));
    }
    svg.path("rule", &rules, "");
    let place = |(index, count): (usize, &Option<Count>)| {
        count.and_then(Count::rate).map(|rate| (x(index), scale.at(rate)))
    };
    svg.path("curve whole", &Path::through(whole.iter().enumerate().filter_map(place)), "");
    let mut whiskers = Path::default();
    for (index, count) in line.iter().enumerate() {
        if let Some(range) = count.and_then(|count| interval::share(count.x, count.n)) {
            let (top, bottom) = (scale.at(range.upper), scale.at(range.lower));
            whiskers.lift_to((x(index), top)).to((x(index), bottom));
        }
    }
    svg.path("whisker faint", &whiskers, "");
    svg.path("curve thin", &Path::through(line.iter().enumerate().filter_map(place)), "");
    let newest = line.last().copied().flatten();
    if let Some(at) = line.iter().enumerate().rev().find_map(place) {
        svg.circle("mark main", at, 3.0, "");
    }
    svg.text("label ink", (0.0, 13.0), Anchor::Start, &frame::short(name, 22));
    let says = newest.and_then(|count| Some((count.rate()?, count.n)));
    if let Some((rate, _)) = says {
        svg.text("value", (width - 8.0, 13.0), Anchor::End, &words::percent(rate, 0));
    }
    let description = says.map_or("Nothing due.".to_owned(), |(rate, n)| {
        format!(
            "Last quarter: {} of {} due. The grey line is the whole.",
            words::percent(rate, 0),
            words::count(n)
        )
    });
    let id = format!("m-{dimension}-{}", slug(name));
    svg.image("small", &id, &format!("Renewal rate of {name} by quarter"), &description)
}

/// Returns an id that no other name has: letters and digits as they are, everything else by its number.
fn slug(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("-{:x}", u32::from(c)) })
        .collect()
}

fn table(title: &str, names: &[String], lines: &[Vec<Option<Count>>], last: Month) -> Markup {
    let mut columns = vec![("Three months until", Align::Left)];
    columns.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
    let rows = (0..QUARTERS as usize).rev().map(|index| {
        let until = last.plus(-3 * (QUARTERS - 1 - index as i32));
        let mut row = vec![cell(words::month(until))];
        row.extend(lines.iter().map(
            |line| match line[index].and_then(|count| Some((count, count.rate()?))) {
                Some((count, rate)) => {
                    cell(format!("{} of {}", words::percent(rate, 0), words::count(count.n)))
                }
                None => cell("–"),
            },
        ));
        row
    });
    frame::table(&format!("Renewal rate by {title} and quarter"), &columns, rows.collect())
}
