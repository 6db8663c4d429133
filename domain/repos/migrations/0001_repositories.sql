create table repository (
  id bigint primary key,
  name text not null,
  address text not null,
  -- The default branch when a person set it, and what the remote says.
  chosen_branch text,
  remote_branch text,
  credential_kind text,
  credential bytea,
  poll_s bigint not null,
  hook_hash text not null,
  hook_secret bytea not null,
  state text not null,
  problem text,
  refs_digest text,
  failures bigint not null,
  attempted_at bigint,
  fetched_at bigint,
  next_fetch_at bigint,
  made_at bigint not null,
  made_by bigint
);

create unique index repository_one_per_name on repository (lower(name));
create unique index repository_one_per_hook on repository (hook_hash);
create index repository_due on repository (next_fetch_at);

-- What was proved once holds for ever: the id of a commit covers its whole history.
create table ancestry (
  repository_id bigint not null references repository (id) on delete cascade,
  commit_id text not null,
  ancestor_id text not null,
  rule text not null,
  answered_at bigint not null,
  primary key (repository_id, commit_id, ancestor_id)
);
