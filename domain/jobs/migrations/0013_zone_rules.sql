-- With which edition of the rules of time zones an instant was found.
alter table fire add column zone_rules text;
create table schedule_rules (
  id bigint primary key,
  edition text not null
);
