-- What people ask for: typed tables written in the same transaction as the records they are computed from.
-- Every row can be rebuilt from operations; `paicha verify` does and compares.

CREATE TABLE places (
    id UUID PRIMARY KEY,
    feed TEXT NOT NULL,                 -- feed it syncs in
    village TEXT NOT NULL,              -- village it counts for
    name TEXT NOT NULL,
    place_type TEXT,
    sector TEXT,
    uscc TEXT,
    address TEXT,
    lat84 DOUBLE PRECISION,                      -- degrees, WGS-84
    lon84 DOUBLE PRECISION,
    status TEXT
);
CREATE INDEX places_by_village ON places (village, name, id);
CREATE INDEX places_by_uscc ON places (uscc);

CREATE TABLE inspections (
    id UUID PRIMARY KEY,
    feed TEXT NOT NULL,
    village TEXT NOT NULL,              -- village it counts for
    village_basis TEXT NOT NULL,        -- registered, located, inspector
    village_disputed BOOLEAN NOT NULL,   -- registration and fix disagree: a question for people
    kind TEXT,
    place UUID,
    inspecting_unit TEXT,
    started_at BIGINT NOT NULL,          -- event time of the visit
    received_at BIGINT NOT NULL,
    submitted BOOLEAN NOT NULL,
    lat84 DOUBLE PRECISION,
    lon84 DOUBLE PRECISION,
    photos BIGINT NOT NULL,              -- photos declared and not withdrawn
    incomplete BOOLEAN NOT NULL
);
CREATE INDEX inspections_by_village ON inspections (village, started_at, id);
CREATE INDEX inspections_by_started ON inspections (started_at, id);
CREATE INDEX inspections_by_place ON inspections (place, started_at, id);

CREATE TABLE hazards (
    id UUID PRIMARY KEY,
    feed TEXT NOT NULL,
    village TEXT NOT NULL,
    village_basis TEXT NOT NULL,
    village_disputed BOOLEAN NOT NULL,
    inspection UUID,
    place UUID,
    level TEXT,
    state TEXT NOT NULL,
    origin TEXT,
    description TEXT,
    deadline TEXT,                      -- day, YYYY-MM-DD
    found_at BIGINT NOT NULL,            -- event time of the finding
    received_at BIGINT NOT NULL,
    lat84 DOUBLE PRECISION,
    lon84 DOUBLE PRECISION,
    photos BIGINT NOT NULL,
    incomplete BOOLEAN NOT NULL,
    disputed BOOLEAN NOT NULL            -- several values stand side by side, or a change waits for a person
);
CREATE INDEX hazards_by_village ON hazards (village, found_at, id);
CREATE INDEX hazards_by_found ON hazards (found_at, id);
CREATE INDEX hazards_by_inspection ON hazards (inspection, id);
CREATE INDEX hazards_by_place ON hazards (place, found_at, id);
CREATE INDEX hazards_by_state ON hazards (state, found_at, id);

CREATE TABLE photos (
    id UUID PRIMARY KEY,
    feed TEXT NOT NULL,
    sha256 BYTEA NOT NULL,            -- of the original, as declared
    bytes BIGINT NOT NULL,
    mime TEXT NOT NULL,
    stored BOOLEAN NOT NULL,             -- the original is here and its hash was checked
    derive_state TEXT,                  -- derived, derived_truncated, unsupported, refused, not_an_image; null until tried
    derive_version BIGINT NOT NULL,      -- version of the code that derived; 0 for none
    taken_at BIGINT,                     -- as the phone said
    lat84 DOUBLE PRECISION,
    lon84 DOUBLE PRECISION,
    dhash BIGINT,                        -- difference hash, 64 bits as a signed number
    phash BIGINT,                        -- DCT hash, 64 bits as a signed number
    entropy_bits DOUBLE PRECISION,
    declared_at BIGINT NOT NULL          -- when the server heard of it
);
CREATE INDEX photos_by_sha256 ON photos (sha256, id);
CREATE INDEX photos_owed ON photos (feed, declared_at, id) WHERE NOT stored;
CREATE INDEX photos_to_derive ON photos (derive_version, declared_at, id) WHERE stored;

CREATE TABLE photo_links (
    record UUID NOT NULL,             -- inspection, hazard or place
    photo UUID NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (record, photo)
);
CREATE INDEX photo_links_by_photo ON photo_links (photo, record);

CREATE TABLE reviews (
    id TEXT PRIMARY KEY,                -- record:field or record:field:op; known before it is opened
    record UUID NOT NULL,
    feed TEXT NOT NULL,
    field TEXT NOT NULL,
    why TEXT NOT NULL,                  -- disputed, or a field outcome such as proposal
    op UUID,                          -- the operation that waits, for changes without effect
    opened_at BIGINT NOT NULL
);
CREATE INDEX reviews_by_feed ON reviews (feed, opened_at, id);
CREATE INDEX reviews_by_record ON reviews (record, id);
