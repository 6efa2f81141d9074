-- +goose Up

-- What is known of a loss. A table of its own: few tokens are ever lost, and a
-- column more would cost every import.
CREATE TABLE loss (
    token_id    INTEGER PRIMARY KEY REFERENCES token (id),
    reported_at INTEGER NOT NULL,             -- when somebody first told
    stolen      INTEGER NOT NULL CHECK (stolen IN (0, 1))
) STRICT;

-- Since when a batch is quarantined as a whole; its tokens that were moved by
-- that have the same state_since, and `batch release` takes no others.
ALTER TABLE batch ADD COLUMN quarantined_at INTEGER;

-- A withdrawn batch keeps its row, so that its number and ids are not given
-- again. Its tokens are no longer seen, and are removed in slices.
ALTER TABLE batch ADD COLUMN withdrawn_at INTEGER;

-- What the organisation demands beyond fob's own rules; a name that is not here
-- has its usual value.
CREATE TABLE policy (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

PRAGMA user_version = 4;
