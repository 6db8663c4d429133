//! Schedules: expressions, time zones and what a clock change does to them.
