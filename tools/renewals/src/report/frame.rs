//! What stands around a chart: its heading, what it says in a sentence, and its numbers as a table.

use maud::{Markup, html};

/// How wide the place of a drawing is; each has its own drawing, so that letters stay readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// A desk or paper.
    Wide,
    /// A telephone.
    Narrow,
}

impl Room {
    /// Both, wide first.
    pub const BOTH: [Room; 2] = [Room::Wide, Room::Narrow];

    /// Returns the class that shows a drawing only where it fits.
    pub fn class(self) -> &'static str {
        match self {
            Room::Wide => "chart wide",
            Room::Narrow => "chart narrow",
        }
    }

    /// Returns `id` made different for either drawing.
    pub fn id(self, id: &str) -> String {
        match self {
            Room::Wide => format!("{id}-w"),
            Room::Narrow => format!("{id}-n"),
        }
    }

    /// Returns the inner width of a drawing.
    pub fn width(self) -> f64 {
        match self {
            Room::Wide => 960.0,
            Room::Narrow => 440.0,
        }
    }

    /// Returns the first for a desk, the second for a telephone.
    pub fn choose<T>(self, wide: T, narrow: T) -> T {
        match self {
            Room::Wide => wide,
            Room::Narrow => narrow,
        }
    }
}

/// Returns a section with its heading and what it says in a sentence.
pub fn section(id: &str, heading: &str, says: &str, content: Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-h" } {
            h2 id={ (id) "-h" } { (heading) }
            @if !says.is_empty() { p.says { (says) } }
            (content)
        }
    }
}

/// Returns the numbers of a chart behind a line to open.
pub fn numbers(of: &str, table: Markup) -> Markup {
    html! { details.numbers { summary { "Numbers: " (of) } (table) } }
}

/// A table's column: its heading, and whether it holds numbers.
pub type Column<'a> = (&'a str, Align);

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Returns a table whose first column names the rows; it scrolls by itself where it is too wide.
pub fn table(caption: &str, columns: &[Column<'_>], rows: Vec<Vec<Markup>>) -> Markup {
    let class = |index: usize| match columns.get(index) {
        Some((_, Align::Right)) => "n",
        _ => "w",
    };
    html! {
        div class=(if columns.len() == 2 { "scroll slim" } else { "scroll" }) role="region" tabindex="0"
            aria-label={ "Table: " (caption) } {
            table {
                caption.unseen { (caption) }
                thead { tr { @for (index, (name, _)) in columns.iter().enumerate() {
                    th scope="col" class=(class(index)) { (name) }
                } } }
                tbody { @for row in rows { tr {
                    @for (index, cell) in row.into_iter().enumerate() {
                        @if index == 0 { th scope="row" class=(class(0)) { (cell) } }
                        @else { td class=(class(index)) { (cell) } }
                    }
                } } }
            }
        }
    }
}

/// Returns a cell of plain text.
pub fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// Cuts a name from outside to at most `most` characters.
pub fn short(name: &str, most: usize) -> String {
    let clean = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.chars().count() <= most {
        return clean;
    }
    let cut: String = clean.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

/// Returns a heading to go on within a sentence: its first letter small, months' names as they are.
pub fn lower(heading: &str) -> String {
    let mut rest = heading.chars();
    rest.next().map_or(String::new(), |first| first.to_lowercase().chain(rest).collect())
}
