-- A job file as it was last read: what is wrong with it, where.
create table job_file (
  repository_id bigint not null,
  path text not null,
  commit_id text not null,
  findings text not null,
  read_at bigint not null,
  primary key (repository_id, path)
);

-- A job: one document of a job file. Its row stays when the file no longer names it, with its history.
create table job (
  id bigint primary key,
  repository_id bigint not null,
  path text not null,
  name text not null,
  title text not null,
  owner text,
  definition_id bigint not null,
  enabled boolean not null,
  permissions text,
  -- Rises with every run; numbers are given once, in the transaction that makes the run.
  last_number bigint not null,
  paused_at bigint,
  paused_until bigint,
  paused_by text,
  pause_reason text,
  made_at bigint not null,
  gone_at bigint
);
create unique index job_one_per_name on job (name);
create index job_by_repository on job (repository_id);

-- What the file said of a job at one commit; a run keeps the one it was started with.
create table job_definition (
  id bigint primary key,
  job_id bigint not null,
  commit_id text not null,
  source text not null,
  model text not null,
  made_at bigint not null
);
create index job_definition_by_job on job_definition (job_id, id);

create table job_watcher (
  job_id bigint not null,
  user_id bigint not null,
  primary key (job_id, user_id)
);
