-- Monthly forms: where each stands, and what was handed in, by the hash of its content. Instants are microseconds UTC.

CREATE TABLE forms (
    record UUID NOT NULL PRIMARY KEY,   -- the form's record
    feed TEXT NOT NULL,                 -- feed it syncs in, the area
    form_kind TEXT NOT NULL,            -- appendix1, appendix2
    month TEXT NOT NULL,                -- YYYY-MM
    state TEXT NOT NULL,                -- draft, village_submitted, street_returned, street_locked
    revision BIGINT NOT NULL,          -- newest locked revision; 0 for none
    content BYTEA,                 -- SHA-256 of what is in force: the newest locked revision, or what was handed in
    changed_at BIGINT NOT NULL         -- its newest event
);
CREATE UNIQUE INDEX forms_by_area ON forms (feed, form_kind, month);
CREATE INDEX forms_by_month ON forms (month, feed, form_kind);

CREATE TABLE form_contents (
    sha256 BYTEA NOT NULL PRIMARY KEY,  -- of content
    form UUID NOT NULL,                 -- the form's record
    content TEXT NOT NULL,              -- the exact JSON that was hashed
    made_at BIGINT NOT NULL            -- when it was computed
);
CREATE INDEX form_contents_by_form ON form_contents (form, made_at);
