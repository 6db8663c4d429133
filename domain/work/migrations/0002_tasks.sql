-- Tasks, their places, and what hangs on them.

create table task (
  id bigint primary key,
  name text not null,
  notes text not null,
  html text,
  kind text not null,
  approval text,
  assignee_id bigint,
  assigned_by bigint,
  -- The place in the own list of the assignee.
  list_section_id bigint,
  list_rank text /*pg: collate "C" */,
  completed_at bigint,
  completed_by bigint,
  due_on text,
  due_at bigint,
  start_on text,
  start_at bigint,
  parent_id bigint references task (id),
  -- The place among the subtasks of the parent.
  rank text /*pg: collate "C" */,
  external_id text,
  external_data text,
  created_at bigint not null,
  created_by bigint,
  modified_at bigint not null,
  -- Any change at all, also those that leave modified_at alone (moving between projects).
  touched_at bigint not null,
  deleted_at bigint,
  deleted_by bigint,
  -- The task whose deletion took this one along.
  deleted_with bigint
);
create index task_by_assignee on task (assignee_id, id);
create index task_by_parent on task (parent_id, rank, id);
create index task_by_creator on task (created_by, id);
create unique index task_external on task (external_id);
create index task_in_trash on task (deleted_at) where deleted_at is not null;

create table membership (
  task_id bigint not null references task (id),
  project_id bigint not null references project (id),
  section_id bigint not null references section (id),
  rank text /*pg: collate "C" */ not null,
  -- Whether the task is neither completed nor deleted, kept here so that the open ones of a project are found without the rest.
  is_open boolean not null,
  added_at bigint not null,
  primary key (task_id, project_id)
);
create index membership_order on membership (project_id, section_id, rank, task_id);
create index membership_by_section on membership (section_id, rank, task_id);
create index membership_open on membership (project_id, section_id, rank, task_id) where is_open;

create table task_follower (
  task_id bigint not null references task (id),
  user_id bigint not null,
  since_at bigint not null,
  primary key (task_id, user_id)
);
create index task_follower_by_user on task_follower (user_id, task_id);

create table dependency (
  task_id bigint not null references task (id),
  waits_for_id bigint not null references task (id),
  since_at bigint not null,
  primary key (task_id, waits_for_id)
);
create index dependency_back on dependency (waits_for_id, task_id);

create table liked (
  id bigint primary key,
  kind text not null,
  subject_id bigint not null,
  user_id bigint not null,
  since_at bigint not null
);
create unique index liked_once on liked (kind, subject_id, user_id);

create table story (
  id bigint primary key,
  task_id bigint not null references task (id),
  kind text not null,
  text text not null,
  html text,
  -- What changed, as JSON: old and new values, and names of what they point at.
  data text not null,
  door text not null,
  created_at bigint not null,
  created_by bigint,
  is_pinned boolean not null,
  is_edited boolean not null,
  sticker text
);
create index story_by_task on story (task_id, created_at, id);
create index story_by_author on story (created_by, task_id);

create table attachment (
  id bigint primary key,
  task_id bigint not null references task (id),
  kind text not null,
  name text not null,
  url text,
  blob text,
  size_bytes bigint,
  created_at bigint not null,
  created_by bigint,
  deleted_at bigint
);
create index attachment_by_task on attachment (task_id, id);

create table tag (
  id bigint primary key,
  name text not null,
  color text,
  notes text not null,
  created_at bigint not null,
  created_by bigint
);

create table task_tag (
  task_id bigint not null references task (id),
  tag_id bigint not null references tag (id),
  since_at bigint not null,
  primary key (task_id, tag_id)
);
create index task_tag_back on task_tag (tag_id, task_id);

-- A duplication that was asked for, and what came of it.
create table copying (
  id bigint primary key,
  kind text not null,
  state text not null,
  source_id bigint not null,
  copy_id bigint,
  problem text,
  created_at bigint not null,
  created_by bigint
);
