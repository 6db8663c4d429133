//! Marks that tell verdicts apart without colour: a disc, a triangle, a diamond, a ring.

use maud::Markup;

use super::svg::{Path, Svg};
use crate::statistics::{Light, Verdict};

/// Returns the class that colours a light.
pub fn class(light: Light) -> &'static str {
    match light {
        Light::Grey => "grey",
        Light::Green => "green",
        Light::Amber => "amber",
        Light::Red => "red",
    }
}

/// Returns the verdict in two words.
pub fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::BelowFloor => "Below the floor",
        Verdict::SignificantDrop => "Significant drop",
        Verdict::Worse => "Lower than usual",
        Verdict::Usual => "As usual",
        Verdict::Better => "Better than usual",
        Verdict::TooFew => "Too few to judge",
        Verdict::TooYoung => "Too young to judge",
        Verdict::NoHistory => "Too little history",
    }
}

/// Draws the mark of a verdict; `tip` says what it stands for.
pub fn draw(svg: &mut Svg, verdict: Verdict, at: (f64, f64), size: f64, tip: &str) {
    let (x, y) = at;
    let class = format!("mark {}", class(verdict.light()));
    match verdict {
        Verdict::BelowFloor | Verdict::SignificantDrop => {
            let r = size * 1.45;
            svg.path(&class, Path::through([(x, y - r), (x + r, y), (x, y + r), (x - r, y)]).close(), tip);
        }
        Verdict::Worse => {
            let r = size * 1.4;
            svg.path(
                &class,
                Path::through([(x - r, y - r * 0.8), (x + r, y - r * 0.8), (x, y + r)]).close(),
                tip,
            );
        }
        Verdict::Better => {
            let r = size * 1.4;
            svg.path(
                &class,
                Path::through([(x - r, y + r * 0.8), (x + r, y + r * 0.8), (x, y - r)]).close(),
                tip,
            );
        }
        Verdict::Usual => svg.circle("mark main", at, size, tip),
        Verdict::TooFew | Verdict::TooYoung | Verdict::NoHistory => svg.circle("mark hollow", at, size, tip),
    }
}

/// Returns the mark of a light to stand before words.
pub fn lamp(verdict: Verdict) -> Markup {
    let mut svg = Svg::new(20.0, 20.0);
    let class = format!("mark {}", class(verdict.light()));
    match verdict.light() {
        Light::Grey => svg.circle("mark hollow", (10.0, 10.0), 7.0, ""),
        Light::Green if verdict == Verdict::Usual => svg.circle(&class, (10.0, 10.0), 8.0, ""),
        Light::Green | Light::Amber | Light::Red => draw(&mut svg, verdict, (10.0, 10.0), 6.6, ""),
    }
    svg.ornament("lamp")
}
