-- Subscriptions to what happens, what waits to be sent, and the keys that addresses and tokens are signed with.

create table webhook (
  id bigint primary key,
  resource_kind text not null,
  resource_id bigint not null,
  target text not null,
  -- A JSON array of filters; any of them suffices, and none lets everything through.
  filters text not null,
  secret text not null,
  created_at bigint not null,
  created_by bigint not null,
  -- The newest entry of the journal when it was made: nothing up to it is sent.
  since_seq bigint not null,
  last_success_at bigint,
  last_failure_at bigint,
  last_failure text,
  failures bigint not null,
  failing_since bigint,
  next_try_at bigint,
  -- Somebody is sending; until then nobody else does.
  busy_until bigint
);
create index webhook_by_resource on webhook (resource_kind, resource_id);
create index webhook_by_owner on webhook (created_by, id);

create table webhook_event (
  webhook_id bigint not null references webhook (id),
  seq bigint not null,
  part bigint not null,
  body text not null,
  primary key (webhook_id, seq, part)
);

create table signing_key (
  purpose text primary key,
  key bytea not null
);
