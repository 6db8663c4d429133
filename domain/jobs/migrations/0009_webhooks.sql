-- The address at which a job takes requests from outside. Only a hash of it is kept.
create table job_hook (
  job_id bigint primary key,
  hash text not null,
  made_by text not null,
  made_at bigint not null,
  used_at bigint
);
create unique index job_hook_one_per_hash on job_hook (hash);

-- Requests that named themselves, and pushes: what comes again starts nothing again.
create table job_delivery (
  job_id bigint not null,
  delivery text not null,
  run_id bigint not null,
  taken_at bigint not null,
  primary key (job_id, delivery)
);
create index job_delivery_by_time on job_delivery (taken_at);
