-- The bytes of a file that still grows. Rows and not a file: the bytes and the offset that acknowledges them are one
-- transaction, and any node can take the next piece and show the last. When nothing more comes they become one blob.
create table growing_piece (
  owner_id bigint not null,
  from_byte bigint not null,
  bytes bytea not null,
  primary key (owner_id, from_byte)
);
