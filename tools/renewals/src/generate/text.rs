//! How values are written into CSV and JSON.

use super::calendar::{self, Day};

/// Appends a whole number.
pub(crate) fn write_number(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut left = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends an amount: `-12.50`.
pub(crate) fn write_money(out: &mut Vec<u8>, cents: i64) {
    if cents < 0 {
        out.push(b'-');
    }
    let cents = cents.unsigned_abs();
    write_number(out, (cents / 100) as i64);
    out.extend_from_slice(&[b'.', b'0' + (cents / 10 % 10) as u8, b'0' + (cents % 10) as u8]);
}

/// Where a record goes: a record of CSV names no fields, one of JSON nests them.
pub(crate) trait Sink {
    /// A text; an empty one stands for none.
    fn text(&mut self, name: &str, value: &str);
    /// A date; none is left out.
    fn date(&mut self, name: &str, value: Option<Day>);
    /// An amount; none is left out.
    fn money(&mut self, name: &str, cents: Option<i64>);
    /// Values that only JSON has room for, as JSON.
    fn json(&mut self, name: &str, value: Option<&str>);
    /// Opens a group; CSV names its fields with the prefix instead.
    fn open(&mut self, name: &str);
    /// Closes the group.
    fn close(&mut self);
}

/// One record of CSV.
pub(crate) struct Csv<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Csv<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, is_first: true }
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
    }

    pub(crate) fn end(self) {
        self.out.push(b'\n');
    }
}

impl Sink for Csv<'_> {
    fn text(&mut self, _: &str, value: &str) {
        self.comma();
        if !value.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            self.out.extend_from_slice(value.as_bytes());
            return;
        }
        self.out.push(b'"');
        for byte in value.bytes() {
            if byte == b'"' {
                self.out.push(b'"');
            }
            self.out.push(byte);
        }
        self.out.push(b'"');
    }

    fn date(&mut self, _: &str, value: Option<Day>) {
        self.comma();
        if let Some(day) = value {
            calendar::write(self.out, day);
        }
    }

    fn money(&mut self, _: &str, cents: Option<i64>) {
        self.comma();
        if let Some(cents) = cents {
            write_money(self.out, cents);
        }
    }

    fn json(&mut self, _: &str, _: Option<&str>) {}

    fn open(&mut self, _: &str) {}

    fn close(&mut self) {}
}

/// One record of JSON, on one line.
pub(crate) struct Json<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Json<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_first: true }
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn value(&mut self, value: &str) {
        self.out.push(b'"');
        for byte in value.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

impl Sink for Json<'_> {
    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        match value {
            "" => self.out.extend_from_slice(b"null"),
            _ => self.value(value),
        }
    }

    fn date(&mut self, name: &str, value: Option<Day>) {
        if let Some(day) = value {
            self.name(name);
            self.out.push(b'"');
            calendar::write(self.out, day);
            self.out.push(b'"');
        }
    }

    fn money(&mut self, name: &str, cents: Option<i64>) {
        if let Some(cents) = cents {
            self.name(name);
            write_money(self.out, cents);
        }
    }

    fn json(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            self.out.extend_from_slice(value.as_bytes());
        }
    }

    fn open(&mut self, name: &str) {
        self.name(name);
        self.out.push(b'{');
        self.is_first = true;
    }

    fn close(&mut self) {
        self.out.push(b'}');
        self.is_first = false;
    }
}
