-- +goose Up

-- Which token has the seed with this keyed fingerprint, many to a row. Fingerprints
-- are random keys: with a row for each, their B-tree was a quarter of what an import
-- wrote, and into a large store most of it. A leaf holds pairs of a fingerprint and
-- a token's id, eight bytes each, big endian, in the order of their signed values,
-- and is found by the fingerprint of its first pair; a fingerprint that two seeds
-- share by chance stands in one leaf.
CREATE TABLE packed (
    first INTEGER PRIMARY KEY,
    pairs BLOB    NOT NULL CHECK (length(pairs) > 0 AND length(pairs) % 16 = 0)
) STRICT;

-- Leaf by leaf, in the memory that one takes. Window functions would keep all rows.
INSERT INTO packed (first, pairs)
WITH RECURSIVE leaf (low, next) AS (
    SELECT m.low, (SELECT print FROM fingerprint WHERE print > m.low ORDER BY print LIMIT 1 OFFSET 99)
    FROM (SELECT MIN(print) AS low FROM fingerprint) m WHERE m.low IS NOT NULL
    UNION ALL
    SELECT l.next, (SELECT print FROM fingerprint WHERE print > l.next ORDER BY print LIMIT 1 OFFSET 99)
    FROM leaf l WHERE l.next IS NOT NULL
)
SELECT low, unhex((SELECT group_concat(printf('%016x%016x', print, token_id), '' ORDER BY print, token_id)
    FROM fingerprint WHERE print BETWEEN low AND COALESCE(next - 1, 9223372036854775807)))
FROM leaf;

DROP TABLE fingerprint;
ALTER TABLE packed RENAME TO fingerprint;

PRAGMA user_version = 12;
