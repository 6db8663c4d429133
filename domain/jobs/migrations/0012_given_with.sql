-- The try whose end its agent told when it was given this one: until that one is off the agent's hands, this one may be on its way.
alter table attempt add column given_with bigint;
