-- What is told to one recipient by one channel: the outbox, and what became of it.
create table delivery (
  id bigint primary key,
  -- What makes it one: the same cause tells the same recipient once, however often it is looked at.
  key text not null,
  channel text not null,
  -- Who it is for, as people read it.
  recipient text not null,
  -- Where it goes: an address, or nothing when that is a secret and sealed, or when the recipient's inbox is meant.
  address text,
  sealed bytea,
  user_id bigint,
  kind text not null,
  about text not null,
  -- What the recipient has to be allowed to see when it goes out.
  needs text not null,
  -- What follows each other arrives in order, and mail programs show it together.
  thread text,
  reply_to bigint,
  title text not null,
  message text not null,
  state text not null,
  state_at bigint not null,
  -- Why it is in that state, in a sentence.
  sentence text,
  attempts bigint not null,
  -- Since when it is tried; a person who sends it again gives it new patience.
  tried_from bigint not null,
  next_at bigint,
  busy_until bigint,
  made_at bigint not null
);
create unique index delivery_once on delivery (key);
create index delivery_by_state on delivery (state, id);
create index delivery_by_thread on delivery (thread, id) where thread is not null;
create index delivery_by_about on delivery (about, id);
create index delivery_by_time on delivery (made_at);

create table delivery_attempt (
  delivery_id bigint not null references delivery (id) on delete cascade,
  number bigint not null,
  at bigint not null,
  took_ms bigint not null,
  outcome text not null,
  -- What the other side answered, or why nothing came back.
  answer text not null,
  primary key (delivery_id, number)
);

-- What webhooks are signed with. After a change both keys sign for a time, so that receivers can follow.
create table delivery_key (
  id bigint primary key,
  key text not null,
  made_at bigint not null,
  ends_at bigint
);
