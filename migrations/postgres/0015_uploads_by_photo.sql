-- Whether a photo's original was sent for it: asked for every photo that is not here.
CREATE INDEX uploads_by_photo ON uploads (photo, sha256);
