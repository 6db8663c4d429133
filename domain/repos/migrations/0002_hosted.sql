-- A hosted repository has no remote: people push to it here, and its mirror is the repository itself.
alter table repository add column hosted boolean not null default false;
-- Who may push to it besides those who were granted it: members, or nobody.
alter table repository add column pushers text not null default 'members';
-- Since when it takes no pushes.
alter table repository add column archived_at bigint;
-- Which folder of repositories it is in: of several servers on one database only those with this folder serve it.
alter table repository add column home text;

-- The refs of a hosted repository as they were told last: what git took and nobody told is the difference.
create table hosted_ref (
  repository_id bigint not null references repository (id) on delete cascade,
  name text not null,
  object text not null,
  commit_id text,
  primary key (repository_id, name)
);
