-- The journal, its heads, and the state that follows from it.
--
-- journal is the append-only log of every accepted change of a strategy; strategy 0 is the
-- registry (organisations, persons, accounts, rights). Each entry changes one entity: it puts a
-- new version of it or ends it. State rows carry the seq that made them (seq_from) and the one
-- that ended them (seq_to, null while live), so that since one entry makes one row,
-- (strategy_id, seq_from) is their key. An entity's id is the seq of the entry that first put it.
-- Every key begins with strategy_id, so all of it shards by strategy.

CREATE SCHEMA IF NOT EXISTS goald;

-- A day, a month or a year, as it was written.
CREATE FUNCTION goald.is_partial_date(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN value ~ '^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'
        AND (length(value) < 10 OR make_date(left(value, 4)::integer,
                                             substr(value, 6, 2)::integer,
                                             right(value, 2)::integer) IS NOT NULL);

-- The text of a day that sorts as the last day of what the date names.
CREATE FUNCTION goald.last_day(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN value || CASE length(value) WHEN 4 THEN '-12-31' WHEN 7 THEN '-31' ELSE '' END;

CREATE DOMAIN goald.partial_date AS text CHECK (goald.is_partial_date(value));

-- Titles by language: {"sv": "…"}.
CREATE DOMAIN goald.texts AS jsonb CHECK (jsonb_typeof(value) = 'object' AND value <> '{}');

CREATE DOMAIN goald.addresses AS jsonb CHECK (jsonb_typeof(value) = 'array');

-- The address of a function, not of a person: it may stand in a journal for ever. Printable ASCII.
CREATE DOMAIN goald.mailbox AS text CHECK (value ~ '^[!-?A-~]+@[!-?A-~]+$');

-- A span of time as ISO 8601 writes it, of years, months and days: P5Y, P18M, P1Y6M, P30D.
CREATE DOMAIN goald.span AS text
    CHECK (value ~ '^P(?=[0-9])([0-9]{1,3}Y)?([0-9]{1,4}M)?([0-9]{1,5}D)?$');

-- A span as an import document has it: {"years": 1, "months": 6}; `after` stands in front if given.
CREATE FUNCTION goald.span_record(value text, after text DEFAULT NULL) RETURNS json
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value IS NOT NULL THEN json_strip_nulls(json_build_object(
        'after', after,
        'years', substring(value FROM '([0-9]+)Y')::integer,
        'months', substring(value FROM '([0-9]+)M')::integer,
        'days', substring(value FROM '([0-9]+)D')::integer)) END;

-- Words without an order of their own: ["food", "transport"].
CREATE DOMAIN goald.words AS jsonb
    CHECK (jsonb_typeof(value) = 'array' AND value <> '[]'
           AND NOT jsonb_path_exists(value, '$[*] ? (@.type() != "string" || @ == "")'));

-- What every change writes is held by domains rather than by checks of the table, where one column
-- is enough to tell: PostgreSQL reads a table's checks anew in each statement, which cost a fifth
-- of an update.
CREATE DOMAIN goald.digest AS bytea CHECK (length(value) = 32);
CREATE DOMAIN goald.action AS text CHECK (value IN ('put', 'end'));
CREATE DOMAIN goald.percent AS double precision CHECK (value >= 0 AND value <= 100);
CREATE DOMAIN goald.state AS text CHECK (value IN ('on_track', 'at_risk', 'off_track'));
CREATE DOMAIN goald.confidence AS text CHECK (value IN ('low', 'medium', 'high'));

-- Where each journal stands: its last entry's seq, hash and time. A writer advances it from what
-- it validated against and nothing else, so two writers cannot both win.
CREATE TABLE goald.chain (
    strategy_id integer PRIMARY KEY CHECK (strategy_id >= 0),
    key text NOT NULL UNIQUE,
    seq bigint NOT NULL CHECK (seq >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    "time" timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE goald.journal (
    strategy_id integer NOT NULL,
    seq bigint NOT NULL,
    "time" timestamptz NOT NULL,
    account_id bigint NOT NULL,
    request_id uuid,
    request_digest goald.digest,
    entity text NOT NULL,
    action goald.action NOT NULL,
    entity_id bigint NOT NULL,
    payload text NOT NULL,
    prev_hash goald.digest NOT NULL,
    hash goald.digest NOT NULL,
    PRIMARY KEY (strategy_id, seq),
    CHECK (seq > 0 AND (request_id IS NULL) = (request_digest IS NULL))
);

CREATE UNIQUE INDEX journal_request ON goald.journal (strategy_id, account_id, request_id)
    WHERE request_id IS NOT NULL;

CREATE FUNCTION goald.journal_is_append_only() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER journal_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON goald.journal
    FOR EACH STATEMENT EXECUTE FUNCTION goald.journal_is_append_only();

-- The strategy's own attributes. Its id is 0, as the root node's.
CREATE TABLE goald.strategy (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id = 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    alias text,
    titles goald.texts NOT NULL,
    issuer text,
    period_start goald.partial_date,
    period_end goald.partial_date,
    time_zone text NOT NULL,
    calendar text,
    language text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
    cadence integer CHECK (cadence > 0),
    acceptance boolean NOT NULL, -- do updates count only once a manager has accepted them?
    sectors jsonb CHECK (jsonb_typeof(sectors) = 'object'), -- titles by language, by key
    expected jsonb NOT NULL CHECK (jsonb_typeof(expected) = 'object'),
    PRIMARY KEY (strategy_id, seq_from)
);

CREATE TABLE goald.node (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL CHECK (key <> ''),
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    parent_id bigint NOT NULL CHECK (parent_id <> id),
    kind text NOT NULL CHECK (kind IN ('priority', 'target', 'need', 'initiative', 'deliverable',
                                       'indicator')),
    stage text CHECK (stage IS NULL OR (stage IN ('planned', 'ongoing')
                                        AND kind IN ('initiative', 'deliverable'))),
    titles goald.texts NOT NULL,
    start goald.partial_date,
    due goald.partial_date,
    due_after goald.span, -- instead of a date: so long after the start that counts
    weight double precision CHECK (weight > 0 AND weight < 'Infinity'),
    baseline double precision,
    target double precision,
    unit text,
    direction text CHECK (direction IN ('up', 'down')),
    sectors goald.words,
    cadence integer CHECK (cadence > 0),
    PRIMARY KEY (strategy_id, seq_from),
    -- a due date counts from its last day, a start from its first
    CHECK (goald.last_day(due) >= left(start || '-01-01', 10)),
    CHECK (due IS NULL OR due_after IS NULL),
    CHECK (kind = 'indicator'
           OR (baseline IS NULL AND target IS NULL AND unit IS NULL AND direction IS NULL))
);

-- all versions of nodes, for answers about the past
CREATE INDEX node_version ON goald.node (strategy_id, id);
CREATE INDEX node_code ON goald.node (strategy_id, key);
CREATE INDEX node_parent ON goald.node (strategy_id, parent_id);

-- Documents and pages that belong to a node (node 0: the strategy).
CREATE TABLE goald.link (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    node_id bigint NOT NULL,
    type text NOT NULL,
    title text,
    url text NOT NULL,
    owner_id bigint, -- the organisation whose document or data it is
    PRIMARY KEY (strategy_id, seq_from)
);

-- from_id serves to_id beside its parent.
CREATE TABLE goald.contribution (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    from_id bigint NOT NULL,
    to_id bigint NOT NULL,
    weight double precision NOT NULL CHECK (weight > 0 AND weight < 'Infinity'),
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (from_id <> to_id)
);

CREATE INDEX contribution_from ON goald.contribution (strategy_id, from_id);
CREATE INDEX contribution_to ON goald.contribution (strategy_id, to_id);

-- Unweighted, between nodes of any two strategies (node 0: the strategy itself): who depends on,
-- came out of or takes the place of what. It belongs to the journal of the node that says it.
CREATE TABLE goald.relation (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    node_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('supersedes', 'split_from', 'merged_from', 'depends_on',
                                       'related')),
    to_strategy integer NOT NULL CHECK (to_strategy > 0),
    to_node bigint NOT NULL,
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (strategy_id <> to_strategy OR node_id <> to_node)
);

CREATE INDEX relation_to ON goald.relation (to_strategy, to_node);

CREATE TABLE goald."group" (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    kind text NOT NULL CHECK (kind IN ('advisory_group', 'working_group', 'centre', 'partnership',
                                       'network')),
    type text, -- of a partnership or network: university, authority, students, …
    names goald.texts NOT NULL,
    areas goald.words, -- what it knows about
    parent_id bigint CHECK (parent_id <> id),
    term_from goald.partial_date,
    term_to goald.partial_date,
    mailbox goald.mailbox, -- where all of it is reached
    PRIMARY KEY (strategy_id, seq_from)
);

-- Who sits in a group; via_id is the organisation that a person sits there for.
CREATE TABLE goald.membership (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    group_id bigint NOT NULL,
    holder text NOT NULL CHECK (holder IN ('organisation', 'person')),
    holder_id bigint NOT NULL,
    via_id bigint,
    seat text,
    area text, -- of the group's areas, the one that the member answers for
    role text NOT NULL CHECK (role IN ('lead', 'chair', 'secretary', 'member', 'secondment',
                                       'contact')),
    "from" goald.partial_date,
    "to" goald.partial_date,
    source text,
    PRIMARY KEY (strategy_id, seq_from)
);

CREATE TABLE goald.aim (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    group_id bigint NOT NULL,
    node_id bigint NOT NULL,
    PRIMARY KEY (strategy_id, seq_from)
);

-- The role of a person, organisation or group on a node.
CREATE TABLE goald.assignment (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    node_id bigint NOT NULL,
    holder text NOT NULL CHECK (holder IN ('organisation', 'person', 'group')),
    holder_id bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'lead', 'contributor', 'partner', 'funder',
                                       'beneficiary', 'reviewer', 'contact')),
    "from" goald.partial_date,
    "to" goald.partial_date,
    amount double precision CHECK (amount >= 0 AND amount < 'Infinity'),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    note text, -- what it brings
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (role = 'funder' OR amount IS NULL),
    CHECK ((amount IS NULL) = (currency IS NULL))
);

-- Who last reviewed a node (0: the strategy) or a group, and how soon the next one is due.
CREATE TABLE goald.review (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    subject text NOT NULL CHECK (subject IN ('node', 'group')),
    subject_id bigint NOT NULL,
    date goald.partial_date NOT NULL,
    holder text CHECK (holder IN ('organisation', 'person', 'group')),
    holder_id bigint,
    every goald.span,
    note text,
    PRIMARY KEY (strategy_id, seq_from),
    CHECK ((holder IS NULL) = (holder_id IS NULL))
);

CREATE INDEX review_subject ON goald.review (strategy_id, subject_id);

-- A progress update. Nothing is overwritten: a correction supersedes an earlier one. So its id is
-- its seq_from, and it never ends.
CREATE TABLE goald.progress_update (
    strategy_id integer NOT NULL,
    id bigint NOT NULL,
    key text,
    seq_from bigint NOT NULL,
    seq_to bigint,
    node_id bigint NOT NULL,
    date goald.partial_date NOT NULL,
    percent goald.percent,
    state goald.state,
    confidence goald.confidence,
    note text,
    evidence goald.addresses,
    supersedes bigint,
    reason text,
    account_id bigint NOT NULL,
    waits boolean, -- true: it counts only once a decision accepts it
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (strategy_id > 0 AND id = seq_from AND seq_to IS NULL
           AND (supersedes IS NULL OR supersedes < id))
);

CREATE INDEX progress_update_supersedes
    ON goald.progress_update (strategy_id, supersedes) WHERE supersedes IS NOT NULL;

-- An update is corrected once; the correction can be corrected in turn. A correction that waits
-- keeps nobody from correcting: it may be returned.
CREATE UNIQUE INDEX progress_update_corrected ON goald.progress_update (strategy_id, supersedes)
    WHERE supersedes IS NOT NULL AND waits IS NOT TRUE;
CREATE INDEX progress_update_node ON goald.progress_update (strategy_id, node_id, seq_from);

-- What a manager says of an update that waits. Its key is the update's id: one is in force.
CREATE TABLE goald.decision (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    update_id bigint NOT NULL,
    node_id bigint NOT NULL, -- the update's
    accepted boolean NOT NULL,
    note text,
    supersedes bigint, -- what the update supersedes from now on
    PRIMARY KEY (strategy_id, seq_from)
);

-- An update that is not submitted yet: it ends when it is submitted or given up.
CREATE TABLE goald.draft (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    node_id bigint NOT NULL,
    date goald.partial_date NOT NULL,
    percent goald.percent,
    state goald.state,
    confidence goald.confidence,
    note text,
    evidence goald.addresses,
    supersedes bigint,
    reason text,
    account_id bigint NOT NULL,
    PRIMARY KEY (strategy_id, seq_from)
);

-- An indicator's value on a date. As an update it is never overwritten.
CREATE TABLE goald.observation (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL,
    key text,
    seq_from bigint NOT NULL,
    seq_to bigint,
    node_id bigint NOT NULL,
    date goald.partial_date NOT NULL,
    value double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    source text,
    breakdown jsonb CHECK (jsonb_typeof(breakdown) = 'object' AND breakdown <> '{}'),
    supersedes bigint,
    reason text,
    account_id bigint NOT NULL,
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (id = seq_from AND seq_to IS NULL AND (supersedes IS NULL OR supersedes < id))
);

CREATE UNIQUE INDEX observation_supersedes
    ON goald.observation (strategy_id, supersedes) WHERE supersedes IS NOT NULL;

CREATE TABLE goald.closing (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    node_id bigint NOT NULL,
    date goald.partial_date NOT NULL,
    how text NOT NULL CHECK (how IN ('achieved', 'missed', 'dropped', 'reopened')),
    reason text,
    note text, -- looking back: what was learned
    evidence goald.addresses,
    PRIMARY KEY (strategy_id, seq_from)
);

-- How the strategy wants people to be reminded: what is null is as core/reminder_rule.c has it.
CREATE TABLE goald.reminder_rule (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    rule text NOT NULL CHECK (rule IN ('due', 'checkin', 'review', 'term', 'escalation')),
    off boolean NOT NULL,
    offsets jsonb CHECK (jsonb_typeof(offsets) = 'array'
                         AND NOT jsonb_path_exists(offsets, '$[*] ? (@.type() != "number"
                                                   || @ != @.floor() || @ < 0 || @ > 3650)')),
    every integer CHECK (every BETWEEN 0 AND 3650), -- days; 0: not again
    working boolean,                  -- are the offsets working days?
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (key = rule)
);

-- A manager asked the owners of a node (0: the strategy) for an update. Its key is the node's id: a
-- newer one takes the place of an older one under the same id, so it is told apart by its seq_from.
CREATE TABLE goald.nudge (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    node_id bigint NOT NULL,
    date goald.partial_date NOT NULL, -- the day it was asked
    note text,
    account_id bigint NOT NULL, -- who asks
    PRIMARY KEY (strategy_id, seq_from)
);

-- The seq of the last entry of a journal at a moment, 0 before the first. Times never go back, so
-- it is found by halving: an index on time would cost every change.
CREATE FUNCTION goald.seq_at(journal_of integer, moment timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS
$$
DECLARE
    low bigint := 0;
    high bigint;
    middle bigint;
BEGIN
    SELECT seq INTO high FROM goald.chain WHERE strategy_id = journal_of;
    WHILE low < high LOOP
        middle := high - (high - low) / 2;
        IF (SELECT "time" FROM goald.journal
            WHERE strategy_id = journal_of AND seq = middle) <= moment THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

-- The registry's state: strategy 0.

CREATE TABLE goald.organisation (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    names goald.texts NOT NULL,
    mailbox goald.mailbox,
    PRIMARY KEY (strategy_id, seq_from)
);

-- A person is an id and a key; whatever names them is contact data.
CREATE TABLE goald.person (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    language text, -- of the mails to them; null: the strategy's
    PRIMARY KEY (strategy_id, seq_from)
);

-- Names and addresses, which can be erased: the journal holds a salted digest, and the salt goes
-- with the value.
CREATE TABLE goald.contact (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    person_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('name', 'email')),
    value text,
    salt bytea,
    PRIMARY KEY (strategy_id, seq_from),
    CHECK ((value IS NULL) = (salt IS NULL))
);

CREATE TABLE goald.affiliation (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    person_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    "as" text NOT NULL CHECK ("as" IN ('member', 'reporter')),
    "from" goald.partial_date,
    "to" goald.partial_date,
    PRIMARY KEY (strategy_id, seq_from)
);

CREATE TABLE goald.account (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    realm text NOT NULL CHECK (realm <> ''),
    uid bigint NOT NULL CHECK (uid >= 0 AND uid <= 4294967294 AND uid <> 65534),
    person_id bigint,
    disabled boolean NOT NULL,
    PRIMARY KEY (strategy_id, seq_from)
);

-- An account's role on one strategy or (on_strategy 0) everywhere.
CREATE TABLE goald.role_grant (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    account_id bigint NOT NULL,
    role text NOT NULL CHECK (role IN ('reader', 'manager', 'auditor', 'reminder', 'mail',
                                       'admin')),
    on_strategy integer NOT NULL CHECK (on_strategy >= 0),
    PRIMARY KEY (strategy_id, seq_from)
);

-- The days off of a country or house, ascending, which strategies may name as their calendar. Those
-- of Sweden and Norway are computed, in core/workdays.c.
CREATE TABLE goald.calendar (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text NOT NULL,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    days goald.words NOT NULL,
    source text, -- where they are from
    PRIMARY KEY (strategy_id, seq_from),
    CHECK (NOT jsonb_path_exists(days, '$[*] ? (!(@ like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))'))
);

-- A strategy's journal that an admin brought back from a file, and where it ended then.
CREATE TABLE goald.restore (
    strategy_id integer NOT NULL CHECK (strategy_id = 0),
    id bigint NOT NULL CHECK (id > 0),
    key text,
    seq_from bigint NOT NULL,
    seq_to bigint CHECK (seq_to > seq_from),
    of_strategy integer NOT NULL CHECK (of_strategy > 0),
    seq bigint NOT NULL CHECK (seq > 0),
    hash text NOT NULL,
    PRIMARY KEY (strategy_id, seq_from)
);

-- The tables of state, which are those whose rows end, by name. What holds for all of them is made
-- by the next migration.
CREATE FUNCTION goald.state_tables() RETURNS SETOF name
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'goald'::regnamespace AND c.relkind = 'r' AND a.attname = 'seq_to'
        ORDER BY c.relname;
END;

-- What the daemon's role may do: append to the journal and read it, follow it in the state
-- tables, erase contact data, and change what is neither: tables of work. Run by the owner after
-- the migrations, at each start.
CREATE FUNCTION goald.grant_daemon(role name) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    name text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA goald TO %I', role);
    EXECUTE format('GRANT SELECT ON goald.migration TO %I', role);
    EXECUTE format('GRANT SELECT ON goald.version TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT ON goald.journal TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE (seq, hash, "time") ON goald.chain TO %I', role);
    FOR name IN SELECT goald.state_tables() LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE (seq_to) ON goald.%I TO %I', name, role);
    END LOOP;
    EXECUTE format('GRANT UPDATE (value, salt) ON goald.contact TO %I', role);
    FOR name IN SELECT c.relname FROM pg_class c
                WHERE c.relnamespace = 'goald'::regnamespace AND c.relkind = 'r'
                AND c.relname NOT IN ('migration', 'chain', 'journal')
                AND c.relname NOT IN (SELECT goald.state_tables()) LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON goald.%I TO %I', name, role);
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION goald.grant_daemon(name) FROM public;

-- The registry's journal begins empty.
INSERT INTO goald.chain (strategy_id, key, seq, hash, "time")
    VALUES (0, '.', 0, sha256(''), '-infinity');
