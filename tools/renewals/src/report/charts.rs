//! The drawings. Each is drawn twice, for a desk and for a telephone, and has its numbers as a table.

pub mod cohorts;
pub mod drift;
pub mod forecast;
pub mod gauge;
pub mod incidence;
pub mod ladder;
pub mod multiples;
pub mod partners;
pub mod rate;
pub mod spark;

use super::frame::Room;
use super::scale::Scale;
use super::svg::{Anchor, Path, Svg};
use crate::Month;
use crate::statistics::words;

/// The inner frame of a drawing: where its values lie.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Left and right.
    pub x: (f64, f64),
    /// Top and bottom.
    pub y: (f64, f64),
}

impl Frame {
    /// Draws rules across at the ticks, each with its label at the left.
    pub fn rules(&self, svg: &mut Svg, scale: &Scale, ticks: &[f64], label: impl Fn(f64) -> String) {
        let mut rules = Path::default();
        for &tick in ticks {
            let y = scale.at(tick);
            rules.lift_to((self.x.0, y)).to((self.x.1, y));
            svg.text("tick", (self.x.0 - 8.0, y + 4.0), Anchor::End, &label(tick));
        }
        svg.path("rule", &rules, "");
    }

    /// Returns the middle of the place of month `index` of `count`, and how wide the place is.
    pub fn place(&self, index: usize, count: usize) -> (f64, f64) {
        let width = (self.x.1 - self.x.0) / count.max(1) as f64;
        (self.x.0 + (index as f64 + 0.5) * width, width)
    }

    /// Writes the months below: as many as fit, the year below January and below the first.
    pub fn months(&self, svg: &mut Svg, months: &[Month], room: Room) {
        let (_, width) = self.place(0, months.len());
        let needed = room.choose(30.0, 36.0);
        let every = [1, 2, 3, 6, 12].into_iter().find(|n| f64::from(*n) * width >= needed).unwrap_or(12);
        let mut year = None;
        let mut axis = Path::through([(self.x.0, self.y.1), (self.x.1, self.y.1)]);
        for (index, month) in months.iter().enumerate() {
            let (x, _) = self.place(index, months.len());
            let (this, number) = month.parts();
            if (number as i32 - 1) % every != 0 {
                continue;
            }
            axis.lift_to((x, self.y.1)).to((x, self.y.1 + 4.0));
            svg.text(
                "tick",
                (x, self.y.1 + room.choose(18.0, 20.0)),
                Anchor::Middle,
                words::short_month(*month),
            );
            if year != Some(this) {
                let at = (x, self.y.1 + room.choose(33.0, 38.0));
                svg.text("tick year", at, Anchor::Middle, &this.to_string());
                year = Some(this);
            }
        }
        svg.path("axis", &axis, "");
    }
}
