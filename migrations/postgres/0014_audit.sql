-- Who did what outside of the ledger, and who acted, decided or took files away at the console. Append-only: no statement changes or deletes a row.

CREATE TABLE audit_entries (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,                   -- microseconds UTC
    actor UUID,                           -- who did it; null for the server's own command line and for whoever failed to sign in
    kind TEXT NOT NULL,                   -- sign_in, grant_given, export, ...
    subject_kind TEXT NOT NULL,           -- user, device, hazard, inspection, operation, form or file; empty for nothing
    subject TEXT NOT NULL,                -- its id or code; empty when it has none
    subject_text TEXT NOT NULL,           -- what people called it then
    village TEXT,                         -- area code that it was about
    detail TEXT NOT NULL                  -- more in words; may be empty
);
CREATE INDEX audit_by_time ON audit_entries (at, id);
CREATE INDEX audit_by_actor ON audit_entries (actor, at, id);
CREATE INDEX audit_by_kind ON audit_entries (kind, at, id);
