-- 附件2 is counted in the order of an index: hazards by how they count, and the rows of enterprises that may have several by their keys.

DROP INDEX hazard_periods_by_village;
CREATE INDEX hazard_periods_by_village ON hazard_periods (village, self_found, rectified, listed, from_at, to_at);
CREATE INDEX spot_firsts_by_place ON spot_firsts (place, village, item, first_at);
CREATE INDEX spot_firsts_checked ON spot_firsts (enterprise) WHERE item = '1';
