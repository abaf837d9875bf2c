-- People, devices, sessions: not records, and beside the ledger.

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,                 -- 姓名
    unit TEXT NOT NULL,                 -- 单位, printed as 排查单位
    phone TEXT NOT NULL,
    password_hash TEXT NOT NULL,        -- argon2id, PHC string
    scope_version INTEGER NOT NULL,       -- raised by one with every change of grants
    disabled_at INTEGER,
    created_at INTEGER NOT NULL
);

CREATE TABLE grants (
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,                 -- R1 to R11
    feed TEXT NOT NULL,                 -- village or subdistrict; * for everything
    granted_at INTEGER NOT NULL,
    revoked_at INTEGER,                   -- work done before is taken until the grace window closes
    PRIMARY KEY (user_id, role, feed)
);

CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    label TEXT NOT NULL,                -- what people call it
    model TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX devices_by_user ON devices (user_id, enrolled_at, id);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    device BLOB,                      -- null for a browser
    current_hash BLOB NOT NULL,      -- SHA-256 of the refresh token in force
    previous_hash BLOB,              -- the one before: holds until the current one is first used
    current_used INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE UNIQUE INDEX sessions_by_current ON sessions (current_hash);
CREATE INDEX sessions_by_previous ON sessions (previous_hash);

-- Uploads: staged pieces of photos on their way in (tus).

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,                -- derived from device, photo, hash and length: creating twice gives the same
    device BLOB NOT NULL,
    user_id BLOB NOT NULL,
    photo BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    length INTEGER NOT NULL,
    received INTEGER NOT NULL,            -- bytes that are durable
    fence INTEGER NOT NULL,               -- raised by every request; an older one may not advance the offset
    failures INTEGER NOT NULL,            -- completions whose hash was wrong
    finished INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at, id);

CREATE TABLE upload_pieces (
    upload TEXT NOT NULL REFERENCES uploads (id),
    start INTEGER NOT NULL,               -- offset in bytes
    bytes INTEGER NOT NULL,
    fence INTEGER NOT NULL,               -- request that wrote the object
    PRIMARY KEY (upload, start)
);

CREATE TABLE blobs (
    sha256 BLOB PRIMARY KEY,
    bytes INTEGER NOT NULL,
    stored_at INTEGER NOT NULL
);
