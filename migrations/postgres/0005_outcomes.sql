-- What became of operations that waited, at which place of their village's ledger: what a pull tells the phone that sent them.

ALTER TABLE ops ADD COLUMN settled_vrev BIGINT; -- ledger position of the entry that settled it; null while it waits
CREATE INDEX ops_settled ON ops (incarnation, feed, settled_vrev) WHERE settled_vrev IS NOT NULL;
CREATE INDEX ops_received ON ops (incarnation, received_at, seq);
