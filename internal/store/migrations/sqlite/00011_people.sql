-- +goose Up

-- Whether the account was ever given a token, as all were that are here before
-- lists: of those who never were nothing is kept when they leave.
ALTER TABLE account ADD COLUMN held INTEGER NOT NULL DEFAULT 1 CHECK (held IN (0, 1));

-- What the newest list of people says of an account. listed is 1 for one that is
-- on it and 0 for one that left; it and the others are NULL for an account that
-- was only typed. salt hides the row in what the trail commits to.
ALTER TABLE account ADD COLUMN listed INTEGER CHECK (listed IN (0, 1));
ALTER TABLE account ADD COLUMN listed_since INTEGER;   -- of listed, Unix nanoseconds
ALTER TABLE account ADD COLUMN person TEXT;            -- the list's own id of the person
ALTER TABLE account ADD COLUMN full_name TEXT;
ALTER TABLE account ADD COLUMN salt BLOB;
CREATE INDEX account_left ON account (key) WHERE listed = 0;

-- Names that an account had before it was renamed, each until the list with that
-- number. A name can pass to another person, and from that one too.
CREATE TABLE former_account (
    key        TEXT    NOT NULL,
    until_list INTEGER NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id),
    name       TEXT    NOT NULL,
    PRIMARY KEY (key, until_list)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_by_account ON former_account (account_id);

-- The lists that were taken in, each as its event in the trail.
CREATE TABLE account_list (
    number   INTEGER PRIMARY KEY CHECK (number > 0),
    seq      INTEGER NOT NULL REFERENCES audit (seq),
    at       INTEGER NOT NULL,
    file     TEXT    NOT NULL,
    sha256   TEXT    NOT NULL,
    listed   INTEGER NOT NULL,
    gone     INTEGER NOT NULL,
    renamed  INTEGER NOT NULL,
    contents TEXT    NOT NULL
) STRICT;

PRAGMA user_version = 11;
