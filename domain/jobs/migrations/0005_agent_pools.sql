alter table agent_pool add column boot_s bigint not null default 300;
alter table agent_pool add column secret bytea;
-- What the last agent of the pool could be asked for by name, besides its labels.
alter table agent_pool add column known text not null default '{}';
-- Starts that failed one after the other, and until when nothing is started because of it.
alter table agent_pool add column failures bigint not null default 0;
alter table agent_pool add column rests_until bigint;
alter table agent_pool add column failed_at bigint;
alter table agent_pool add column problem text;
alter table agent_pool add column output text;

-- An agent that a pool wants. The row is written before anything is started, and nothing is started twice for one row.
create table agent_start (
  id bigint primary key,
  pool_id bigint not null,
  instance text not null,
  state text not null,
  made_at bigint not null,
  gives_up_at bigint not null,
  token_hash text,
  agent_id bigint,
  ended_at bigint,
  problem text
);
create index agent_start_live on agent_start (pool_id) where ended_at is null and agent_id is null;
create index agent_start_by_pool on agent_start (pool_id, id);
create index agent_start_by_instance on agent_start (instance);
create unique index agent_start_by_token on agent_start (token_hash) where token_hash is not null;
create index attempt_by_agent on attempt (agent_id, ended_at);
create index agent_by_pool on agent (pool_id) where pool_id is not null and gone_at is null;
