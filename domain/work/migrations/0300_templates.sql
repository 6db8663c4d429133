-- Projects that were saved to be made again. What one holds is one JSON text: it is read and written whole.
create table project_template (
  id bigint primary key,
  name text not null,
  notes text not null,
  team_id bigint,
  color text,
  icon text,
  default_view text not null,
  -- Whether its team sees it; otherwise only whoever saved it.
  is_public boolean not null,
  outline text not null,
  created_at bigint not null,
  created_by bigint,
  modified_at bigint not null,
  deleted_at bigint
);
create index project_template_by_name on project_template (name, id);
