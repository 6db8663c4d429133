//! Which obligations there are and what became of each.
