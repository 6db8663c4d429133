-- Who wants to hear nothing of a job, whoever they are to it.
create table job_mute (
  job_id bigint not null,
  user_id bigint not null,
  primary key (job_id, user_id)
);
