-- Forms that strangers fill in, and what came of it.

create table form (
  id bigint primary key,
  project_id bigint not null references project (id),
  section_id bigint,
  name text not null,
  description text not null,
  -- What is said after a submission.
  thanks text not null,
  is_open boolean not null,
  -- The secret part of its address; it is shown to everybody who edits the project.
  token text not null,
  -- The SHA-256 of the key that another form service sends along; null when none is asked for.
  handshake_hash text,
  -- The questions in order, as JSON.
  questions text not null,
  created_at bigint not null,
  created_by bigint
);
create unique index form_token on form (token);
create index form_by_project on form (project_id, id);

create table form_submission (
  id bigint primary key,
  form_id bigint not null references form (id) on delete cascade,
  -- What makes a submission sent twice the same one.
  entry text not null,
  task_id bigint not null,
  at bigint not null
);
create unique index form_submission_once on form_submission (form_id, entry);
