-- A deleted comment can be taken back for as long as a deleted task can.
alter table story add column deleted_at bigint;
alter table story add column deleted_by bigint;
create index story_in_trash on story (deleted_at) where deleted_at is not null;
