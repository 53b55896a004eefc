"""What an idle connection takes of a server's memory."""

import time

import trees
from context import end_process
from rows import Result, Sample, row
from servers import Redis, settled_bytes


def grown_by(context, target, path, **options):
    """Bytes that a server grows by a connection that made one call and stays."""
    count = context.options.idle
    before = settled_bytes(target.pid)
    process = context.start_load(target, path, hold=True, connections=count, **options)
    try:
        if '"errors":0' not in process.stdout.readline():
            raise RuntimeError(f"holding {count} connections failed: {process.stderr.read()}")
        time.sleep(context.options.rest)  # both servers give back what an idle connection needs not
        after = settled_bytes(target.pid)
    finally:
        process.stdin.close()
        end_process(process)
    return Sample((after - before) / count)


@row("mem-connection", "memory of an idle connection", "Redis's", "bytes", "≤ 1.0")
def memory_of_connection(context):
    goald = context.strategy("idle", "s", trees.tree_nodes(10))
    call = trees.frame("GetStatus", strategy="s", code="1")
    with goald.connect() as connection:
        connection.send(call.encode() + b"\0")
        size = len(connection.recv_frame())
    goald.restart()
    ours = grown_by(context, goald, context.calls("idle", [call]))
    redis = Redis(context.folder / "redis-idle", context.closing)
    redis.fill([size])
    theirs = grown_by(context, redis, context.calls("idle-get", ["GET k0"]), redis=True)
    return Result([(ours, theirs)], [f"{context.options.idle} connections, each after one call"])
