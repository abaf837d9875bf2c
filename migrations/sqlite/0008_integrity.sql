-- What the integrity rules compare a record with, and what they found. Instants are microseconds UTC.

CREATE TABLE visits (
    record BLOB NOT NULL PRIMARY KEY,   -- the inspection
    feed TEXT NOT NULL,                 -- feed it syncs in
    author BLOB NOT NULL,               -- who made it
    incarnation BLOB NOT NULL,          -- phone it was made on
    started_at INTEGER NOT NULL,        -- event time
    ended_at INTEGER NOT NULL,          -- event time
    lat84 REAL,                         -- degrees, WGS-84
    lon84 REAL,                         -- degrees, WGS-84
    acc_m REAL,                         -- radius the phone claims
    without_photo INTEGER NOT NULL     -- submitted without a photo, but with a reason
) STRICT;
CREATE INDEX visits_by_author ON visits (author, started_at, record);
CREATE INDEX visits_by_phone ON visits (incarnation, started_at, record);
CREATE INDEX visits_by_feed ON visits (feed, record);

CREATE TABLE hazard_criteria (
    record BLOB NOT NULL,               -- the hazard
    criterion TEXT NOT NULL,            -- id in the catalogue
    feed TEXT NOT NULL,                 -- feed it syncs in
    place BLOB,                         -- the place record
    found_at INTEGER NOT NULL,          -- event time of the finding
    PRIMARY KEY (record, criterion)
) STRICT;
CREATE INDEX hazard_criteria_by_criterion ON hazard_criteria (criterion, found_at, record);
CREATE INDEX hazard_criteria_by_feed ON hazard_criteria (feed, record, criterion);

CREATE TABLE flags (
    id TEXT NOT NULL PRIMARY KEY,       -- record:key
    record BLOB NOT NULL,               -- inspection or hazard
    key TEXT NOT NULL,                  -- stable name of the finding
    feed TEXT NOT NULL,                 -- feed it syncs in
    village TEXT NOT NULL,              -- village it counts for
    rule TEXT NOT NULL,                 -- R-01 to R-23
    level TEXT NOT NULL,                -- info, soft, hard
    explained INTEGER NOT NULL,         -- the inspector has answered
    cleared INTEGER NOT NULL,           -- the office has decided
    words TEXT NOT NULL,                -- what the inspector reads
    found_at INTEGER NOT NULL           -- when the server found it
) STRICT;
CREATE INDEX flags_by_village ON flags (village, found_at, id);
CREATE INDEX flags_by_found ON flags (found_at, id);
CREATE INDEX flags_by_record ON flags (record, id);
CREATE INDEX flags_by_feed ON flags (feed, id);
