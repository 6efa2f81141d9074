-- +goose Up

-- Texts that a person had the right to have erased, each by the event that says
-- so. Only what is named here by the newest event may be deleted.
CREATE TABLE erased_text (
    seq    INTEGER NOT NULL REFERENCES audit (seq),
    field  TEXT    NOT NULL,
    by_seq INTEGER NOT NULL REFERENCES audit (seq),
    PRIMARY KEY (seq, field)
) STRICT, WITHOUT ROWID;

DROP TRIGGER audit_text_no_delete;
-- +goose StatementBegin
CREATE TRIGGER audit_text_no_delete BEFORE DELETE ON audit_text
WHEN NOT EXISTS (SELECT 1 FROM erased_text WHERE seq = OLD.seq AND field = OLD.field AND by_seq = (SELECT MAX(seq) FROM audit))
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

PRAGMA user_version = 9;
