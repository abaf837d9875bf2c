-- Visits that somebody was asked to make and things they were reminded of, and the visits that answered them.

CREATE TABLE tasks (
    id UUID NOT NULL PRIMARY KEY,       -- the task's record
    feed TEXT NOT NULL,                 -- feed it syncs in, the village it is about
    what TEXT NOT NULL,                 -- inspect, remind
    assignee UUID,                      -- the person who is asked; nobody for the whole village
    due_at BIGINT NOT NULL,             -- end of the day by which it is asked for
    made_at BIGINT NOT NULL,            -- when it was asked for
    cancelled BOOLEAN NOT NULL          -- taken back
);
CREATE INDEX tasks_by_feed ON tasks (feed, due_at, id);
CREATE INDEX tasks_by_due ON tasks (due_at, id);

CREATE TABLE task_visits (
    inspection UUID NOT NULL PRIMARY KEY,-- a visit that was handed in and not voided
    feed TEXT NOT NULL,                 -- feed it syncs in
    task UUID NOT NULL,                 -- the task it names, of any village; it answers those of its own feed
    person UUID NOT NULL,               -- who made the visit
    ended_at BIGINT NOT NULL            -- when it was handed in
);
CREATE INDEX task_visits_by_task ON task_visits (task, feed);
CREATE INDEX task_visits_by_feed ON task_visits (feed, inspection);
