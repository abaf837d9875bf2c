-- People, devices, sessions: not records, and beside the ledger.

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,         -- typed to sign in
    name TEXT NOT NULL,                 -- 姓名
    unit TEXT NOT NULL,                 -- 单位, printed as 排查单位
    phone TEXT NOT NULL,                -- telephone number
    password_hash TEXT NOT NULL,        -- argon2id, PHC string
    scope_version INTEGER NOT NULL,       -- raised by one with every change of grants
    disabled_at INTEGER,                  -- no sign-in from then on
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    user_id BLOB NOT NULL REFERENCES users (id),-- the person
    role TEXT NOT NULL,                 -- R1 to R11
    feed TEXT NOT NULL,                 -- village or subdistrict; * for everything
    granted_at INTEGER NOT NULL,          -- microseconds UTC
    revoked_at INTEGER,                   -- work done before is taken until the grace window closes
    PRIMARY KEY (user_id, role, feed)
) STRICT;

CREATE TABLE devices (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    label TEXT NOT NULL,                -- what people call it
    model TEXT NOT NULL,                -- as the phone says
    enrolled_at INTEGER NOT NULL,         -- microseconds UTC
    seen_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX devices_by_user ON devices (user_id, enrolled_at, id);

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    device BLOB,                      -- null for a browser
    current_hash BLOB NOT NULL,      -- SHA-256 of the refresh token in force
    previous_hash BLOB,              -- the one before: holds until the current one is first used
    current_used INTEGER NOT NULL,       -- the token in force was used
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,          -- last change of token
    expires_at INTEGER NOT NULL,          -- microseconds UTC
    revoked_at INTEGER
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE UNIQUE INDEX sessions_by_current ON sessions (current_hash);
CREATE INDEX sessions_by_previous ON sessions (previous_hash);

-- Uploads: staged pieces of photos on their way in (tus).

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,                -- derived from device, photo, hash and length: creating twice gives the same
    device BLOB NOT NULL,
    user_id BLOB NOT NULL,
    photo BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    length INTEGER NOT NULL,              -- bytes of the original
    received INTEGER NOT NULL,            -- bytes that are durable
    fence INTEGER NOT NULL,               -- raised by every request; an older one may not advance the offset
    failures INTEGER NOT NULL,            -- completions whose hash was wrong
    finished INTEGER NOT NULL,           -- the original is stored
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_by_expiry ON uploads (expires_at, id);

CREATE TABLE upload_pieces (
    upload TEXT NOT NULL REFERENCES uploads (id),-- the upload
    start INTEGER NOT NULL,               -- offset in bytes
    bytes INTEGER NOT NULL,
    fence INTEGER NOT NULL,               -- request that wrote the object
    PRIMARY KEY (upload, start)
) STRICT;

CREATE TABLE blobs (
    sha256 BLOB NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL,
    stored_at INTEGER NOT NULL            -- microseconds UTC
) STRICT;
