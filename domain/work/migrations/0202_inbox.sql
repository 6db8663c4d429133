-- What people are told of: one item for each person and task, which comes up again whenever there is news.
create table inbox_item (
  id bigint primary key,
  user_id bigint not null,
  task_id bigint not null references task (id) on delete cascade,
  reason text not null,
  -- The latest news: who did what.
  actor_id bigint,
  actor_name text not null,
  text text not null,
  -- News since it was last read.
  news bigint not null,
  is_unread boolean not null,
  is_archived boolean not null,
  at bigint not null,
  -- The journal's number of the latest news.
  seq bigint not null
);
create unique index inbox_item_once on inbox_item (user_id, task_id);
create index inbox_item_order on inbox_item (user_id, is_archived, at, id);
