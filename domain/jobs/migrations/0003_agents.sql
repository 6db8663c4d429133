create table agent_pool (
  id bigint primary key,
  name text not null,
  command text,
  webhook text,
  least bigint not null,
  most bigint not null,
  idle_s bigint not null,
  labels text not null,
  made_at bigint not null,
  removed_at bigint
);
create unique index agent_pool_name on agent_pool (name) where removed_at is null;

create table agent (
  id bigint primary key,
  name text not null,
  token_hash text not null,
  os text not null,
  arch text not null,
  version text not null,
  labels text not null,
  -- Those of its labels that its invitation gave it: they hold whatever it says.
  given text not null,
  capabilities text not null,
  slots bigint not null,
  once boolean not null,
  draining boolean not null,
  pool_id bigint,
  made_at bigint not null,
  seen_at bigint not null,
  gone_at bigint
);
create unique index agent_one_per_token on agent (token_hash);
create index agent_here on agent (id) where gone_at is null;

-- What lets one agent register, once.
create table agent_invitation (
  hash text primary key,
  pool_id bigint,
  labels text not null,
  made_by text not null,
  made_at bigint not null,
  ends_at bigint not null,
  used_at bigint
);
