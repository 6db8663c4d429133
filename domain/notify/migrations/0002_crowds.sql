-- How many mails an address got lately, and what was held back meanwhile.
create index delivery_by_address on delivery (address, state, state_at) where address is not null;
