//! The command `renewals`.

fn main() {}
