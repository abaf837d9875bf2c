-- The records behind a number of a form that was handed in, where they are many: in parts, each by the hash of its ids, which the content names.

CREATE TABLE form_parts (
    sha256 BYTEA NOT NULL PRIMARY KEY,  -- of records
    records BYTEA NOT NULL              -- ids of records in order, 16 bytes each
);
