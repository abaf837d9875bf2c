-- What people ask for: typed tables written in the same transaction as the records they are computed from.
-- Every row can be rebuilt from operations; `paicha verify` does and compares.

CREATE TABLE places (
    id BLOB NOT NULL PRIMARY KEY,
    feed TEXT NOT NULL,                 -- feed it syncs in
    village TEXT NOT NULL,              -- village it counts for
    name TEXT NOT NULL,
    place_type TEXT,                    -- code of 场所类型
    sector TEXT,                        -- code of 行业领域
    uscc TEXT,                          -- 统一社会信用代码
    address TEXT,                       -- 地址
    lat84 REAL,                      -- degrees, WGS-84
    lon84 REAL,                      -- degrees, WGS-84
    status TEXT
) STRICT;
CREATE INDEX places_by_village ON places (village, name, id);
CREATE INDEX places_by_uscc ON places (uscc);

CREATE TABLE inspections (
    id BLOB NOT NULL PRIMARY KEY,
    feed TEXT NOT NULL,
    village TEXT NOT NULL,              -- village it counts for
    village_basis TEXT NOT NULL,        -- registered, located, inspector
    village_disputed INTEGER NOT NULL,   -- registration and fix disagree: a question for people
    kind TEXT,
    place BLOB,                       -- the place record
    inspecting_unit TEXT,               -- 排查单位
    started_at INTEGER NOT NULL,          -- event time of the visit
    received_at INTEGER NOT NULL,
    submitted INTEGER NOT NULL,          -- the phone has frozen it
    lat84 REAL,
    lon84 REAL,
    photos INTEGER NOT NULL,              -- photos declared and not withdrawn
    incomplete INTEGER NOT NULL          -- something required is missing
) STRICT;
CREATE INDEX inspections_by_village ON inspections (village, started_at, id);
CREATE INDEX inspections_by_started ON inspections (started_at, id);
CREATE INDEX inspections_by_place ON inspections (place, started_at, id);

CREATE TABLE hazards (
    id BLOB NOT NULL PRIMARY KEY,
    feed TEXT NOT NULL,
    village TEXT NOT NULL,
    village_basis TEXT NOT NULL,
    village_disputed INTEGER NOT NULL,
    inspection BLOB,                  -- the inspection that found it
    place BLOB,
    level TEXT,                         -- code of 等级
    state TEXT NOT NULL,
    origin TEXT,                        -- code of 来源
    description TEXT,                   -- 隐患描述
    deadline TEXT,                      -- day, YYYY-MM-DD
    found_at INTEGER NOT NULL,            -- event time of the finding
    received_at INTEGER NOT NULL,
    lat84 REAL,
    lon84 REAL,
    photos INTEGER NOT NULL,
    incomplete INTEGER NOT NULL,
    disputed INTEGER NOT NULL            -- several values stand side by side, or a change waits for a person
) STRICT;
CREATE INDEX hazards_by_village ON hazards (village, found_at, id);
CREATE INDEX hazards_by_found ON hazards (found_at, id);
CREATE INDEX hazards_by_inspection ON hazards (inspection, id);
CREATE INDEX hazards_by_place ON hazards (place, found_at, id);
CREATE INDEX hazards_by_state ON hazards (state, found_at, id);

CREATE TABLE photos (
    id BLOB NOT NULL PRIMARY KEY,
    feed TEXT NOT NULL,
    sha256 BLOB NOT NULL,            -- of the original, as declared
    bytes INTEGER NOT NULL,               -- length
    mime TEXT NOT NULL,                 -- media type as declared
    stored INTEGER NOT NULL,             -- the original is here and its hash was checked
    derive_state TEXT,                  -- derived, derived_truncated, unsupported, refused, not_an_image; null until tried
    derive_version INTEGER NOT NULL,      -- version of the code that derived; 0 for none
    taken_at INTEGER,                     -- as the phone said
    lat84 REAL,
    lon84 REAL,
    dhash INTEGER,                        -- difference hash, 64 bits as a signed number
    phash INTEGER,                        -- DCT hash, 64 bits as a signed number
    entropy_bits REAL,               -- of the grey histogram
    declared_at INTEGER NOT NULL          -- when the server heard of it
) STRICT;
CREATE INDEX photos_by_sha256 ON photos (sha256, id);
CREATE INDEX photos_owed ON photos (feed, declared_at, id) WHERE NOT stored;
CREATE INDEX photos_to_derive ON photos (derive_version, declared_at, id) WHERE stored;

CREATE TABLE photo_links (
    record BLOB NOT NULL,             -- inspection, hazard or place
    photo BLOB NOT NULL,              -- the photo record
    role TEXT NOT NULL,
    PRIMARY KEY (record, photo)
) STRICT;
CREATE INDEX photo_links_by_photo ON photo_links (photo, record);

CREATE TABLE reviews (
    id TEXT NOT NULL PRIMARY KEY,                -- record:field or record:field:op; known before it is opened
    record BLOB NOT NULL,
    feed TEXT NOT NULL,
    field TEXT NOT NULL,                -- name in the schema table
    why TEXT NOT NULL,                  -- disputed, or a field outcome such as proposal
    op BLOB,                          -- the operation that waits, for changes without effect
    opened_at INTEGER NOT NULL            -- event time of what opened it
) STRICT;
CREATE INDEX reviews_by_feed ON reviews (feed, opened_at, id);
CREATE INDEX reviews_by_record ON reviews (record, id);
