-- The end of an output of which more arrived than is kept: what people need most when it failed.
create table deployment_output_end (
  deployment_id bigint primary key references deployment (id),
  bytes bytea not null
);
