-- Environments, and the gate fields of locks. A lock is a task in an environment's lock project: whether it holds is
-- whether that task is open, and nothing here repeats it.

create table environment (
  id bigint primary key,
  name text not null,
  repository_id bigint not null,
  -- The environment that a commit passes before this one, and this one's place in that order.
  after_id bigint references environment (id),
  rank bigint not null,
  enabled boolean not null,
  disabled_reason text not null,
  -- Whether members need a grant to deploy and to lock.
  restricted boolean not null,
  -- What happens to a second deployment that does not say what it wants.
  if_busy text not null,
  -- Rises with every change that can alter a decision; a start takes the next value as its token.
  epoch bigint not null,
  lock_project_id bigint not null,
  deployment_project_id bigint not null,
  -- The deployment that put the commit there that is there now.
  deployed_id bigint,
  made_at bigint not null,
  made_by bigint
);
create unique index environment_one_per_name on environment (lower(name));
create unique index environment_one_per_lock_project on environment (lock_project_id);
create unique index environment_one_per_deployment_project on environment (deployment_project_id);

-- What the gate needs to know of a lock beyond its task. A task without such a row is a lock with the defaults.
create table lock_gate (
  task_id bigint primary key,
  kind text not null,
  -- The sorts of deployment that it stops, as a JSON list.
  applies_to text not null,
  reason text not null,
  until_at bigint,
  review_at bigint,
  tag text,
  -- Rises with every change, so that nobody releases a lock that is not the one they looked at.
  version bigint not null,
  placed_at bigint not null
);

-- How often a lock stopped somebody: a refused attempt is counted here and never becomes a task.
create table lock_attempt (
  task_id bigint not null,
  environment_id bigint not null references environment (id),
  attempts bigint not null,
  first_at bigint not null,
  last_at bigint not null,
  primary key (task_id, environment_id)
);
