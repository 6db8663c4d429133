//! People's pictures: their photo, or their initials on a colour of their own.

use base::id::UserId;
use maud::{Markup, html};

/// Dark enough for white letters at 4.5:1, far enough apart to tell a dozen people.
const COLOURS: [&str; 12] = [
    "#7a4a86", "#2f6f4f", "#8a4b1f", "#3d5a92", "#256d77", "#7d4040", "#6b5d1e", "#a03a5b", "#51635f",
    "#5a5f66", "#4f5b2a", "#5b4aa0",
];

fn initials(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).take(2).collect()
}

/// A person's picture; `size` is `sm`, `lg` or empty.
pub fn avatar(id: UserId, name: &str, size: &str) -> Markup {
    let colour = COLOURS[usize::try_from(id.0).unwrap_or(0) % COLOURS.len()];
    html! { span class={ "av " (size) } style={ "--av:" (colour) } title=(name) aria-hidden="true" { (initials(name)) } }
}

/// A person's picture with their name beside it.
pub fn avatar_named(id: UserId, name: &str) -> Markup {
    html! { (avatar(id, name, "sm")) " " (name) }
}

/// Pictures of several people, overlapping, with their names for screen readers.
pub fn avatars<'a>(people: impl IntoIterator<Item = (UserId, &'a str)>) -> Markup {
    let people: Vec<_> = people.into_iter().collect();
    let names = people.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    html! { span.avs role="img" aria-label=(names) { @for (id, name) in &people { (avatar(*id, name, "sm")) } } }
}
