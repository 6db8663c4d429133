-- Who wants to be told when an environment opens. A row is gone once its person was told.
create table opening_watch (
  environment_id bigint not null references environment (id),
  user_id bigint not null,
  -- What kept it closed when they asked: the task that their inbox will show.
  task_id bigint not null,
  since bigint not null,
  primary key (environment_id, user_id)
);
