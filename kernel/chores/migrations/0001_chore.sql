create table chore (
  id bigint primary key,
  kind text not null,
  key text,
  payload text not null,
  state text not null check (state in ('ready', 'running', 'dead')),
  run_at bigint not null,
  attempts bigint not null,
  lease_until bigint,
  node text,
  last_error text,
  created_at bigint not null
);
create index chore_due on chore (state, run_at, id);
create unique index chore_key on chore (kind, key) where key is not null and state = 'ready';
