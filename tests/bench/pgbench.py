"""pgbench on the same PostgreSQL: what one would do without goald, and a plain INSERT."""

import os
import re
import statistics
import subprocess

import trees
from harness import clean_environment

VARIABLES = r"""
\set node random(:first_node, :last_node)
\set percent random(0, 100)
"""

# What goald writes for an update, as an application would write it: one transaction that locks the
# strategy's head, appends the entry with its hash to the journal, adds the update's row and moves
# the head on. A blank stands after a colon where pgbench would see a variable.
STATEMENTS = VARIABLES + r"""
BEGIN;
SELECT seq + 1 AS seq, encode(hash, 'hex') AS prev FROM goald.chain WHERE strategy_id = 1
  FOR UPDATE \gset
INSERT INTO goald.journal (strategy_id, seq, "time", account_id, request_id, request_digest, entity,
    action, entity_id, payload, prev_hash, hash)
  SELECT 1, :seq::bigint, clock_timestamp(), 0, gen_random_uuid(), sha256(p.bytes), 'update', 'put',
    :seq::bigint, p.payload, decode(:prev::text, 'hex'),
    sha256(decode(:prev::text, 'hex') || p.bytes)
  FROM (SELECT payload, convert_to(payload, 'UTF8') AS bytes
        FROM (SELECT format('{"node_id":%s,"date":"2026-01-01","percent":%s,"note":"NOTE",'
                     '"account_id": 0,"id":%s,"key": null}',
                     :node::bigint, :percent::integer, :seq::bigint) AS payload) q) p;
INSERT INTO goald.progress_update (strategy_id, id, key, seq_from, node_id, date, percent, note,
    account_id)
  VALUES (1, :seq::bigint, NULL, :seq::bigint, :node::bigint, '2026-01-01', :percent::float8,
    'NOTE', 0);
UPDATE goald.chain SET seq = :seq::bigint, "time" = clock_timestamp(),
    hash = (SELECT hash FROM goald.journal WHERE strategy_id = 1 AND seq = :seq::bigint)
  WHERE strategy_id = 1;
COMMIT;
"""

# The same in one round trip: the head is locked for a shorter time.
FUNCTION = """
CREATE FUNCTION submit(node bigint, percent integer, note text) RETURNS bigint
    LANGUAGE plpgsql AS
$$
DECLARE
    head goald.chain;
    body text;
    digest bytea;
BEGIN
    SELECT * INTO head FROM goald.chain WHERE strategy_id = 1 FOR UPDATE;
    head.seq := head.seq + 1;
    body := format('{"node_id":%s,"date":"2026-01-01","percent":%s,"note":"%s","account_id":0,'
                   '"id":%s,"key":null}', node, percent, note, head.seq);
    digest := sha256(head.hash || convert_to(body, 'UTF8'));
    INSERT INTO goald.journal (strategy_id, seq, "time", account_id, request_id, request_digest,
            entity, action, entity_id, payload, prev_hash, hash)
        VALUES (1, head.seq, clock_timestamp(), 0, gen_random_uuid(),
            sha256(convert_to(body, 'UTF8')), 'update', 'put', head.seq, body, head.hash, digest);
    INSERT INTO goald.progress_update (strategy_id, id, key, seq_from, node_id, date, percent, note,
            account_id)
        VALUES (1, head.seq, NULL, head.seq, node, '2026-01-01', percent, note, 0);
    UPDATE goald.chain SET seq = head.seq, hash = digest, "time" = clock_timestamp()
        WHERE strategy_id = 1;
    RETURN head.seq;
END
$$
"""

FUNCTION_CALL = VARIABLES + "SELECT submit(:node, :percent, 'NOTE');\n"

PLAIN_TABLE = """
CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, node integer,
                    percent integer, note text);
CREATE INDEX plain_node ON plain (node)
"""

PLAIN_INSERT = VARIABLES + """
INSERT INTO plain (node, percent, note) VALUES (:node, :percent, 'NOTE');
"""


class Pgbench:
    """A script on a database, with its variables; runs of it."""

    def __init__(self, context, name, text, database, variables):
        self.context, self.database = context, database
        self.defined = [f"-D{name}={value}" for name, value in variables.items()]
        self.folder = context.folder / f"pgbench-{name}"
        self.folder.mkdir(exist_ok=True)
        self.script = self.folder / "script.sql"
        self.script.write_text(text.replace("NOTE", trees.note(1)))

    def run(self, clients, seconds, log=False):
        """{rate, p50_us, cpu_us}, as the generator reports them. pgbench knows whole seconds only,
        and many clients take a good part of the first to connect."""
        seconds = max(2, round(seconds))
        server = self.context.server
        before = server.cpu()
        process = subprocess.Popen(
            [server.bin / "pgbench", "-h", server.folder, "-U", "tester", "-n", "-M", "prepared",
             "-c", str(clients), "-j", "1", "-T", str(seconds),
             *(["-l"] if log else []), *self.defined, "-f", self.script, self.database],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.folder, env=clean_environment())
        try:
            output, errors = process.communicate()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
        if process.returncode != 0:
            found = re.search(r"ERROR: .*", errors)
            raise RuntimeError(f"pgbench: {found[0] if found else errors.strip()[-200:]}")
        used = server.cpu() - before
        done = int(re.search(r"actually processed: (\d+)", output)[1])
        if done == 0:
            raise RuntimeError(f"pgbench did nothing in {seconds} s")
        return {"rate": float(re.search(r"tps = ([\d.]+)", output)[1]),
                "p50_us": self.median_latency() if log else None,
                "cpu_us": used * 1e6 / max(done, 1)}

    def median_latency(self):
        """From the log of every transaction, whose third column is what it took."""
        took = []
        for path in self.folder.glob("pgbench_log.*"):
            took += [int(line.split()[2]) for line in path.read_text().splitlines()]
            os.unlink(path)
        return statistics.median(took)


def random_nodes(nodes):
    """The variables of a script that takes random nodes, from the first to the last."""
    return {"first_node": nodes[0], "last_node": nodes[1]}


def rival(context, source, nodes, text):
    """A script on a copy of goald's database `source`, whose strategy 1 has node ids `nodes`."""
    if "rival" not in context.made:
        context.server.copy("rival", source)
        context.server.psql(FUNCTION, "rival")
        context.made.add("rival")
    return Pgbench(context, "rival", text, "rival", random_nodes(nodes))


def plain_insert(context, nodes):
    if "plain" not in context.made:
        context.server.create("plain")
        context.server.psql(PLAIN_TABLE, "plain")
        context.made.add("plain")
    return Pgbench(context, "plain", PLAIN_INSERT, "plain", random_nodes(nodes))
