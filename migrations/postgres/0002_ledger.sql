-- The ledger of operations, the records folded from them, and the feeds phones follow.
-- Times are signed 64-bit microseconds UTC; JSON is opaque to SQL.

CREATE TABLE feeds (
    id TEXT NOT NULL PRIMARY KEY,                -- 12-digit area code: a village, or the subdistrict for what its villages share
    name TEXT NOT NULL,                 -- 名称
    parent TEXT,                        -- feed of the subdistrict
    boundary TEXT,                      -- GeoJSON geometry in WGS-84, if imported
    vrev BIGINT NOT NULL,                -- newest position of the ledger; dense from 1; taken last in every push
    head_hash BYTEA NOT NULL,         -- hash of the newest ledger entry
    number_seq BIGINT NOT NULL,          -- last human number given (隐患编号)
    check_count BIGINT NOT NULL,         -- records in the feed
    check_sum BYTEA NOT NULL          -- XOR of the records' check terms, 16 bytes
);

CREATE TABLE incarnations (
    id UUID NOT NULL PRIMARY KEY,              -- one life of a phone's database
    device UUID NOT NULL,             -- the phone
    parent UUID,                      -- the life before
    consumed BIGINT NOT NULL,            -- every operation up to here is stored
    pending_total BIGINT NOT NULL,       -- operations the phone said it still had
    app TEXT NOT NULL,                  -- version of its app
    last_event_at BIGINT,                -- event time of its newest operation, for the plausibility of its clock
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL              -- last push
);
CREATE INDEX incarnations_by_device ON incarnations (device, created_at);

CREATE TABLE ops (
    id UUID NOT NULL PRIMARY KEY,              -- operation id, made by the phone
    incarnation UUID NOT NULL REFERENCES incarnations (id),-- life of a phone database
    seq BIGINT NOT NULL,                 -- place in the phone's sequence
    feed TEXT NOT NULL,                 -- ledger it is in
    record UUID,                      -- record it is about; null when unreadable
    kind TEXT NOT NULL,                 -- operation kind; empty when unreadable
    digest BYTEA NOT NULL,            -- SHA-256 of body
    body BYTEA NOT NULL,              -- the exact bytes the phone froze
    context TEXT NOT NULL,              -- what the server knew when it arrived
    status TEXT NOT NULL,               -- first answer: applied, merged, review, held, refused
    outcome TEXT NOT NULL,              -- first answer whole, as JSON without the ledger position
    waits_for UUID,                   -- record a held operation still waits for
    settled TEXT,                       -- what a held operation came to when it was released
    received_at BIGINT NOT NULL,
    UNIQUE (incarnation, seq)
);
CREATE INDEX ops_by_record ON ops (record, received_at);
CREATE INDEX ops_waiting ON ops (waits_for) WHERE waits_for IS NOT NULL;

CREATE TABLE quarantine (
    id UUID NOT NULL PRIMARY KEY,              -- made by the server
    op UUID NOT NULL,                 -- operation id that was sent
    device UUID NOT NULL,
    incarnation UUID NOT NULL,
    seq BIGINT NOT NULL,
    code TEXT NOT NULL,                 -- seq_reuse, id_reuse
    digest BYTEA NOT NULL,            -- SHA-256 of body
    body BYTEA NOT NULL,              -- the exact bytes that were sent
    received_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX quarantine_once ON quarantine (incarnation, seq, op, digest);

CREATE TABLE ledger (
    feed TEXT NOT NULL REFERENCES feeds (id),
    vrev BIGINT NOT NULL,                -- dense position
    op UUID NOT NULL REFERENCES ops (id),
    effect TEXT NOT NULL,               -- the operation's status, or released
    number TEXT,                        -- human number given to the record by this entry
    hash BYTEA NOT NULL,              -- SHA-256 over the hash before and this entry
    PRIMARY KEY (feed, vrev)
);
CREATE INDEX ledger_by_op ON ledger (op, effect);

CREATE TABLE records (
    id UUID NOT NULL PRIMARY KEY,              -- made by the phone
    kind TEXT NOT NULL,                 -- a name in the schema table
    feed TEXT NOT NULL REFERENCES feeds (id),
    rev BIGINT NOT NULL,                 -- raised by one with every operation that took effect
    number TEXT,                        -- human number
    state TEXT NOT NULL                 -- the record as JSON
);
CREATE INDEX records_by_feed ON records (feed, kind, id);

CREATE TABLE feed_entries (
    feed TEXT NOT NULL,
    record UUID NOT NULL,
    vrev BIGINT NOT NULL,                -- the record's newest position in this feed
    gone BOOLEAN NOT NULL,               -- the record has left this feed
    PRIMARY KEY (feed, record)
);
CREATE INDEX feed_entries_by_vrev ON feed_entries (feed, vrev, record);
