-- What goes out of the house: the ledger of reminders, who is subscribed to what, and the tokens
-- that mails carry.
--
-- None of it is the strategy's state, and none of it is in a journal: a reminder is not a change,
-- and a subscriber's address must be gone once it is deleted. So these are tables of work: rows
-- are changed where they stand. They have no seq.

-- When who sent last, by what was sent: a run cannot be before the one before it.
CREATE TABLE goald.sending (
    kind text PRIMARY KEY CHECK (kind IN ('remind', 'digest')),
    run uuid NOT NULL,
    at timestamptz NOT NULL
);

-- How long after so many failed attempts the next one is made; null: never, it is given up.
CREATE FUNCTION goald.retry_after(failed integer) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (ARRAY['10 minutes', '1 hour', '6 hours', '1 day', '1 day']::interval[])[failed];

-- How long after it was claimed a letter that so many runs did not come back with is taken over. From
-- the second time on it is up to twice as long, each letter's own, so that one that its runs die of
-- does not take those along each time that were claimed with it.
CREATE FUNCTION goald.takeover_after(letter text, attempts integer) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN goald.retry_after(attempts) * CASE WHEN attempts < 2 THEN 1
        ELSE 1 + abs(hashtextextended(letter, attempts) % 100) / 100.0 END::double precision;

-- An occurrence: a rule says that a recipient is to be told about an item, at one step towards a
-- date. Its row is made when a run claims it or when it is settled without being sent; what has no
-- row is still to come. Two runs that claim the same one: the unique key lets one of them have it.
CREATE TABLE goald.reminder (
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    id bigint GENERATED ALWAYS AS IDENTITY,
    rule text NOT NULL CHECK (rule IN ('due', 'checkin', 'review', 'term', 'escalation', 'nudge')),
    item text NOT NULL CHECK (item IN ('node', 'group', 'membership', 'assignment')),
    item_id bigint NOT NULL,
    version date NOT NULL, -- the day it is about: when that moves, these are other occurrences
    step bigint NOT NULL,  -- days before that day, negative after it; of an escalation its step; of
                           -- a nudge its seq
    recipient text NOT NULL CHECK (recipient IN ('organisation', 'person', 'group')),
    recipient_id bigint NOT NULL,
    planned date NOT NULL, -- the first day on which it could be sent
    status text NOT NULL CHECK (status IN ('claimed', 'sent', 'failed', 'skipped')),
    why text NOT NULL,     -- owner, lead, aim, reviewer, holder, escalation, manager, nudge …
    reason text,           -- of what was skipped or failed: why
    letter text,           -- the mail that it is in; null: it was never in one
    run uuid,              -- that claimed or settled it
    attempts integer NOT NULL DEFAULT 0,
    doubtful boolean NOT NULL DEFAULT false, -- a run that had it did not come back: its mail may
                                             -- be out, so it stays in the letter that it is in
    lease_until timestamptz, -- of a claimed one: from then on another run may take it over
    retry_at timestamptz,    -- of a failed one; null: given up
    changed_at timestamptz NOT NULL,
    day date NOT NULL, -- in the strategy's time zone: when it was last claimed, or skipped
    PRIMARY KEY (strategy_id, id),
    UNIQUE (strategy_id, item, item_id, rule, version, step, recipient, recipient_id),
    CHECK ((status = 'claimed') = (lease_until IS NOT NULL)),
    CHECK (retry_at IS NULL OR status = 'failed')
);

CREATE INDEX reminder_open ON goald.reminder (strategy_id)
    WHERE status IN ('claimed', 'failed');
CREATE INDEX reminder_letter ON goald.reminder (letter) WHERE letter IS NOT NULL;
CREATE INDEX reminder_run ON goald.reminder (run) WHERE letter IS NOT NULL;

-- Who gets a digest, or is asked for as one who should. Forgetting is deleting the rows of an
-- address: what hangs on them goes with them.
--
-- An address has one confirmed row. What anybody but its person asks for it is a row of its own
-- until the address confirms that, by the token of a mail that says what it is; then it becomes
-- part of the confirmed one. Once that mail is on its way nothing more is asked in that row: a
-- token confirms what its mail said, and nothing that came later.
CREATE TABLE goald.subscriber (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL,
    address_key text NOT NULL, -- the address as two that are the same have it
    language text,             -- null: not said
    frequency text NOT NULL CHECK (frequency IN ('immediate', 'daily', 'weekly', 'monthly')),
    person_id bigint, -- whose rights hold while it is their address; null: what is public is told
    asked_by bigint NOT NULL,    -- the account, as in the journal
    asked_at timestamptz NOT NULL,
    confirm_sent_at timestamptz, -- when the mail that asks to confirm was on its way last
    lapses_at timestamptz,       -- when who was asked is forgotten: a week after it could first
                                 -- have been out
    confirmed_at timestamptz,    -- nothing but that mail is sent before
    told_at timestamptz,         -- when it was looked last whether there is something to tell
    next_at timestamptz,         -- the earliest time of the next digest; null: at once
    -- the mail on its way, failed, or sent last
    letter text,
    run uuid,
    attempts integer NOT NULL DEFAULT 0, -- how many runs had it
    doubtful boolean NOT NULL DEFAULT false, -- a run that had it did not come back: it may be out
    lease_until timestamptz, -- of one on its way: from then on another run may take it over
    retry_at timestamptz,    -- of one that failed; null: given up, what it told goes with the next
    error text,              -- why the last one failed
    CHECK (lease_until IS NULL OR retry_at IS NULL)
);

CREATE INDEX subscriber_address ON goald.subscriber (address_key);
CREATE UNIQUE INDEX subscriber_confirmed ON goald.subscriber (address_key)
    WHERE confirmed_at IS NOT NULL;
CREATE UNIQUE INDEX subscriber_asked ON goald.subscriber (address_key, asked_by)
    WHERE confirmed_at IS NULL AND letter IS NULL;
CREATE INDEX subscriber_asked_by ON goald.subscriber (asked_by) WHERE confirmed_at IS NULL;
CREATE UNIQUE INDEX subscriber_letter ON goald.subscriber (letter) WHERE letter IS NOT NULL;

CREATE TABLE goald.topic (
    subscriber_id bigint NOT NULL REFERENCES goald.subscriber ON DELETE CASCADE,
    strategy_id integer NOT NULL CHECK (strategy_id >= 0), -- 0: every strategy
    kind text NOT NULL CHECK (kind IN ('strategy', 'node', 'group', 'organisation', 'sector')),
    item_id bigint NOT NULL DEFAULT 0, -- a node's, group's or organisation's
    sector text NOT NULL DEFAULT '',
    said text NOT NULL, -- as it was called when it was asked for
    PRIMARY KEY (subscriber_id, strategy_id, kind, item_id, sector),
    CHECK (strategy_id > 0 OR kind IN ('organisation', 'sector'))
);

-- Up to where in a journal a subscriber was told, and up to where the mail on its way tells: its
-- window stays the same however often it is sent. A strategy that is younger than the topics that
-- it falls under has no row before it is first told.
CREATE TABLE goald.told (
    subscriber_id bigint NOT NULL REFERENCES goald.subscriber ON DELETE CASCADE,
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    seq bigint NOT NULL,
    claimed_to bigint CHECK (claimed_to >= seq),
    PRIMARY KEY (subscriber_id, strategy_id)
);

-- What lets somebody without a login do one thing: the holder has the token, this its digest.
CREATE TABLE goald.token (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    purpose text NOT NULL CHECK (purpose IN ('confirm', 'subscription', 'reply')),
    subscriber_id bigint REFERENCES goald.subscriber ON DELETE CASCADE,
    letter text,      -- of a reply: the reminder that it answers …
    person_id bigint, -- … and to whom that went
    expires_at timestamptz NOT NULL,
    used_at timestamptz, -- last
    -- What answered a reminder, by its digest: nothing else may answer it. An answer takes the token
    -- before it writes anything, and gives it back if it was refused as a whole and no other of the
    -- same content is on its way. So many are, at most: one that a daemon died with stays counted.
    used_for bytea CHECK (length(used_for) = 32),
    takers integer NOT NULL DEFAULT 0,
    CHECK (used_for IS NULL OR (used_at IS NOT NULL AND purpose = 'reply')),
    CHECK ((subscriber_id IS NULL) = (purpose = 'reply')),
    CHECK ((letter IS NULL) = (purpose <> 'reply') AND (person_id IS NULL) = (letter IS NULL))
);

CREATE INDEX token_subscriber ON goald.token (subscriber_id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX token_expiry ON goald.token (expires_at);

-- What stays of those who are forgotten: how many there were.
CREATE TABLE goald.subscription_count (
    event text NOT NULL CHECK (event IN ('asked', 'confirmed', 'unsubscribed', 'lapsed')),
    frequency text NOT NULL,
    month date NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (event, frequency, month)
);

-- The earliest time of the digest after one: a day, a week or a month of days later, so that a run
-- at the same time of day is never a moment too early; null: at once.
CREATE FUNCTION goald.next_digest(frequency text, after timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (date_trunc('day', after AT TIME ZONE 'UTC')
            + CASE frequency WHEN 'daily' THEN interval '1 day' WHEN 'weekly' THEN interval '7 days'
                             WHEN 'monthly' THEN interval '1 month' END) AT TIME ZONE 'UTC';

-- Counts an event of so many subscribers of a frequency.
CREATE FUNCTION goald.count_subscription(event text, frequency text, n bigint DEFAULT 1)
    RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO goald.subscription_count AS c (event, frequency, month, count)
        VALUES (event, frequency, date_trunc('month', now() AT TIME ZONE 'UTC')::date, n)
        ON CONFLICT (event, frequency, month) DO UPDATE SET count = c.count + excluded.count;
END;

-- Deletes subscribers, and how many there were.
CREATE FUNCTION goald.forget_subscribers(ids bigint[], why text) RETURNS bigint
    LANGUAGE plpgsql AS
$$
DECLARE
    n bigint := 0;
    gone record;
BEGIN
    FOR gone IN WITH deleted AS (DELETE FROM goald.subscriber WHERE id = ANY (ids)
                                 RETURNING frequency)
                SELECT frequency, count(*) AS many FROM deleted GROUP BY frequency LOOP
        PERFORM goald.count_subscription(why, gone.frequency, gone.many);
        n := n + gone.many;
    END LOOP;
    RETURN n;
END
$$;

-- When a person's address is erased, what they subscribed to with it goes too.
CREATE FUNCTION goald.forget_erased() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM goald.forget_subscribers(
        ARRAY(SELECT id FROM goald.subscriber WHERE address_key = lower(OLD.value)
              AND coalesce(person_id, OLD.person_id) = OLD.person_id), 'unsubscribed');
    RETURN NULL;
END
$$;

CREATE TRIGGER contact_erased
    AFTER UPDATE OF value ON goald.contact
    FOR EACH ROW WHEN (OLD.kind = 'email' AND OLD.value IS NOT NULL AND NEW.value IS NULL)
    EXECUTE FUNCTION goald.forget_erased();

-- Brings what a confirmed subscriber is told from into line with the topics: a strategy that came
-- with a new topic is told from now on.
CREATE FUNCTION goald.follow_topics(who bigint) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM goald.told d WHERE d.subscriber_id = who AND NOT EXISTS (
        SELECT FROM goald.topic t WHERE t.subscriber_id = who
        AND t.strategy_id IN (0, d.strategy_id));
    INSERT INTO goald.told (subscriber_id, strategy_id, seq)
        SELECT who, c.strategy_id, c.seq FROM goald.chain c
        WHERE c.strategy_id > 0 AND EXISTS (
            SELECT FROM goald.topic t WHERE t.subscriber_id = who
            AND t.strategy_id IN (0, c.strategy_id))
        ON CONFLICT DO NOTHING;
END;

-- One change of an address's rows at a time.
CREATE FUNCTION goald.lock_address(address_key text) RETURNS void
    LANGUAGE sql
    RETURN pg_advisory_xact_lock(hashtextextended(address_key, 0));

-- Has the account asked the address a question that was neither answered nor has lapsed?
CREATE FUNCTION goald.is_asked(key text, account bigint) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM goald.subscriber WHERE address_key = key AND asked_by = account
                   AND confirmed_at IS NULL AND letter IS NOT NULL);

-- What a subscriber's token says: 'unknown', 'used', 'expired', or 'valid' and whose it is. The
-- address is locked then. A token that has confirmed something is one of a subscription from then
-- on: its mail and the answer to it say that they can be answered.
CREATE FUNCTION goald.take_token(given bytea, purposes text[], OUT outcome text, OUT who bigint)
    LANGUAGE plpgsql AS
$$
DECLARE
    token goald.token;
BEGIN
    PERFORM goald.lock_address(s.address_key) FROM goald.subscriber s
        JOIN goald.token t ON t.subscriber_id = s.id WHERE t.hash = given;
    SELECT * INTO token FROM goald.token t WHERE t.hash = given AND (t.purpose = ANY (purposes)
        OR (t.used_at IS NOT NULL AND 'subscription' = ANY (purposes)));
    outcome := CASE WHEN NOT FOUND THEN 'unknown'
                    WHEN token.used_at IS NOT NULL AND purposes = '{confirm}' THEN 'used'
                    WHEN token.expires_at <= now() THEN 'expired' ELSE 'valid' END;
    who := token.subscriber_id;
END
$$;

-- Confirms what a token's mail asked to confirm. The outcome is take_token()'s, and 'full' where
-- that would be more than so many topics.
CREATE FUNCTION goald.confirm_subscription(given bytea, most integer, OUT outcome text,
                                           OUT who bigint)
    LANGUAGE plpgsql AS
$$
DECLARE
    asked goald.subscriber;
    standing bigint;
BEGIN
    SELECT t.outcome, t.who INTO outcome, who
        FROM goald.take_token(given, ARRAY['confirm']) t;
    IF outcome <> 'valid' THEN
        RETURN;
    END IF;
    SELECT * INTO asked FROM goald.subscriber WHERE id = who;
    -- a mail that is sent again has a token of its own: one of them is enough
    UPDATE goald.token SET used_at = now(), expires_at = now() + interval '400 days'
        WHERE subscriber_id = who AND purpose = 'confirm';
    SELECT id INTO standing FROM goald.subscriber
        WHERE address_key = asked.address_key AND confirmed_at IS NOT NULL;
    IF standing IS NULL THEN
        UPDATE goald.subscriber SET confirmed_at = now(), told_at = NULL, next_at = NULL,
            letter = NULL, run = NULL, attempts = 0, doubtful = false, lease_until = NULL,
            lapses_at = NULL, retry_at = NULL, error = NULL WHERE id = who;
    ELSE
        INSERT INTO goald.topic SELECT standing, strategy_id, kind, item_id, sector, said
            FROM goald.topic WHERE subscriber_id = who ON CONFLICT DO NOTHING;
        IF (SELECT count(*) > most FROM goald.topic WHERE subscriber_id = standing) THEN
            outcome := 'full';
            RETURN; -- the caller rolls back
        END IF;
        UPDATE goald.subscriber SET frequency = asked.frequency,
            language = coalesce(asked.language, language),
            person_id = coalesce(asked.person_id, person_id),
            confirm_sent_at = asked.confirm_sent_at,
            next_at = goald.next_digest(asked.frequency, told_at) WHERE id = standing;
        UPDATE goald.token SET subscriber_id = standing WHERE subscriber_id = who;
        DELETE FROM goald.subscriber WHERE id = who;
        who := standing;
    END IF;
    PERFORM goald.follow_topics(who);
    PERFORM goald.count_subscription('confirmed', asked.frequency);
END
$$;

-- Settles a mail that a run claimed: 'settled' (now or before), 'gone' (whoever it was for is
-- forgotten, or there never was such a mail), 'lost' (another run has taken it over) or 'late' (the
-- time is too far ahead: whoever it is for would get nothing more until then).
CREATE FUNCTION goald.settle_digest(by_run uuid, of_letter text, sent boolean, why text,
                                    at timestamptz) RETURNS text
    LANGUAGE plpgsql AS
$$
DECLARE
    s goald.subscriber;
BEGIN
    IF at > now() + interval '1 day' THEN
        RETURN 'late';
    END IF;
    SELECT * INTO s FROM goald.subscriber WHERE letter = of_letter FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'gone';
    ELSIF s.run <> by_run THEN
        RETURN 'lost';
    ELSIF s.lease_until IS NULL THEN
        RETURN 'settled';
    END IF;
    s.retry_at := CASE WHEN NOT sent THEN at + goald.retry_after(s.attempts) END;
    IF NOT sent AND s.retry_at IS NULL AND s.doubtful AND s.confirmed_at IS NOT NULL THEN
        -- given up, it would be told again in a mail of another name: it remains the one it is
        s.retry_at := at + interval '1 day';
    END IF;
    IF sent THEN
        UPDATE goald.told SET seq = claimed_to, claimed_to = NULL
            WHERE subscriber_id = s.id AND claimed_to IS NOT NULL;
        s.doubtful := false;
        s.told_at := at;
        s.next_at := goald.next_digest(s.frequency, at);
    ELSIF s.retry_at IS NULL THEN
        -- given up: what it told goes with the next one, which is not before tomorrow
        UPDATE goald.told SET claimed_to = NULL WHERE subscriber_id = s.id;
        s.next_at := greatest(goald.next_digest(s.frequency, at), at + interval '1 day');
    END IF;
    UPDATE goald.subscriber SET lease_until = NULL, retry_at = s.retry_at, doubtful = s.doubtful,
        error = CASE WHEN NOT sent THEN why END, told_at = s.told_at, next_at = s.next_at
        WHERE id = s.id;
    RETURN 'settled';
END
$$;
