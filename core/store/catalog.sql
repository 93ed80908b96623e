-- The catalog of a store: which runs there are, what they were asked, and what pages want to know.
-- Many processes write it, each in short transactions. Times are seconds since 1970.

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the run's number, never given twice, also names its folder
    key TEXT NOT NULL UNIQUE,              -- made by whoever pressed Train: the same key is the same run
    name TEXT NOT NULL,                    -- what people call it
    state TEXT NOT NULL,                   -- records.RunState
    experiment TEXT NOT NULL,              -- what was asked, JSON
    created REAL NOT NULL,                 -- when it was queued
    started REAL,                          -- when it first ran; empty before
    ended REAL,                            -- when it was over; empty before
    metric TEXT NOT NULL,                  -- the figure `best` is about, as named in validation scores
    best REAL,                             -- the best scheduled validation value of that figure
    seconds REAL NOT NULL DEFAULT 0,       -- time spent training, pauses left out
    reason TEXT NOT NULL DEFAULT '',       -- why it ended, waits or was put back, for a reader
    parent INTEGER,                        -- the run it is a branch of; empty for none
    parent_step INTEGER,                   -- the step of that run it goes on from
    family TEXT,                           -- the same for runs to be trained as one; empty for the others
    turn REAL                              -- its place in the queue when that is not its number: low goes first
) STRICT;

CREATE INDEX runs_by_state ON runs (state, id);

CREATE TABLE commands (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,                        -- order of arrival, over all runs
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,  -- who is told
    command TEXT NOT NULL                                         -- what, JSON with a `kind`
) STRICT;

CREATE INDEX commands_by_run ON commands (run, seq);

CREATE TABLE questions (
    key TEXT PRIMARY KEY,     -- says the same question again; names the answer's file
    kind TEXT NOT NULL,       -- preview, look, pace, rate_range, noise, system or export
    payload TEXT NOT NULL,    -- what it is about, JSON
    state TEXT NOT NULL,      -- asked, claimed or answered
    asked REAL NOT NULL       -- when it was asked last; the newest is answered first
) STRICT;

CREATE INDEX questions_by_state ON questions (state, asked);
