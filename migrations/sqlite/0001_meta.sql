-- Facts about this database as a whole, one row each. Not settings: those live in the configuration file.
CREATE TABLE server_meta (
    -- The name of the fact, lower case with underscores.
    key TEXT NOT NULL PRIMARY KEY,
    -- Its value as text; whoever owns the key knows the form.
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
