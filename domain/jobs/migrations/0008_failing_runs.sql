-- The home page asks which jobs ended badly last; of all runs they are few.
create index run_that_failed on run (ended_at) where state in ('failed', 'timed_out', 'lost');
