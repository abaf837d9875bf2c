-- Standards that were imported, over those that come with the program. Instants are microseconds UTC.

CREATE TABLE standard_packs (
    code TEXT NOT NULL PRIMARY KEY,     -- domain and year
    pack TEXT NOT NULL,                 -- the pack as it was imported, JSON
    imported_at BIGINT NOT NULL         -- when it was imported last
);
