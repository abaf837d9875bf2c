-- 附件2 is read from totals by month, kept on every write: a number of a form is the sum of the steps up to its month. What is counted once for
-- each enterprise is kept under the key by which it is one: its 统一社会信用代码, or else its place.

CREATE TABLE hazard_months (
    village TEXT NOT NULL,              -- village the hazards count for
    month TEXT NOT NULL,                -- YYYY-MM, the first form that the step is in
    self_found INTEGER NOT NULL,        -- as in hazard_periods
    rectified INTEGER NOT NULL,         -- as in hazard_periods
    listed INTEGER NOT NULL,            -- as in hazard_periods
    hazards INTEGER NOT NULL,           -- periods that begin to count with this form, less those that end
    PRIMARY KEY (village, month, self_found, rectified, listed)
) STRICT;
INSERT INTO hazard_months (village, month, self_found, rectified, listed, hazards)
SELECT village, month, self_found, rectified, listed, SUM(step) FROM (
    SELECT village,
           strftime('%Y-%m', (from_at + 28800000000) / 1000000, 'unixepoch', 'start of month', '+1 month') AS month,
           self_found, rectified, listed, 1 AS step
    FROM hazard_periods
    UNION ALL
    SELECT village,
           strftime('%Y-%m', (to_at + 28800000000) / 1000000, 'unixepoch', 'start of month', '+1 month'),
           self_found, rectified, listed, -1
    FROM hazard_periods WHERE to_at IS NOT NULL) AS steps
GROUP BY village, month, self_found, rectified, listed HAVING SUM(step) <> 0;

DROP INDEX spot_items_by_enterprise;
ALTER TABLE spot_items ADD COLUMN counted TEXT NOT NULL DEFAULT ''; -- who counts once: the 统一社会信用代码 of the place, or else enterprise
UPDATE spot_items SET counted = COALESCE(
    (SELECT places.uscc FROM places WHERE places.id = spot_items.place AND places.uscc <> ''), enterprise);
CREATE INDEX spot_items_by_counted ON spot_items (counted, village, item, ended_at);
CREATE INDEX spot_items_by_place ON spot_items (place) WHERE item = '1';
CREATE INDEX spot_items_in_order ON spot_items (item, ended_at, record);

DROP TABLE spot_firsts;
CREATE TABLE spot_firsts (
    counted TEXT NOT NULL,              -- as in spot_items
    village TEXT NOT NULL,              -- village it counts for
    item TEXT NOT NULL,                 -- as in spot_items
    first_at INTEGER NOT NULL,          -- the earliest check with this item
    several INTEGER NOT NULL,           -- whether it was checked for several villages
    PRIMARY KEY (counted, village, item)
) STRICT;
INSERT INTO spot_firsts (counted, village, item, first_at, several)
SELECT counted, village, item, MIN(ended_at),
       counted IN (SELECT counted FROM spot_items GROUP BY counted HAVING COUNT(DISTINCT village) > 1)
FROM spot_items GROUP BY counted, village, item;
CREATE INDEX spot_firsts_of_several ON spot_firsts (item, counted, village, first_at, several) WHERE several;

CREATE TABLE spot_months (
    village TEXT NOT NULL,              -- village the enterprises count for
    month TEXT NOT NULL,                -- YYYY-MM, the first form that they are in
    item TEXT NOT NULL,                 -- as in spot_items
    enterprises INTEGER NOT NULL,       -- how many
    PRIMARY KEY (village, month, item)
) STRICT;
INSERT INTO spot_months (village, month, item, enterprises)
SELECT village,
       strftime('%Y-%m', (first_at + 28800000000) / 1000000, 'unixepoch', 'start of month', '+1 month') AS month, item, COUNT(*)
FROM spot_firsts GROUP BY village, month, item;

DROP INDEX hazard_periods_by_village;
