-- How far the work on tasks has come: which commits belong to a task, and where each of them has arrived. Both are facts that were
-- found once and are kept, so that a list of tasks asks no git.

create table task_commit (
  task_id bigint not null,
  repository_id bigint not null,
  commit_id text not null,
  -- The same change made again elsewhere, picked or rebased, has the same one.
  change text not null,
  title text not null,
  author text not null,
  -- Whether it says that it fixes the task.
  fixes boolean not null,
  -- Who linked it; null when its message names the task.
  linked_by bigint,
  linked_at bigint not null,
  primary key (task_id, repository_id, commit_id)
);
create index task_commit_by_commit on task_commit (repository_id, commit_id);

-- Where commits are that belong to tasks. The place 0 is the default branch, any other an environment.
create table commit_place (
  repository_id bigint not null,
  commit_id text not null,
  place_id bigint not null,
  -- Since when, and by which deployment, where that was seen.
  since bigint,
  deployment_number bigint,
  primary key (repository_id, commit_id, place_id)
);

-- The commit that each place had when its rows were made.
create table place_seen (
  repository_id bigint not null,
  place_id bigint not null,
  commit_id text not null,
  primary key (repository_id, place_id)
);

-- Up to where the messages of a repository were read: ids of commits, as a JSON list.
create table messages_read (
  repository_id bigint primary key,
  heads text not null
);
