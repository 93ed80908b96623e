-- What one run said. Only its worker writes here; readers open it read-only.
-- Undefined numbers (NaN) are NULL where a column holds one number; blocks hold them as they are.

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,  -- 1, 2, 3 … without gaps
    type TEXT NOT NULL,       -- the event's type, so that points need not be parsed to find the others
    event TEXT NOT NULL       -- the event, JSON
) STRICT;

CREATE INDEX events_without_points ON events (seq) WHERE type NOT IN ('steps_recorded', 'validated');

CREATE TABLE series (
    id INTEGER PRIMARY KEY,       -- in order of first appearance
    name TEXT NOT NULL UNIQUE,    -- train_loss, validation_accuracy, learning_rate …
    count INTEGER NOT NULL,       -- how many points it has
    step INTEGER NOT NULL,        -- the step of its latest point
    value REAL                    -- the value of its latest point
) STRICT;

CREATE TABLE points (
    start INTEGER PRIMARY KEY,                        -- how many points, of all series, were stored before this block
    series INTEGER NOT NULL REFERENCES series (id),   -- whose points
    first INTEGER NOT NULL,                           -- how many points of this series were stored before
    count INTEGER NOT NULL,                           -- how many points the block holds
    steps BLOB NOT NULL,                              -- their steps: little-endian 64-bit integers
    "values" BLOB NOT NULL                            -- their values: little-endian 64-bit floats
) STRICT;

CREATE INDEX points_by_series ON points (series, first);

CREATE TABLE folds (
    series INTEGER NOT NULL REFERENCES series (id),  -- whose points
    width INTEGER NOT NULL,                          -- how many points are folded into one row
    number INTEGER NOT NULL,                         -- the row covers points number*width … (number+1)*width - 1
    low_step INTEGER NOT NULL,                       -- the step of the lowest value
    low REAL,                                        -- the lowest value
    high_step INTEGER NOT NULL,                      -- the step of the highest value
    high REAL,                                       -- the highest value
    PRIMARY KEY (series, width, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),  -- there is one row
    progress TEXT NOT NULL                  -- how far the run is, JSON
) STRICT;

CREATE TABLE snapshots (
    name TEXT PRIMARY KEY,      -- live: what the probes saw last
    version INTEGER NOT NULL,   -- grows by one with each
    snapshot BLOB NOT NULL      -- a packed records.Snapshot
) STRICT;

CREATE TABLE notes (
    seq INTEGER PRIMARY KEY,  -- 1, 2, 3 … without gaps
    text TEXT NOT NULL        -- a sentence for the person who steers: a command that could not be done
) STRICT;

CREATE TABLE barriers (
    id INTEGER PRIMARY KEY CHECK (id = 1),  -- there is one row
    count INTEGER NOT NULL                  -- how often everything before was made safe against a power cut
) STRICT;
