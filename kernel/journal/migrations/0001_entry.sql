create table journal_head (one bigint primary key, seq bigint not null);
insert into journal_head (one, seq) values (1, 0);

create table entry (
  seq bigint primary key,
  id bigint not null,
  at bigint not null,
  actor_id bigint,
  actor_name text not null,
  door text not null,
  token_id bigint,
  verb text not null,
  subject text not null,
  parents text not null,
  data text not null,
  request text
);
create index entry_at on entry (at);

create table entry_about (
  subject text not null,
  seq bigint not null,
  primary key (subject, seq)
);

create table follower (
  name text primary key,
  seq bigint not null,
  moved_at bigint not null
);

-- An entry that a follower gave up on after many tries, so that the others need not wait for it.
create table follower_skip (
  name text not null,
  seq bigint not null,
  error text not null,
  at bigint not null,
  primary key (name, seq)
);

create table journal_seal (
  first_seq bigint primary key,
  last_seq bigint not null,
  digests bytea not null,
  hash text not null,
  sealed_at bigint not null
);
