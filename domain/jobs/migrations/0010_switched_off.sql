-- A pause may keep everybody from starting a job, and not the clock alone.
alter table job add column paused_for_all boolean not null default false;
