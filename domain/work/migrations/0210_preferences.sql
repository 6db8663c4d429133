-- What somebody wants to be told of: in one project, or (project 0) everywhere else.
create table inbox_preference (
  user_id bigint not null,
  project_id bigint not null,
  assigned boolean not null,
  mentioned boolean not null,
  comments boolean not null,
  completed boolean not null,
  changes boolean not null,
  -- Also of tasks that do not concern them.
  everything boolean not null,
  primary key (user_id, project_id)
);
create index inbox_preference_everything on inbox_preference (project_id) where everything;

-- Rises whenever somebody's inbox changes, so that their screens know.
create table inbox_pulse (
  user_id bigint primary key,
  version bigint not null
);

-- What was marked in one go, and what it was before, so that it can be undone in one go.
alter table inbox_item add column batch bigint;
alter table inbox_item add column was_unread boolean;
