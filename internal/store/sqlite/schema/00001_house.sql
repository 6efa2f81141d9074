-- +goose Up

-- The store itself: one row.
CREATE TABLE store (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    uuid           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,          -- Unix nanoseconds, as every *_at
    checkpoint_pub TEXT    NOT NULL,          -- what checkpoints are verified with
    -- The keys in store_key, in the order of their ids, encrypted to every custodian
    -- as one age file; and the statement about them that the checkpoint key signed.
    -- The generation rises with every change of keys or custodians.
    wrapped        BLOB    NOT NULL,
    key_statement  TEXT    NOT NULL,
    key_generation INTEGER NOT NULL CHECK (key_generation > 0),
    restored_at    INTEGER,                   -- the newest restore of a backup
    newest_at      INTEGER NOT NULL           -- latest time of any event, or the corrected clock since
) STRICT;

-- Random keys. A seed names the key that sealed it. There are two for seeds while a
-- rotation goes on; the fingerprint key is never rotated.
CREATE TABLE store_key (
    id         INTEGER PRIMARY KEY CHECK (id > 0),
    purpose    TEXT    NOT NULL CHECK (purpose IN ('seed', 'fingerprint')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE custodian (
    recipient TEXT    PRIMARY KEY,            -- age recipient: a public key
    kind      TEXT    NOT NULL,
    added_at  INTEGER NOT NULL
) STRICT;

-- What the organisation demands beyond fob's own rules; a name that is not here
-- has its usual value.
CREATE TABLE policy (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- What thousands of tokens share. Tokens of the types fido2 and vendor have no
-- seed here, and so no digits.
CREATE TABLE profile (
    id           INTEGER PRIMARY KEY,
    manufacturer TEXT    NOT NULL,
    model        TEXT    NOT NULL,
    type         TEXT    NOT NULL CHECK (type IN ('totp', 'hotp', 'fido2', 'vendor')),
    hash         TEXT    NOT NULL CHECK (hash IN ('', 'sha1', 'sha256', 'sha512')),
    digits       INTEGER NOT NULL CHECK (digits = 0 OR digits BETWEEN 6 AND 10),
    period       INTEGER NOT NULL CHECK (period BETWEEN 0 AND 3600 AND (period > 0) = (type = 'totp')),
    t0           INTEGER NOT NULL,            -- Unix seconds
    CHECK ((type IN ('totp', 'hotp')) = (hash <> '') AND (hash <> '') = (digits > 0)),
    UNIQUE (manufacturer, model, type, hash, digits, period, t0)
) STRICT;

CREATE TABLE location (
    id        INTEGER PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE,
    closed_at INTEGER                         -- nothing more comes there, nor within it
) STRICT;

-- Accounts, typed or on a list of people. held is 1 if the account ever had a
-- token: of those who never had, nothing is kept when they leave. listed is 1 for
-- one on the newest list and 0 for one that left; it and what follows are NULL for
-- an account that was only typed. salt hides the row in what the trail commits to.
CREATE TABLE account (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL,            -- as first typed
    key          TEXT    NOT NULL UNIQUE,     -- lower case
    held         INTEGER NOT NULL DEFAULT 1 CHECK (held IN (0, 1)),
    listed       INTEGER CHECK (listed IN (0, 1)),
    listed_since INTEGER,                     -- of listed
    person       TEXT,                        -- the list's own id of the person
    full_name    TEXT,
    salt         BLOB
) STRICT;
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

-- One import of one seed file. While it loads, no query sees its tokens: every
-- query joins the batch and asks for loading = 0. Its tokens' ids are one
-- contiguous range in file order, so that a batch needs no index of its own.
CREATE TABLE batch (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT    NOT NULL UNIQUE,
    number         INTEGER UNIQUE CHECK ((number IS NULL) = (loading = 1)),
    loading        INTEGER NOT NULL CHECK (loading IN (0, 1)),
    first_id       INTEGER NOT NULL,
    last_id        INTEGER NOT NULL CHECK (last_id >= first_id - 1),
    file           TEXT    NOT NULL,
    sha256         TEXT    NOT NULL,
    format         TEXT    NOT NULL,
    options        TEXT    NOT NULL,
    order_no       TEXT    NOT NULL,
    supplier       TEXT    NOT NULL,
    expected       INTEGER,
    location       TEXT    NOT NULL,
    received       TEXT,                      -- a date, YYYY-MM-DD
    records        INTEGER NOT NULL,
    new            INTEGER NOT NULL,
    unchanged      INTEGER NOT NULL,
    refused        INTEGER NOT NULL,
    imported_at    INTEGER NOT NULL,          -- of its completion; of its start while loading
    by_kind        TEXT    NOT NULL CHECK (by_kind IN ('os', 'oidc', 'service')),
    by_id          TEXT    NOT NULL,
    by_name        TEXT    NOT NULL,
    -- Since when it is quarantined as a whole; its tokens that were moved by that
    -- have the same state_since, and its release takes no others.
    quarantined_at INTEGER,
    -- A withdrawn batch keeps its row, so that its number and ids are not given
    -- again. Its tokens are no longer seen, and are removed in slices.
    withdrawn_at   INTEGER
) STRICT;
CREATE INDEX batch_by_file ON batch (sha256);

-- States are numbers in the token table: as text, their checks took a quarter of
-- an import's time. Numbers are never reused.
CREATE TABLE state (
    code INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;
INSERT INTO state (code, name) VALUES (0, 'in_stock'), (1, 'assigned'), (2, 'bound'), (3, 'suspended'),
    (4, 'quarantined'), (5, 'lost'), (6, 'retired');

CREATE TABLE token (
    id           INTEGER PRIMARY KEY,
    serial_key   TEXT    NOT NULL UNIQUE,     -- upper case
    printed      TEXT,                        -- as imported, where it differs
    bare         TEXT,                        -- without dashes, where it has some
    batch_id     INTEGER NOT NULL,            -- see batch_not_empty
    profile_id   INTEGER NOT NULL REFERENCES profile (id),
    counter      INTEGER NOT NULL DEFAULT 0,
    not_before   INTEGER,                     -- Unix seconds
    not_after    INTEGER,
    manufactured INTEGER,
    fingerprint  INTEGER,                     -- NULL: its type has no seed here
    seed         BLOB,                        -- sealed; NULL once destroyed

    location_id  INTEGER REFERENCES location (id),
    state        INTEGER NOT NULL DEFAULT 0,
    state_since  INTEGER,                     -- NULL: since its import
    account_id   INTEGER REFERENCES account (id),
    watermark    INTEGER,                     -- last step or counter accepted
    failures     INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER,
    issued       INTEGER NOT NULL DEFAULT 0,
    CHECK ((bare IS NULL OR bare = replace(serial_key, '-', '')) AND counter >= 0 AND (seed IS NULL OR fingerprint IS NOT NULL)
        AND (state = 0 AND account_id IS NULL AND failures = 0 AND issued = 0
        OR state BETWEEN 0 AND 6 AND (state BETWEEN 1 AND 3) = (account_id IS NOT NULL) AND failures >= 0 AND issued IN (0, 1)))
) STRICT;
CREATE INDEX token_by_state   ON token (state, serial_key) WHERE state <> 0;
CREATE INDEX token_by_account ON token (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX token_by_bare    ON token (bare) WHERE bare IS NOT NULL;

-- In the place of a foreign key: with one, deleting a batch would read every
-- token of the store, or every import pay for an index that nothing else uses.
-- +goose StatementBegin
CREATE TRIGGER batch_not_empty BEFORE DELETE ON batch
WHEN EXISTS (SELECT 1 FROM token WHERE id BETWEEN OLD.first_id AND OLD.last_id)
BEGIN SELECT RAISE(ABORT, 'the batch still has tokens'); END;
-- +goose StatementEnd

-- What was used stays used: the row of a seed of which a code was accepted, or
-- refused since, does not go, and its watermark never falls. So there is no way out of
-- the store and back that makes a used code good, or opens a lock.
-- +goose StatementBegin
CREATE TRIGGER token_used_stays BEFORE DELETE ON token
WHEN OLD.watermark IS NOT NULL OR OLD.failures > 0
BEGIN SELECT RAISE(ABORT, 'codes of this token were tried; it cannot go'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER token_watermark_rises BEFORE UPDATE OF watermark ON token
WHEN OLD.watermark IS NOT NULL AND (NEW.watermark IS NULL OR NEW.watermark < OLD.watermark)
BEGIN SELECT RAISE(ABORT, 'a code that was used would count again'); END;
-- +goose StatementEnd
-- A serial passes to another token only when its own is retired for good: see
-- trail.Reburnt.
-- +goose StatementBegin
CREATE TRIGGER token_serial_stays BEFORE UPDATE OF serial_key, printed, bare ON token
WHEN OLD.state <> 6 OR OLD.seed IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the token is not retired; it keeps its serial'); END;
-- +goose StatementEnd

-- Which token has the seed with this keyed fingerprint. A table of its own,
-- because its keys are random: it is filled in sorted runs, for a large import
-- once all tokens are in. nth is above 0 only for two different seeds that share
-- eight bytes by chance.
CREATE TABLE fingerprint (
    fingerprint INTEGER NOT NULL,
    nth         INTEGER NOT NULL CHECK (nth >= 0),
    token_id    INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, nth)
) STRICT, WITHOUT ROWID;

-- What is known of a loss, and what is never forgotten of a token. A table of its own:
-- few tokens are ever lost, and a column more would cost every import.
CREATE TABLE loss (
    token_id    INTEGER PRIMARY KEY REFERENCES token (id),
    reported_at INTEGER,                      -- when somebody first told; NULL: it is not lost
    stolen      INTEGER NOT NULL CHECK (stolen IN (0, 1)),     -- of a lost one: it was stolen
    leaked      INTEGER NOT NULL CHECK (leaked IN (0, 1)),     -- others may know its seed
    was_stolen  INTEGER NOT NULL CHECK (was_stolen IN (0, 1)), -- now or once
    CHECK ((reported_at IS NOT NULL OR leaked = 1 OR was_stolen = 1) AND stolen <= was_stolen AND (stolen = 0 OR reported_at IS NOT NULL))
) STRICT;
-- +goose StatementBegin
CREATE TRIGGER loss_mark_stays BEFORE DELETE ON loss
WHEN OLD.leaked = 1 OR OLD.was_stolen = 1
BEGIN SELECT RAISE(ABORT, 'a leak and a theft are never forgotten'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER loss_mark_rises BEFORE UPDATE ON loss
WHEN NEW.leaked < OLD.leaked OR NEW.was_stolen < OLD.was_stolen OR NEW.token_id <> OLD.token_id
BEGIN SELECT RAISE(ABORT, 'a leak and a theft are never forgotten'); END;
-- +goose StatementEnd

CREATE TABLE binding (
    id         INTEGER PRIMARY KEY,
    uuid       TEXT    NOT NULL UNIQUE,
    token_id   INTEGER NOT NULL REFERENCES token (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    opened_at  INTEGER NOT NULL,
    by_kind    TEXT    NOT NULL CHECK (by_kind IN ('os', 'oidc', 'service')),
    by_id      TEXT    NOT NULL,
    by_name    TEXT    NOT NULL,
    approver   TEXT    NOT NULL DEFAULT '',   -- who approved it, where somebody did
    proof      TEXT    NOT NULL,
    codes      INTEGER NOT NULL CHECK (codes IN (1, 2)),
    ticket     TEXT    NOT NULL,
    -- May lie before opened_at: the clock may have been corrected in between, and
    -- a binding must end all the same. The trail carries the order.
    closed_at  INTEGER,
    condition  TEXT    NOT NULL DEFAULT ''    -- in which the token came back, in the words of whoever took it
) STRICT;
CREATE UNIQUE INDEX binding_open ON binding (token_id) WHERE closed_at IS NULL;
CREATE INDEX binding_by_token    ON binding (token_id);
CREATE INDEX binding_by_account  ON binding (account_id);
-- Few returns have words: the newest of a token is found without its other bindings.
CREATE INDEX binding_condition   ON binding (token_id) WHERE condition <> '';

-- Measured drifts. first marks a token's first one; rated its newest, where the
-- two span 90 days: the rate of a batch is the median of a few rows of an index.
CREATE TABLE observation (
    id       INTEGER PRIMARY KEY,
    token_id INTEGER NOT NULL REFERENCES token (id),
    batch_id INTEGER NOT NULL,                -- that of its token
    at       INTEGER NOT NULL,
    drift    REAL    NOT NULL,                -- seconds, negative: the token is slow
    rate     REAL,                            -- ppm, as estimated then
    first    INTEGER NOT NULL CHECK (first IN (0, 1)),
    rated    INTEGER NOT NULL DEFAULT 0 CHECK (rated IN (0, 1))
) STRICT;
CREATE INDEX observation_by_token ON observation (token_id);
CREATE INDEX observation_first    ON observation (batch_id) WHERE first = 1;
CREATE INDEX observation_rated    ON observation (batch_id) WHERE rated = 1;

-- Codes of each operator that were refused, in the hour that began with the first of
-- them: see token.Refusals.
CREATE TABLE operator_refusals (
    by_kind TEXT    NOT NULL CHECK (by_kind IN ('os', 'oidc', 'service')),
    by_id   TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    refused INTEGER NOT NULL CHECK (refused >= 0),
    PRIMARY KEY (by_kind, by_id)
) STRICT, WITHOUT ROWID;

-- The trail. Triggers prevent accidents; the chain finds malice.
CREATE TABLE audit (
    seq  INTEGER PRIMARY KEY CHECK (seq > 0),
    body BLOB    NOT NULL,
    hash BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE audit_text (
    seq   INTEGER NOT NULL REFERENCES audit (seq),
    field TEXT    NOT NULL,
    salt  BLOB    NOT NULL,
    text  TEXT    NOT NULL,
    PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;

-- Texts that a person had the right to have erased, each by the event that says
-- so. Only what is named here by the newest event may be deleted.
CREATE TABLE erased_text (
    seq    INTEGER NOT NULL REFERENCES audit (seq),
    field  TEXT    NOT NULL,
    by_seq INTEGER NOT NULL REFERENCES audit (seq),
    PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;

-- What each event is about, so that the last event about a token is found by it:
-- 'token KEY', 'batch UUID', 'policy', 'lists'.
CREATE TABLE audit_about (
    subject TEXT    NOT NULL,
    seq     INTEGER NOT NULL REFERENCES audit (seq),
    PRIMARY KEY (subject, seq)
) STRICT, WITHOUT ROWID;

-- The lists of people that were taken in, each as its event in the trail.
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

-- Seeds that went to verifiers. Which tokens they were of is told by ranges of ids:
-- a whole batch is one row.
CREATE TABLE delivery (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT    NOT NULL UNIQUE,
    seq          INTEGER NOT NULL REFERENCES audit (seq),
    at           INTEGER NOT NULL,
    target       TEXT    NOT NULL,
    verifier     TEXT    NOT NULL,            -- lower case
    plaintext    INTEGER NOT NULL CHECK (plaintext IN (0, 1)),
    tokens       INTEGER NOT NULL CHECK (tokens > 0),
    destroyed    INTEGER NOT NULL CHECK (destroyed IN (0, 1)) -- 1: the seeds went here in the same transaction
) STRICT;
CREATE INDEX delivery_by_verifier ON delivery (verifier);
CREATE TABLE delivered (
    delivery_id INTEGER NOT NULL REFERENCES delivery (id),
    first_id    INTEGER NOT NULL,
    last_id     INTEGER NOT NULL CHECK (last_id >= first_id),
    PRIMARY KEY (delivery_id, first_id)
) STRICT;
CREATE INDEX delivered_first ON delivered (first_id, last_id);
CREATE INDEX delivered_many  ON delivered (first_id, last_id) WHERE last_id > first_id;
-- Commands that wait for a second person: which events are about which of them. What
-- the events say counts. ended_seq is NULL for one that can still be decided or
-- carried out; it may be too old for that.
CREATE TABLE request (
    number      INTEGER PRIMARY KEY CHECK (number > 0),
    made_seq    INTEGER NOT NULL REFERENCES audit (seq),
    decided_seq INTEGER REFERENCES audit (seq),
    ended_seq   INTEGER REFERENCES audit (seq)
) STRICT;
CREATE INDEX request_open ON request (number) WHERE ended_seq IS NULL;

-- Systems that check logins. One that was removed keeps its row: what it got before
-- is no task any more.
CREATE TABLE verifier (
    name       TEXT    NOT NULL PRIMARY KEY, -- lower case
    target     TEXT    NOT NULL,
    added_at   INTEGER NOT NULL,
    removed_at INTEGER,                      -- the last time
    active     INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

-- The newest word that a verifier does not accept a token any more.
CREATE TABLE ended (
    verifier TEXT    NOT NULL,
    token_id INTEGER NOT NULL REFERENCES token (id),
    at       INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (verifier, token_id)
) STRICT;
CREATE INDEX ended_by_token ON ended (token_id);

-- Who is signed in at the pages: by a digest of the cookie's secret, and sealed with
-- another. Neither opens without the cookie.
CREATE TABLE web_session (
    id     BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    sealed BLOB    NOT NULL,
    until  INTEGER NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- INSERT OR REPLACE fires no delete trigger, but it cannot pass this one.
-- +goose StatementBegin
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'an event must follow the newest'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_text_no_update BEFORE UPDATE ON audit_text
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_text_no_delete BEFORE DELETE ON audit_text
WHEN NOT EXISTS (SELECT 1 FROM erased_text WHERE seq = OLD.seq AND field = OLD.field AND by_seq = (SELECT MAX(seq) FROM audit))
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_text_once BEFORE INSERT ON audit_text
WHEN NEW.seq <> (SELECT MAX(seq) FROM audit)
  OR EXISTS (SELECT 1 FROM audit_text WHERE seq = NEW.seq AND field = NEW.field)
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_about_no_update BEFORE UPDATE ON audit_about
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_about_no_delete BEFORE DELETE ON audit_about
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_about_once BEFORE INSERT ON audit_about
WHEN NEW.seq <> (SELECT MAX(seq) FROM audit)
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erased_text_no_update BEFORE UPDATE ON erased_text
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erased_text_no_delete BEFORE DELETE ON erased_text
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erased_text_once BEFORE INSERT ON erased_text
WHEN NEW.by_seq <> (SELECT MAX(seq) FROM audit)
  OR EXISTS (SELECT 1 FROM erased_text WHERE seq = NEW.seq AND field = NEW.field)
BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
-- +goose StatementEnd

PRAGMA application_id = 0x666f6231; -- "fob1"
PRAGMA user_version = 1;
