-- An inbox also holds news of things that are no tasks. They name themselves, and keep one item each, too.
create table inbox_item_wider (
  id bigint primary key,
  user_id bigint not null,
  task_id bigint references task (id) on delete cascade,
  -- What it is about when it is no task ("job:12"), what that is called, and where it is.
  about text,
  title text,
  path text,
  reason text not null,
  actor_id bigint,
  actor_name text not null,
  text text not null,
  news bigint not null,
  is_unread boolean not null,
  is_archived boolean not null,
  at bigint not null,
  seq bigint not null,
  batch bigint,
  was_unread boolean
);
insert into inbox_item_wider (id, user_id, task_id, reason, actor_id, actor_name, text, news, is_unread, is_archived, at, seq, batch, was_unread)
  select id, user_id, task_id, reason, actor_id, actor_name, text, news, is_unread, is_archived, at, seq, batch, was_unread from inbox_item;
drop table inbox_item;
alter table inbox_item_wider rename to inbox_item;
create unique index inbox_item_once on inbox_item (user_id, task_id);
create unique index inbox_item_about_once on inbox_item (user_id, about);
create index inbox_item_order on inbox_item (user_id, is_archived, at, id);
