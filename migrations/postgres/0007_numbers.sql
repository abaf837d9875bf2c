-- What the fourteen numbers of 附件2 are counted from: stretches of time in which a hazard counts one way, and what spot checks found.
-- Instants are microseconds UTC.

CREATE TABLE hazard_periods (
    record UUID NOT NULL,               -- the hazard
    feed TEXT NOT NULL,                 -- feed it syncs in
    village TEXT NOT NULL,              -- village it counts for
    from_at BIGINT NOT NULL,           -- counts for cutoffs after this instant
    to_at BIGINT,                      -- and up to this one; null while it goes on
    self_found BOOLEAN NOT NULL,        -- 企业自查发现
    rectified BOOLEAN NOT NULL,         -- 已完成整改
    listed BOOLEAN NOT NULL,            -- 政府挂牌督办, also after delisting
    PRIMARY KEY (record, from_at)
);
CREATE INDEX hazard_periods_by_village ON hazard_periods (village, from_at, to_at, self_found, rectified, listed, record);
CREATE INDEX hazard_periods_by_feed ON hazard_periods (feed, record, from_at);

CREATE TABLE spot_items (
    record UUID NOT NULL,               -- the completed spot check
    item TEXT NOT NULL,                 -- 1 for the check itself, 2 to 8 for what was found wrong, u2 to u8 for what was not checked
    feed TEXT NOT NULL,                 -- feed it syncs in
    village TEXT NOT NULL,              -- village it counts for
    enterprise TEXT NOT NULL,           -- id of the place, or the name of one that is not registered
    place UUID,                         -- the place record
    ended_at BIGINT NOT NULL,          -- event time at which the check ended
    PRIMARY KEY (record, item)
);
CREATE INDEX spot_items_by_feed ON spot_items (feed, record, item);
CREATE INDEX spot_items_by_enterprise ON spot_items (enterprise, village, item, ended_at, record);

CREATE TABLE spot_firsts (
    enterprise TEXT NOT NULL,           -- as in spot_items
    village TEXT NOT NULL,              -- village it counts for
    item TEXT NOT NULL,                 -- as in spot_items
    place UUID,                         -- the place record
    first_at BIGINT NOT NULL,          -- the earliest check with this item
    PRIMARY KEY (enterprise, village, item)
);
CREATE INDEX spot_firsts_by_village ON spot_firsts (village, item, first_at, enterprise, place);
