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
    lease_until timestamptz, -- of a claimed one: from then on another run may take it over
    retry_at timestamptz,    -- of a failed one; null: given up
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (strategy_id, id),
    UNIQUE (strategy_id, item, item_id, rule, version, step, recipient, recipient_id),
    CHECK ((status = 'claimed') = (lease_until IS NOT NULL)),
    CHECK (retry_at IS NULL OR status = 'failed')
);

CREATE INDEX reminder_open ON goald.reminder (strategy_id, recipient, recipient_id)
    WHERE status IN ('claimed', 'failed');
CREATE INDEX reminder_letter ON goald.reminder (letter) WHERE letter IS NOT NULL;

-- Who gets a digest. Forgetting is deleting the row: what hangs on it goes with it.
CREATE TABLE goald.subscriber (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL,
    address_key text NOT NULL UNIQUE, -- the address as two that are the same have it
    language text NOT NULL,
    frequency text NOT NULL CHECK (frequency IN ('immediate', 'daily', 'weekly', 'monthly')),
    person_id bigint, -- whose rights hold for what is told; null: anybody's, so what is public
    asked_by bigint NOT NULL,   -- the account that asked for it, as in the journal
    asked_at timestamptz NOT NULL,
    confirm_sent_at timestamptz, -- when the mail with the confirmation's token went out
    confirmed_at timestamptz,    -- nothing but that mail is sent before
    next_at timestamptz,         -- the earliest time of the next digest; null: at once
    -- the mail on its way, or failed
    letter text,
    run uuid,
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    retry_at timestamptz,
    error text,
    given_up boolean NOT NULL DEFAULT false
);

CREATE TABLE goald.topic (
    subscriber_id bigint NOT NULL REFERENCES goald.subscriber ON DELETE CASCADE,
    strategy_id integer NOT NULL CHECK (strategy_id > 0),
    kind text NOT NULL CHECK (kind IN ('strategy', 'node', 'group', 'organisation', 'sector')),
    item_id bigint NOT NULL DEFAULT 0, -- a node's, group's or organisation's
    sector text NOT NULL DEFAULT '',
    PRIMARY KEY (subscriber_id, strategy_id, kind, item_id, sector)
);

-- Up to where in a journal a subscriber was told, and up to where the mail on its way tells: its
-- window stays the same however often it is sent.
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
    used_at timestamptz,
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
