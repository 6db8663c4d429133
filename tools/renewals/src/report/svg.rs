//! A small writer of SVG: every number in one form, every text escaped, every colour a class.
//!
//! Colours, widths and dashes live in the style sheet, so that one drawing serves light, dark, print and forced
//! colours. Coordinates have one decimal: enough for paper, and the same bytes on every machine.

use maud::{Markup, PreEscaped};
use std::fmt::Write;

use super::frame::Room;

/// A drawing of a fixed inner size that scales with its place.
#[derive(Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
    has_tips: bool,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// At its left end.
    Start,
    /// In its middle.
    Middle,
    /// At its right end.
    End,
}

/// Returns a coordinate: one decimal, none where it is zero.
pub fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0 + 0.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

/// Returns `text` with everything escaped that SVG or HTML could read as markup.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML forbids control characters even as references.
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

impl Svg {
    /// Starts a drawing.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new(), has_tips: true }
    }

    /// Starts a drawing for a room; a telephone has no pointer to rest on a mark, so tips would be dead weight.
    pub fn within(room: Room, height: f64) -> Self {
        Self { has_tips: room == Room::Wide, ..Self::new(room.width(), height) }
    }

    /// Draws what belongs together, under one tip.
    pub fn group(&mut self, tip: &str, draw: impl FnOnce(&mut Self)) {
        let tip = if self.has_tips { format!("<title>{}</title>", escape(tip)) } else { String::new() };
        self.put(format_args!("<g>{tip}"));
        draw(self);
        self.put(format_args!("</g>"));
    }

    /// Draws a straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        ));
    }

    /// Draws a rectangle; negative sizes are none.
    pub fn rect(&mut self, class: &str, corner: (f64, f64), size: (f64, f64), tip: &str) {
        let (w, h) = (size.0.max(0.0), size.1.max(0.0));
        let (x, y) = (number(corner.0), number(corner.1));
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"{}",
            number(w),
            number(h),
            self.closing("rect", tip)
        ));
    }

    /// Draws a circle.
    pub fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64, tip: &str) {
        let (x, y) = (number(centre.0), number(centre.1));
        self.put(format_args!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{}\"{}",
            number(radius),
            self.closing("circle", tip)
        ));
    }

    /// Draws a path, unless it is empty, with a tip, which may be empty.
    pub fn path(&mut self, class: &str, path: &Path, tip: &str) {
        if path.is_empty() {
            return;
        }
        self.put(format_args!("<path class=\"{class}\" d=\"{}\"{}", path.drawn, self.closing("path", tip)));
    }

    /// Writes a text.
    pub fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let held = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " m",
            Anchor::End => " e",
        };
        let (x, y) = (number(at.0), number(at.1));
        self.put(format_args!("<text class=\"{class}{held}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text)));
    }

    /// Ends the drawing: an image with a name and a description for those who do not see it.
    pub fn image(self, class: &str, id: &str, title: &str, description: &str) -> Markup {
        let (width, height) = (number(self.width), number(self.height));
        PreEscaped(format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{}</svg>",
            escape(title),
            escape(description),
            self.body
        ))
    }

    /// Ends a drawing that repeats what stands beside it in words.
    pub fn ornament(self, class: &str) -> Markup {
        let (width, height) = (number(self.width), number(self.height));
        PreEscaped(format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" aria-hidden=\"true\">{}</svg>",
            self.body
        ))
    }

    fn closing(&self, element: &str, tip: &str) -> String {
        if tip.is_empty() || !self.has_tips {
            return "/>".to_owned();
        }
        format!("><title>{}</title></{element}>", escape(tip))
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        self.body.write_fmt(element).expect("a string takes everything");
    }
}

/// The way of a pen.
#[derive(Debug, Default, Clone)]
pub struct Path {
    drawn: String,
    /// The last letter, and where the pen is: most steps go straight across or down, which is shorter to say.
    letter: char,
    at: (String, String),
}

impl Path {
    /// Goes to a point: without drawing at the start, drawing afterwards.
    pub fn to(&mut self, point: (f64, f64)) -> &mut Self {
        if self.drawn.is_empty() { self.lift_to(point) } else { self.go(point) }
    }

    /// Lifts the pen and sets it down at a point.
    pub fn lift_to(&mut self, point: (f64, f64)) -> &mut Self {
        self.at = (number(point.0), number(point.1));
        self.drawn.push('M');
        self.drawn.push_str(&self.at.0);
        self.drawn.push(' ');
        self.drawn.push_str(&self.at.1);
        self.letter = 'M';
        self
    }

    /// Draws back to where the pen was set down.
    pub fn close(&mut self) -> &mut Self {
        self.drawn.push('Z');
        self.letter = 'Z';
        self
    }

    /// Says whether nothing was drawn.
    pub fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }

    /// Returns the path through all points.
    pub fn through(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut path = Self::default();
        for point in points {
            path.to(point);
        }
        path
    }

    fn go(&mut self, point: (f64, f64)) -> &mut Self {
        let (x, y) = (number(point.0), number(point.1));
        let (letter, step) = match (x == self.at.0, y == self.at.1) {
            (true, true) => return self,
            (false, true) => ('H', x.clone()),
            (true, false) => ('V', y.clone()),
            (false, false) => ('L', format!("{x} {y}")),
        };
        // After M comes L unsaid, and a letter holds until the next.
        let is_said = self.letter == letter || (self.letter == 'M' && letter == 'L');
        self.drawn.push(if is_said { ' ' } else { letter });
        self.drawn.push_str(&step);
        self.letter = letter;
        self.at = (x, y);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_data_brings_cannot_leave_its_place() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text("label", (0.0, -0.04), Anchor::Start, "</text><script>\u{0}\"&");
        let drawn = svg.image("chart", "x", "<b>", "a \"quoted\" one").into_string();
        assert!(drawn.contains("&lt;/text&gt;&lt;script&gt; &quot;&amp;"), "{drawn}");
        assert!(drawn.contains("y=\"0\""), "no negative zero: {drawn}");
        assert!(!drawn.contains("<script"), "{drawn}");
    }

    #[test]
    fn a_path_is_short() {
        let path =
            Path::through([(0.0, 1.25), (10.04, 2.0), (12.0, 3.0), (14.0, 3.0), (16.0, 3.0), (16.0, 9.0)]);
        assert_eq!(path.drawn, "M0 1.3 10 2 12 3H14 16V9");
    }
}
