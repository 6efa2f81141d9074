-- +goose Up

-- What a batch knows of its clocks: rated marks the newest observation of each
-- token whose observations span 90 days (7,776,000 s), so that the rate of a batch
-- is the median of a few rows of an index, however many tokens the batch has.
ALTER TABLE observation ADD COLUMN rated INTEGER NOT NULL DEFAULT 0 CHECK (rated IN (0, 1));
UPDATE observation SET rated = 1
    WHERE id = (SELECT MAX(id) FROM observation o WHERE o.token_id = observation.token_id)
    AND at - (SELECT at FROM observation o WHERE o.token_id = observation.token_id AND o.first = 1) >= 7776000000000000;
CREATE INDEX observation_rated ON observation (batch_id) WHERE rated = 1;

-- Serials are said without their dashes. Only those that have some are in this
-- index: others are found as they are.
CREATE INDEX token_by_bare ON token (replace(serial_key, '-', '')) WHERE replace(serial_key, '-', '') <> serial_key;

PRAGMA user_version = 5;
