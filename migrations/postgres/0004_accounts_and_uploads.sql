-- People, devices, sessions: not records, and beside the ledger.

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,         -- typed to sign in
    name TEXT NOT NULL,                 -- 姓名
    unit TEXT NOT NULL,                 -- 单位, printed as 排查单位
    phone TEXT NOT NULL,                -- telephone number
    password_hash TEXT NOT NULL,        -- argon2id, PHC string
    scope_version BIGINT NOT NULL,       -- raised by one with every change of grants
    disabled_at BIGINT,                  -- no sign-in from then on
    created_at BIGINT NOT NULL
);

CREATE TABLE grants (
    user_id UUID NOT NULL REFERENCES users (id),-- the person
    role TEXT NOT NULL,                 -- R1 to R11
    feed TEXT NOT NULL,                 -- village or subdistrict; * for everything
    granted_at BIGINT NOT NULL,          -- microseconds UTC
    revoked_at BIGINT,                   -- work done before is taken until the grace window closes
    PRIMARY KEY (user_id, role, feed)
);

CREATE TABLE devices (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    label TEXT NOT NULL,                -- what people call it
    model TEXT NOT NULL,                -- as the phone says
    enrolled_at BIGINT NOT NULL,         -- microseconds UTC
    seen_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX devices_by_user ON devices (user_id, enrolled_at, id);

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    device UUID,                      -- null for a browser
    current_hash BYTEA NOT NULL,      -- SHA-256 of the refresh token in force
    previous_hash BYTEA,              -- the one before: holds until the current one is first used
    current_used BOOLEAN NOT NULL,       -- the token in force was used
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,          -- last change of token
    expires_at BIGINT NOT NULL,          -- microseconds UTC
    revoked_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE UNIQUE INDEX sessions_by_current ON sessions (current_hash);
CREATE INDEX sessions_by_previous ON sessions (previous_hash);

-- Uploads: staged pieces of photos on their way in (tus).

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,                -- derived from device, photo, hash and length: creating twice gives the same
    device UUID NOT NULL,
    user_id UUID NOT NULL,
    photo UUID NOT NULL,
    sha256 BYTEA NOT NULL,
    length BIGINT NOT NULL,              -- bytes of the original
    received BIGINT NOT NULL,            -- bytes that are durable
    fence BIGINT NOT NULL,               -- raised by every request; an older one may not advance the offset
    failures BIGINT NOT NULL,            -- completions whose hash was wrong
    finished BOOLEAN NOT NULL,           -- the original is stored
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at, id);

CREATE TABLE upload_pieces (
    upload TEXT NOT NULL REFERENCES uploads (id),-- the upload
    start BIGINT NOT NULL,               -- offset in bytes
    bytes BIGINT NOT NULL,
    fence BIGINT NOT NULL,               -- request that wrote the object
    PRIMARY KEY (upload, start)
);

CREATE TABLE blobs (
    sha256 BYTEA NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    stored_at BIGINT NOT NULL            -- microseconds UTC
);
