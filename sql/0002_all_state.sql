-- What is made for all tables of state alike: indexes, and what looks at all of them at once.

-- What holds for every table of state: one live version of an entity, one live entity of a key,
-- and the index by which a refresh finds what ended.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT goald.state_tables() LOOP
        EXECUTE format('CREATE UNIQUE INDEX %I ON goald.%I (strategy_id, key) '
                       'WHERE seq_to IS NULL AND key IS NOT NULL', name || '_key', name);
        -- an update or observation has one version: its primary key says it
        IF name <> 'progress_update' AND name <> 'observation' THEN
            EXECUTE format('CREATE UNIQUE INDEX %I ON goald.%I (strategy_id, id) '
                           'WHERE seq_to IS NULL', name || '_live', name);
            EXECUTE format('CREATE INDEX %I ON goald.%I (strategy_id, seq_to) '
                           'WHERE seq_to IS NOT NULL', name || '_ended', name);
        END IF;
    END LOOP;
    -- what belongs to a node is found by it, for answers about the past
    FOREACH name IN ARRAY ARRAY['link', 'relation', 'aim', 'assignment', 'decision', 'draft',
                                'observation', 'closing', 'nudge'] LOOP
        EXECUTE format('CREATE INDEX %I ON goald.%I (strategy_id, node_id)', name || '_node', name);
    END LOOP;
END
$$;

-- What a payload and a version say differently: the members' names, or "payload" where it cannot be
-- read; null: nothing. A contact's digest goes with its value.
CREATE FUNCTION goald.differing(payload text, content jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS
$$
DECLARE
    said jsonb;
BEGIN
    said := payload::jsonb;
    IF jsonb_typeof(said) <> 'object' THEN
        RETURN 'payload';
    END IF;
    IF content -> 'digest' = 'null' THEN
        said := said - 'digest';
    END IF;
    RETURN (SELECT string_agg(key, ', ' ORDER BY key)
            FROM jsonb_each(content) AS c FULL JOIN jsonb_each(said) AS s USING (key)
            WHERE coalesce(c.value, 'null') <> coalesce(s.value, 'null'));
EXCEPTION WHEN data_exception THEN
    RETURN 'payload';
END
$$;

-- Makes what looks at all tables of state at once; to be run again when there is another one.
--
-- version: every version of every entity, its columns as the journal's payload has them; of contact
-- data the digest instead of the value, null once that is erased.
--
-- node_seqs(): the latest entries between two about a node or what hangs on it: `most` of them, if
-- there are as many, in no order, some twice. A node's updates are read from their end, for there
-- may be a million.
CREATE FUNCTION goald.look_at_all_tables() RETURNS void
    LANGUAGE plpgsql AS
$make$
DECLARE
    name text;
    node_column text;
    content text;
    versions text[] := '{}';
    seqs text[] := ARRAY[
        -- the node's own: each version ends with the entry that makes the next
        'WITH RECURSIVE own(seq, ended) AS (SELECT seq_from, seq_to FROM goald.node'
        ' WHERE strategy_id = $1 AND seq_from = $2'
        ' UNION ALL SELECT n.seq_from, n.seq_to FROM own JOIN goald.node n'
        ' ON n.strategy_id = $1 AND n.seq_from = own.ended AND n.id = $2)'
        ' (SELECT s FROM own CROSS JOIN LATERAL (VALUES (seq), (ended)) AS v(s)'
        ' WHERE s > $3 AND s < $4 ORDER BY s DESC LIMIT $5)'];
BEGIN
    FOR name IN SELECT goald.state_tables() LOOP
        content := $$to_jsonb(t) - '{strategy_id,seq_from,seq_to}'::text[]$$;
        IF name = 'contact' THEN
            content := content || $$ - '{value,salt}'::text[] || jsonb_build_object('digest',
                encode(sha256(convert_to(encode(t.salt, 'hex') || t.value, 'UTF8')), 'hex'))$$;
        END IF;
        versions := versions || format(
            'SELECT %L::text AS entity, t.strategy_id, t.id, t.seq_from, t.seq_to, %s AS content'
            ' FROM goald.%I t',
            CASE name WHEN 'progress_update' THEN 'update' ELSE name END, content, name);
        FOR node_column IN SELECT column_name FROM information_schema.columns
                           WHERE table_schema = 'goald' AND table_name = name
                           AND (column_name IN ('node_id', 'subject_id')
                                OR name = 'contribution' AND column_name IN ('from_id', 'to_id'))
                           ORDER BY 1 LOOP
            seqs := seqs || array_agg(format(
                '(SELECT %3$I FROM goald.%1$I WHERE strategy_id = $1 AND %2$I = $2 %4$s'
                ' AND %3$I > $3 AND %3$I < $4 ORDER BY %3$I DESC LIMIT $5)',
                name, node_column, v, CASE node_column WHEN 'subject_id'
                                      THEN $$AND subject = 'node'$$ END))
                -- an update or an observation never ends
                FROM unnest(CASE WHEN name IN ('progress_update', 'observation')
                            THEN '{seq_from}'::text[] ELSE '{seq_from,seq_to}' END) AS v;
        END LOOP;
    END LOOP;
    EXECUTE 'CREATE OR REPLACE VIEW goald.version AS ' || array_to_string(versions, ' UNION ALL ');
    EXECUTE format('CREATE OR REPLACE FUNCTION goald.node_seqs(journal_of integer, node bigint,'
                   ' after bigint, before bigint, most integer) RETURNS SETOF bigint'
                   ' LANGUAGE sql STABLE PARALLEL SAFE AS %L',
                   array_to_string(seqs, ' UNION ALL '));
END
$make$;

REVOKE EXECUTE ON FUNCTION goald.look_at_all_tables() FROM public;
SELECT goald.look_at_all_tables();
