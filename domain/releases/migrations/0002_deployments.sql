-- Deployments, their output while they run, and the counter that numbers them.

create table deployment (
  id bigint primary key,
  number bigint not null,
  environment_id bigint not null references environment (id),
  repository_id bigint not null,
  kind text not null,
  state text not null,
  -- Since when it is in that state.
  state_at bigint not null,
  commit_id text not null,
  reference text,
  previous_commit text,
  -- The commits that it brings, as they were when it started, as JSON.
  range text not null,
  -- Rises from start to start within an environment; null while it waits for its turn.
  token bigint,
  slot_at bigint,
  -- The Idempotency-Key of the request with who sent it, and what they asked for.
  request_key text,
  request_print text,
  requested_by bigint,
  requested_by_name text not null,
  host text not null,
  pid bigint,
  task_id bigint,
  -- Until when it may be silent; null when it is over.
  lease_until bigint,
  abort_reason text,
  abort_asked_by text,
  requested_at bigint not null,
  started_at bigint,
  ended_at bigint,
  exit_code bigint,
  signal bigint,
  -- How it ended, in somebody's words.
  reason text,
  -- How many bytes of output arrived, how many of them were kept, and the file that holds them when it is over.
  output_bytes bigint not null,
  output_kept bigint not null,
  log_blob text
);
-- The belt to the braces of the decision: whatever a program does, two cannot occupy one environment.
create unique index deployment_one_live_per_environment on deployment (environment_id)
  where state in ('starting', 'running', 'aborting', 'lost');
create unique index deployment_one_per_slot on deployment (environment_id, slot_at) where slot_at is not null;
create unique index deployment_one_per_request on deployment (environment_id, request_key) where request_key is not null;
create unique index deployment_token_rises on deployment (environment_id, token) where token is not null;
create unique index deployment_number on deployment (number);
create index deployment_by_environment on deployment (environment_id, id);
create index deployment_by_state on deployment (state, id);
create index deployment_waiting on deployment (environment_id, id) where state = 'queued';

-- Output while it runs. Rows and not a file: the bytes and the offset that acknowledges them are one transaction, and any
-- node can take the next chunk and show the last. When the deployment is over they become one blob.
create table deployment_output (
  deployment_id bigint not null references deployment (id),
  from_byte bigint not null,
  bytes bytea not null,
  primary key (deployment_id, from_byte)
);

create table release_counter (
  name text primary key,
  value bigint not null
);
insert into release_counter (name, value) values ('deployment', 0);
