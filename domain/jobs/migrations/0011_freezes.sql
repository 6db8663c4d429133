-- Which jobs are frozen around the runs of which others, by name.
create table job_freeze (
  job_id bigint not null,
  other_name text not null,
  primary key (job_id, other_name)
);
create index job_freeze_around on job_freeze (other_name);

-- Runs that somebody started although their job was frozen, with why.
create table run_pass (
  run_id bigint primary key,
  marks text not null,
  reason text not null
);

-- Runs that wait for the end of a freeze: they are in nobody's way.
create table run_held (
  run_id bigint primary key
);
