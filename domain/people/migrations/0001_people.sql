-- The one row that everything belongs to.
create table workspace (
  id bigint primary key,
  name text not null,
  email_domains text not null default '[]',
  created_at bigint not null
);

-- A person or a machine account. `email_key` is the address in lower case, made in one place, because the databases
-- disagree about the case of letters outside ASCII.
create table person (
  id bigint primary key,
  email text not null,
  email_key text not null,
  name text not null,
  role text not null check (role in ('admin', 'member', 'guest')),
  active boolean not null,
  time_zone text not null,
  photo text,
  password_hash text,
  created_at bigint not null,
  deactivated_at bigint
);
create unique index person_email on person (email_key);

create table team (
  id bigint primary key,
  name text not null,
  name_key text not null,
  description text not null,
  is_everyone boolean not null,
  created_at bigint not null
);
create unique index team_name on team (name_key);

create table team_member (
  team_id bigint not null references team (id) on delete cascade,
  user_id bigint not null references person (id),
  added_at bigint not null,
  primary key (team_id, user_id)
);
create index team_member_user on team_member (user_id, team_id);

-- What a user or a team may do with a subject; `rights` is a set of bits (see rights.rs).
create table subject_grant (
  kind text not null,
  subject_id bigint not null,
  holder_kind text not null check (holder_kind in ('user', 'team')),
  holder_id bigint not null,
  rights bigint not null check (rights > 0),
  granted_at bigint not null,
  granted_by bigint,
  primary key (kind, subject_id, holder_kind, holder_id)
);
create index subject_grant_holder on subject_grant (holder_kind, holder_id, kind, subject_id);

create table access_token (
  id bigint primary key,
  user_id bigint not null references person (id),
  name text not null,
  hash text not null,
  scopes text,
  created_at bigint not null,
  expires_at bigint,
  last_used_at bigint
);
create unique index access_token_hash on access_token (hash);
create index access_token_user on access_token (user_id);

create table login_session (
  id bigint primary key,
  user_id bigint not null references person (id),
  hash text not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  address text not null,
  agent text not null
);
create unique index login_session_hash on login_session (hash);
create index login_session_user on login_session (user_id);

-- A link that works once: `setup` makes the first administrator, `password` sets the password of `user_id`.
create table one_time_link (
  hash text primary key,
  purpose text not null check (purpose in ('setup', 'password')),
  user_id bigint references person (id),
  created_at bigint not null,
  expires_at bigint
);

-- Attempts to sign in that have not succeeded, by account and by address, for the limit on guessing.
create table sign_in_attempt (
  id bigint primary key,
  account_key text not null,
  address text not null,
  at bigint not null
);
create index sign_in_attempt_account on sign_in_attempt (account_key, at);
create index sign_in_attempt_address on sign_in_attempt (address, at);
