-- Rules of projects: when this happens to a task, do that.
create table rule (
  id bigint primary key,
  project_id bigint not null references project (id),
  name text not null,
  -- What must happen, and what is done then, as JSON.
  trigger_json text not null,
  actions_json text not null,
  is_enabled boolean not null,
  created_at bigint not null,
  created_by bigint,
  runs bigint not null,
  ran_at bigint,
  -- What went wrong the last time; null when nothing did.
  problem text
);
create index rule_by_project on rule (project_id, id);
