-- Indexes that keyset lists over everything walk in order, instead of sorting the table for every page.

CREATE INDEX places_by_name ON places (name, id);
CREATE INDEX reviews_by_opened ON reviews (opened_at, id);
CREATE INDEX devices_by_enrolled ON devices (enrolled_at, id);
CREATE INDEX sessions_by_device ON sessions (device, id);

-- Operations without effect and what is in quarantine, as people are asked about them: first come, first asked.
CREATE INDEX ops_without_effect ON ops (received_at, id) WHERE status IN ('review', 'held', 'refused');
CREATE INDEX quarantine_by_received ON quarantine (received_at, id);
