
-- Triggers prevent accidents; the chain finds malice. The owner of the tables can
-- drop them, so no proof rests on them.

CREATE FUNCTION trail_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail is append-only';
END $$;

CREATE TRIGGER audit_no_update BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER audit_text_no_update BEFORE UPDATE ON audit_text FOR EACH ROW EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER audit_text_no_truncate BEFORE TRUNCATE ON audit_text FOR EACH STATEMENT EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER audit_about_no_update BEFORE UPDATE OR DELETE ON audit_about FOR EACH ROW EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER audit_about_no_truncate BEFORE TRUNCATE ON audit_about FOR EACH STATEMENT EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER erased_text_no_update BEFORE UPDATE OR DELETE ON erased_text FOR EACH ROW EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER erased_text_no_truncate BEFORE TRUNCATE ON erased_text FOR EACH STATEMENT EXECUTE FUNCTION trail_append_only();

CREATE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit) THEN
        RAISE EXCEPTION 'an event must follow the newest';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_follows();

CREATE FUNCTION text_of_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT MAX(seq) FROM audit) THEN
        RAISE EXCEPTION 'the trail is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_text_once BEFORE INSERT ON audit_text FOR EACH ROW EXECUTE FUNCTION text_of_newest();
CREATE TRIGGER audit_about_once BEFORE INSERT ON audit_about FOR EACH ROW EXECUTE FUNCTION text_of_newest();

CREATE FUNCTION erased_by_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.by_seq <> (SELECT MAX(seq) FROM audit) THEN
        RAISE EXCEPTION 'the trail is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erased_text_once BEFORE INSERT ON erased_text FOR EACH ROW EXECUTE FUNCTION erased_by_newest();

CREATE FUNCTION text_is_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM erased_text WHERE seq = OLD.seq AND field = OLD.field AND by_seq = (SELECT MAX(seq) FROM audit)) THEN
        RAISE EXCEPTION 'the trail is append-only';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_text_no_delete BEFORE DELETE ON audit_text FOR EACH ROW EXECUTE FUNCTION text_is_erased();

-- In the place of a foreign key, as in SQLite: every import would pay for its index.
CREATE FUNCTION batch_is_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM token WHERE id BETWEEN OLD.first_id AND OLD.last_id) THEN
        RAISE EXCEPTION 'the batch still has tokens';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER batch_not_empty BEFORE DELETE ON batch FOR EACH ROW EXECUTE FUNCTION batch_is_empty();

-- In the place of foreign keys too, which were half of an import's time: a token's
-- profile and place are looked up in the transaction that inserts it. Profiles are
-- never removed; a place is, where no import can be about to use it.
CREATE FUNCTION profile_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a profile stays as it is';
END $$;
CREATE TRIGGER profile_stays BEFORE UPDATE OR DELETE ON profile FOR EACH ROW EXECUTE FUNCTION profile_stays();

CREATE FUNCTION place_is_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM token WHERE location_id = OLD.id) THEN
        RAISE EXCEPTION 'the place still has tokens';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER location_not_empty BEFORE DELETE ON location FOR EACH ROW EXECUTE FUNCTION place_is_empty();

CREATE FUNCTION token_refers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM profile WHERE id = NEW.profile_id)
    OR NEW.location_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM location WHERE id = NEW.location_id) THEN
        RAISE EXCEPTION 'the token would have a profile or a place that is not there';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER token_refers BEFORE UPDATE OF profile_id, location_id ON token FOR EACH ROW
WHEN (NEW.profile_id <> OLD.profile_id OR NEW.location_id <> OLD.location_id OR OLD.location_id IS NULL) EXECUTE FUNCTION token_refers();

-- What was used stays used, as in SQLite.
CREATE FUNCTION used_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'codes of this token were tried; it cannot go';
END $$;
CREATE TRIGGER token_used_stays BEFORE DELETE ON token FOR EACH ROW
WHEN (OLD.watermark IS NOT NULL OR OLD.failures > 0) EXECUTE FUNCTION used_stays();

CREATE FUNCTION watermark_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a code that was used would count again';
END $$;
CREATE TRIGGER token_watermark_rises BEFORE UPDATE OF watermark ON token FOR EACH ROW
WHEN (OLD.watermark IS NOT NULL AND (NEW.watermark IS NULL OR NEW.watermark < OLD.watermark)) EXECUTE FUNCTION watermark_rises();

-- A serial passes to another token only when its own is retired for good, as in SQLite.
CREATE FUNCTION serial_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the token is not retired; it keeps its serial';
END $$;
CREATE TRIGGER token_serial_stays BEFORE UPDATE OF serial_key, printed, bare ON token FOR EACH ROW
WHEN (OLD.state <> 6 OR OLD.seed IS NOT NULL) EXECUTE FUNCTION serial_stays();

-- A leak and a theft are never forgotten, as in SQLite.
CREATE FUNCTION marks_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a leak and a theft are never forgotten';
END $$;
CREATE TRIGGER loss_mark_stays BEFORE DELETE ON loss FOR EACH ROW
WHEN (OLD.leaked = 1 OR OLD.was_stolen = 1) EXECUTE FUNCTION marks_stay();
CREATE TRIGGER loss_mark_rises BEFORE UPDATE ON loss FOR EACH ROW
WHEN (NEW.leaked < OLD.leaked OR NEW.was_stolen < OLD.was_stolen OR NEW.token_id <> OLD.token_id) EXECUTE FUNCTION marks_stay();

-- A row for each import that is loading; its loader holds the row's lock.
CREATE TABLE load_hold (
    batch TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE schema_version (
    version BIGINT NOT NULL
);
INSERT INTO schema_version (version) VALUES (1);
