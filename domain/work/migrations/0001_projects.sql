-- The containers: projects, sections, and what belongs to a project alone. There is one workspace, in domain/people.

create table project (
  id bigint primary key,
  team_id bigint,
  name text not null,
  notes text not null,
  -- The rich text as written, with bare mentions; null when the notes are plain.
  html text,
  color text,
  icon text,
  default_view text not null,
  due_on text,
  start_on text,
  privacy text not null,
  default_access text not null,
  archived boolean not null,
  owner_id bigint,
  completed_at bigint,
  completed_by bigint,
  created_at bigint not null,
  created_by bigint,
  modified_at bigint not null,
  deleted_at bigint,
  deleted_by bigint,
  -- Rises whenever the set of open tasks may have changed; whoever decides on that set locks this row.
  version bigint not null
);
create index project_by_name on project (name, id);
create index project_by_team on project (team_id, id);

create table section (
  id bigint primary key,
  project_id bigint not null references project (id),
  name text not null,
  rank text /*pg: collate "C" */ not null,
  created_at bigint not null
);
create unique index section_order on section (project_id, rank);

-- The ids of memberships; what a member may do is a grant on "project:ID", in domain/people.
create table project_member (
  id bigint primary key,
  project_id bigint not null references project (id),
  holder_kind text not null,
  holder_id bigint not null,
  access text not null
);
create unique index project_member_once on project_member (project_id, holder_kind, holder_id);
create index project_member_back on project_member (holder_kind, holder_id);

create table project_follower (
  project_id bigint not null references project (id),
  user_id bigint not null,
  since_at bigint not null,
  primary key (project_id, user_id)
);
create index project_follower_by_user on project_follower (user_id, project_id);

create table status_update (
  id bigint primary key,
  project_id bigint not null references project (id),
  title text not null,
  text text not null,
  html text,
  status text not null,
  created_at bigint not null,
  created_by bigint,
  modified_at bigint not null
);
create index status_update_by_project on status_update (project_id, id);

create table favourite (
  user_id bigint not null,
  kind text not null,
  subject_id bigint not null,
  since_at bigint not null,
  primary key (user_id, kind, subject_id)
);

-- The own list of a person: what is assigned to them, with sections of its own.
create table user_task_list (
  id bigint primary key,
  user_id bigint not null,
  created_at bigint not null
);
create unique index user_task_list_one_per_user on user_task_list (user_id);

create table list_section (
  id bigint primary key,
  list_id bigint not null references user_task_list (id),
  name text not null,
  rank text /*pg: collate "C" */ not null,
  created_at bigint not null
);
create unique index list_section_order on list_section (list_id, rank);
