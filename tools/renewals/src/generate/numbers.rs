//! The numbers by which the marketplace knows a licence, old kinds and new.

use std::fmt::Write;

use super::calendar::Day;
use super::random::mix;
use super::story::Licence;
use super::text;

/// The numbers of a licence as rows show them; empty where they do not.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) addon_license: String,
    pub(crate) license: String,
    pub(crate) entitlement: String,
    pub(crate) entitlement_number: String,
}

impl Numbers {
    /// Fills in what a row shows that was sold on `at`.
    pub(crate) fn fill(&mut self, licence: &Licence, at: Day) {
        for text in
            [&mut self.addon_license, &mut self.license, &mut self.entitlement, &mut self.entitlement_number]
        {
            text.clear();
        }
        if licence.shows_number(at) {
            put(&mut self.addon_license, format_args!("{}", licence.addon_license()));
            put(&mut self.license, format_args!("SEN-{}", licence.addon_license()));
        }
        if licence.shows_entitlement(at) {
            write_uuid(&mut self.entitlement, mix(licence.number), mix(licence.number ^ 0xe417));
            licence.write_entitlement_number(&mut self.entitlement_number);
        }
    }
}

impl Numbers {
    /// Fills in all that the licence report knows: every number that the licence ever had.
    pub(crate) fn fill_known(&mut self, licence: &Licence, at: Day) {
        self.fill(&Licence { renumbered: None, ..licence.clone() }, at);
    }
}

impl Licence {
    fn addon_license(&self) -> u64 {
        1_000_000 + self.number
    }

    fn write_entitlement_number(&self, out: &mut String) {
        let number = self.number;
        put(
            out,
            format_args!("E-{:03}-{:03}-{:03}", number / 1_000_000, number / 1000 % 1000, number % 1000),
        );
    }

    /// Its name in the truth: the number that its first row shows.
    pub(crate) fn write_key(&self, out: &mut Vec<u8>) {
        if self.born_entitled {
            let mut text = String::new();
            self.write_entitlement_number(&mut text);
            out.extend_from_slice(text.as_bytes());
        } else {
            text::write_number(out, self.addon_license() as i64);
        }
    }
}

/// Appends text that is put together.
pub(crate) fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes every text");
}

/// Appends a UUID made of these bits.
pub(crate) fn write_uuid(out: &mut String, high: u64, low: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (place, word) in [high, low].into_iter().enumerate() {
        for at in 0..16 {
            if (place, at) == (0, 8)
                || (place, at) == (0, 12)
                || (place, at) == (1, 0)
                || (place, at) == (1, 4)
            {
                out.push('-');
            }
            out.push(char::from(DIGITS[(word >> (60 - 4 * at)) as usize & 15]));
        }
    }
}
