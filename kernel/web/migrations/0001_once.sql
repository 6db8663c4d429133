-- Writes that came with an Idempotency-Key. The row is written in the transaction of the write itself, so that the key
-- is taken exactly when the write happened; the answer is added afterwards, for the retry.
create table once (
  actor_id bigint not null,
  key text not null,
  request text not null,
  fingerprint text,
  status bigint,
  body text,
  at bigint not null,
  primary key (actor_id, key)
);
create index once_at on once (at);
