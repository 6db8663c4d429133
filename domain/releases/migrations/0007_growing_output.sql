-- Output grows where the output of runs does.
insert into growing_piece (owner_id, from_byte, bytes) select deployment_id, from_byte, bytes from deployment_output;
drop table deployment_output;
