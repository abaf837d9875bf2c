-- The records behind a number of a form that was handed in, where they are many: in parts, each by the hash of its ids, which the content names.

CREATE TABLE form_parts (
    sha256 BLOB NOT NULL PRIMARY KEY,   -- of records
    records BLOB NOT NULL               -- ids of records in order, 16 bytes each
) STRICT;
