-- The tables and roles of a journal that several administrators share. Run this script once in its own database, as the owner:
--
--     psql --dbname netsession --set ON_ERROR_STOP=1 --single-transaction --file journal-postgresql.sql
--     psql --dbname netsession --command 'GRANT netsession_append TO alice, bob'
--
-- netsession_append  reads and appends. It cannot change or remove a row, and cannot append one that does not follow.
-- netsession_prune   removes old rows from the beginning, which is itself a row.
-- netsession_read    only reads.
--
-- The owner of the tables and a superuser can do everything.

DO $$
DECLARE
    wanted text;
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database has the encoding %, and the journal needs UTF8', current_setting('server_encoding');
    END IF;
    FOREACH wanted IN ARRAY ARRAY['netsession_append', 'netsession_prune', 'netsession_read'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
END
$$;

-- A writer that hangs in the middle of a record delays the others. This is the default for each connection to the database, psql included.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET idle_in_transaction_session_timeout = %L', current_database(), '10s');
END
$$;

CREATE SCHEMA netsession;

CREATE TABLE netsession.entry (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    at bigint NOT NULL,
    kind text NOT NULL,
    change bigint NOT NULL,
    body text NOT NULL,
    hash bytea NOT NULL,
    -- By the clock and the login of the database, which the writer cannot choose.
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stored_by name NOT NULL DEFAULT session_user
);
CREATE INDEX entry_at ON netsession.entry (at);
CREATE INDEX entry_change ON netsession.entry (change) WHERE kind = 'outcome';

CREATE TABLE netsession.term (
    kind text NOT NULL,
    value text COLLATE "C" NOT NULL,
    change bigint NOT NULL,
    PRIMARY KEY (kind, value, change)
);

CREATE TABLE netsession.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    format integer NOT NULL
);
INSERT INTO netsession.head (seq, hash, format) VALUES (0, decode(repeat('00', 32), 'hex'), 1);

-- Returns the last row, and makes every other writer wait until the transaction ends.
CREATE FUNCTION netsession.lock_head() RETURNS TABLE (last_seq bigint, last_hash bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT seq, hash FROM netsession.head FOR UPDATE
$$;

-- Appends the row that follows the last one.
CREATE FUNCTION netsession.append_row(
    new_seq bigint, new_at bigint, new_kind text, new_change bigint, new_body text, new_hash bytea,
    term_kinds text[], term_values text[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last netsession.head%ROWTYPE;
BEGIN
    SELECT * INTO STRICT last FROM netsession.head FOR UPDATE;
    IF new_seq <> last.seq + 1 OR new_hash <> sha256(
        convert_to('netsession-journal-row-1', 'UTF8') || '\x00'::bytea || last.hash || int8send(new_seq)
        || convert_to(new_body, 'UTF8')
    ) THEN
        RAISE EXCEPTION 'the row does not follow the last one' USING ERRCODE = 'NS001';
    END IF;
    INSERT INTO netsession.entry (seq, at, kind, change, body, hash)
    VALUES (new_seq, new_at, new_kind, new_change, new_body, new_hash);
    INSERT INTO netsession.term (kind, value, change)
    SELECT wanted.kind, wanted.value, new_change FROM unnest(term_kinds, term_values) AS wanted (kind, value)
    ON CONFLICT DO NOTHING;
    UPDATE netsession.head SET seq = new_seq, hash = new_hash;
END
$$;

-- Appends a row that removes nothing.
CREATE FUNCTION netsession.append(
    new_seq bigint, new_at bigint, new_kind text, new_change bigint, new_body text, new_hash bytea,
    term_kinds text[], term_values text[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF new_kind = 'pruned' OR new_body::jsonb ->> 'kind' IS DISTINCT FROM new_kind THEN
        RAISE EXCEPTION 'permission denied for a row of this kind' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM netsession.append_row(
        new_seq, new_at, new_kind, new_change, new_body, new_hash, term_kinds, term_values
    );
END
$$;

-- Removes the rows before a number, and appends the row that says so.
CREATE FUNCTION netsession.prune(
    cut bigint, new_seq bigint, new_at bigint, new_body text, new_hash bytea, term_kinds text[], term_values text[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF new_body::jsonb ->> 'kind' IS DISTINCT FROM 'pruned'
        OR (new_body::jsonb ->> 'first_kept')::bigint IS DISTINCT FROM cut THEN
        RAISE EXCEPTION 'the row does not say what is removed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM netsession.term WHERE change < cut;
    DELETE FROM netsession.entry WHERE seq < cut;
    PERFORM netsession.append_row(
        new_seq, new_at, 'pruned', new_seq, new_body, new_hash, term_kinds, term_values
    );
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA netsession FROM PUBLIC;
GRANT USAGE ON SCHEMA netsession TO netsession_append, netsession_prune, netsession_read;
GRANT SELECT ON ALL TABLES IN SCHEMA netsession TO netsession_append, netsession_prune, netsession_read;
GRANT EXECUTE ON FUNCTION netsession.lock_head TO netsession_append, netsession_prune;
GRANT EXECUTE ON FUNCTION netsession.append TO netsession_append, netsession_prune;
GRANT EXECUTE ON FUNCTION netsession.prune TO netsession_prune;
