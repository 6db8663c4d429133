-- Custom fields: what they are, where they are shown, and their values.

create table field (
  id bigint primary key,
  kind text not null,
  name text not null,
  description text not null,
  precision_digits bigint,
  format text not null,
  currency_code text,
  custom_label text,
  custom_label_position text,
  notifies boolean not null,
  is_global boolean not null,
  created_at bigint not null,
  created_by bigint,
  deleted_at bigint
);
create index field_by_name on field (name, id);

create table field_option (
  id bigint primary key,
  field_id bigint not null references field (id),
  name text not null,
  color text,
  enabled boolean not null,
  rank text /*pg: collate "C" */ not null
);
create unique index field_option_order on field_option (field_id, rank);

create table field_setting (
  id bigint primary key,
  project_id bigint not null references project (id),
  field_id bigint not null references field (id),
  is_important boolean not null,
  rank text /*pg: collate "C" */ not null
);
create unique index field_setting_once on field_setting (project_id, field_id);
create index field_setting_back on field_setting (field_id);

create table field_value (
  task_id bigint not null references task (id),
  field_id bigint not null references field (id),
  text_value text,
  number_value double precision,
  option_id bigint,
  date_value text,
  time_value bigint,
  -- Options, people or tasks in order, as a JSON array of id strings.
  items text,
  primary key (task_id, field_id)
);
create index field_value_back on field_value (field_id, task_id);
