//! Apps, tiers and whatever else is a name that many lines share.

use std::collections::HashMap;

/// Which list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Keys of apps.
    App,
    /// Such as `100 Users`.
    Tier,
    /// Country and region, parted by [`PART`].
    Place,
    /// Such as `Cloud`.
    Hosting,
    /// Name and type of a partner, parted by [`PART`].
    Partner,
}

/// Stands between the parts of a name.
pub const PART: char = '\u{1f}';

/// Numbered names.
#[derive(Debug, Default)]
pub struct Names {
    lists: [Numbered; 5],
    /// The names of apps by key; when there are several the last in order of the alphabet.
    pub app_names: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Numbered {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a name, from 0.
    pub fn number(&mut self, list: List, name: &str) -> u32 {
        let list = &mut self.lists[list as usize];
        if let Some(number) = list.numbers.get(name) {
            return *number;
        }
        let number = list.names.len() as u32;
        list.names.push(name.to_string());
        list.numbers.insert(name.to_string(), number);
        number
    }

    /// The name with that number.
    pub fn name(&self, list: List, number: u32) -> &str {
        self.lists[list as usize].names.get(number as usize).map_or("", String::as_str)
    }

    /// All names of a list by number.
    pub fn all(&self, list: List) -> &[String] {
        &self.lists[list as usize].names
    }

    /// The parts of a name of two.
    pub fn parts(&self, list: List, number: u32) -> (&str, &str) {
        self.name(list, number).split_once(PART).unwrap_or_default()
    }

    /// Takes note of what an app is called.
    pub fn call(&mut self, app: &str, name: &str) {
        let known = self.app_names.entry(app.to_string()).or_default();
        if name > known.as_str() {
            *known = name.to_string();
        }
    }
}
