-- Words that people put on runs, to find them by.
create table run_label (
  run_id bigint not null,
  job_id bigint not null,
  name text not null,
  made_at bigint not null,
  primary key (run_id, name)
);
create index run_label_by_job on run_label (job_id, name, run_id);

-- What people say about runs.
create table run_comment (
  id bigint primary key,
  run_id bigint not null,
  user_id bigint,
  user_name text not null,
  text text not null,
  made_at bigint not null
);
create index run_comment_by_run on run_comment (run_id, id);
