create table run (
  id bigint primary key,
  job_id bigint not null,
  number bigint not null,
  definition_id bigint not null,
  repository_id bigint not null,
  commit_id text not null,
  reference text,
  -- Whether the commit is on a branch that may have the job's secrets.
  trusted boolean not null,
  cause text not null,
  -- What caused it: the schedule, the run before it in a chain, the run that it repeats.
  cause_id bigint,
  scheduled_at bigint,
  asked_by bigint,
  asked_by_name text not null,
  params text not null,
  state text not null,
  state_at bigint not null,
  -- Why it is in that state, in a sentence.
  sentence text,
  -- The group of which only so many run at once.
  lane text,
  repeats bigint,
  -- The manual stages that a person let begin.
  released text not null,
  gate_asked boolean not null,
  deployment_id bigint,
  deployment_token bigint,
  cancel_by text,
  -- Whether it is to be killed without time to clean up.
  at_once boolean not null,
  cancel_reason text,
  made_at bigint not null,
  started_at bigint,
  ended_at bigint
);
create unique index run_number on run (job_id, number);
create index run_by_job on run (job_id, id);
create index run_live on run (job_id) where ended_at is null;
create index run_by_lane on run (lane, id) where ended_at is null;
create index run_by_state on run (state, id);
create index run_by_end on run (ended_at);

create table run_part (
  id bigint primary key,
  run_id bigint not null,
  job_id bigint not null,
  stage bigint not null,
  place bigint not null,
  name text not null,
  model text not null,
  state text not null,
  state_at bigint not null,
  sentence text,
  attempts bigint not null,
  ready_at bigint,
  told_nobody_fits boolean not null
);
create index run_part_by_run on run_part (run_id, stage, place);
create index run_part_queue on run_part (ready_at, id) where state = 'queued';

-- One try of a part on one agent. Its epoch fences: what was leased again is not written to by whoever had it before.
create table attempt (
  id bigint primary key,
  part_id bigint not null,
  run_id bigint not null,
  job_id bigint not null,
  number bigint not null,
  agent_id bigint not null,
  epoch bigint not null,
  state text not null,
  lease_until bigint,
  leased_at bigint not null,
  started_at bigint,
  ended_at bigint,
  exit_code bigint,
  signal bigint,
  reason text,
  sentence text,
  failed_step bigint,
  log_bytes bigint not null,
  log_kept bigint not null,
  log_blob text,
  image_digest text,
  secrets_given text not null,
  finish_print text
);
create unique index attempt_number on attempt (part_id, number);
create index attempt_by_run on attempt (run_id, id);
create index attempt_live on attempt (agent_id) where ended_at is null;

create table attempt_step (
  attempt_id bigint not null,
  place bigint not null,
  name text not null,
  state text not null,
  log_from bigint,
  log_to bigint,
  took_ms bigint,
  exit_code bigint,
  primary key (attempt_id, place)
);

create table run_metric (
  run_id bigint not null,
  job_id bigint not null,
  name text not null,
  value double precision not null,
  unit text,
  at bigint not null,
  primary key (run_id, name)
);
create index run_metric_by_job on run_metric (job_id, name, run_id);

create table artifact (
  id bigint primary key,
  run_id bigint not null,
  job_id bigint not null,
  part_id bigint not null,
  name text not null,
  path text not null,
  size bigint not null,
  hash text not null,
  media_type text not null,
  shared boolean not null,
  made_at bigint not null,
  kept_until bigint
);
create unique index artifact_path on artifact (run_id, name, path);
create index artifact_kept_until on artifact (kept_until) where kept_until is not null;
create index artifact_by_hash on artifact (hash);
