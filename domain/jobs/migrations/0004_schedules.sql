create table schedule (
  id bigint primary key,
  job_id bigint not null,
  -- Which of the job's cron triggers: equal expression and zone keep their past when the file changes around them.
  mark text not null,
  model text not null,
  version bigint not null,
  -- Everything up to here is accounted for.
  cursor_at bigint not null,
  next_at bigint,
  gone_at bigint
);
create unique index schedule_mark on schedule (job_id, mark);
create index schedule_due on schedule (next_at) where gone_at is null;

-- Every fire, with what was decided and why.
create table fire (
  schedule_id bigint not null,
  scheduled_at bigint not null,
  job_id bigint not null,
  version bigint not null,
  decision text not null,
  reason text not null,
  run_id bigint,
  decided_at bigint not null,
  primary key (schedule_id, scheduled_at)
);
create index fire_by_job on fire (job_id, scheduled_at);
create index fire_by_run on fire (run_id) where run_id is not null;

-- Which jobs are started by the end of which others, by name.
create table job_after (
  job_id bigint not null,
  after_name text not null,
  result text not null,
  params text not null
);
create index job_after_name on job_after (after_name);
create index job_after_job on job_after (job_id);

create table job_secret (
  id bigint primary key,
  scope text not null,
  scope_key text not null,
  name text not null,
  sealed bytea not null,
  version bigint not null,
  -- Whether runs of any branch get it, not only those of the default branch.
  any_branch boolean not null,
  set_by text not null,
  set_at bigint not null,
  given_at bigint
);
create unique index job_secret_name on job_secret (scope, scope_key, name);
