-- +goose Up

-- In which condition a token came back when its binding ended, in the words of
-- whoever took it.
ALTER TABLE binding ADD COLUMN condition TEXT NOT NULL DEFAULT '';

-- Few returns have words: the newest of a token is found without its other bindings.
CREATE INDEX binding_condition ON binding (token_id) WHERE condition <> '';

PRAGMA user_version = 8;
