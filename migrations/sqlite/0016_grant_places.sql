-- An enterprise (R7) or an expert (R8) acts for certain places, not for a whole village.

CREATE TABLE grant_places (
    user_id BLOB NOT NULL,              -- the person
    role TEXT NOT NULL,                 -- as in grants
    feed TEXT NOT NULL,                 -- as in grants
    place BLOB NOT NULL,                -- the place record
    PRIMARY KEY (user_id, role, feed, place),
    FOREIGN KEY (user_id, role, feed) REFERENCES grants (user_id, role, feed)
) STRICT;
