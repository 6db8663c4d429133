//! A line of an export as the rules need it.
