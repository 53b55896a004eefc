"""A daemon that answers with nonsense: goal neither ends by a fault nor hands on to the terminal
what that would act on."""

import json

import pytest

from test_client import Silent

EVIL = "x\x1b]0;owned\x07\u009b31m\u202ey"
ACTED_ON = set("\x1b\x07\u009b\u202e")
MOMENT = {"asOf": EVIL, "seq": 0, "knownSeq": 1}
FINDING = {"kind": EVIL, "severity": EVIL, "strategy": "s", "code": EVIL, "title": EVIL}
LACKING = {**FINDING, "kind": "target_without_" + EVIL}
NODE = {"code": "1", "kind": "target", "title": EVIL, "depth": 2**63 - 1, "daysLeft": -2**63,
        "schedule": "overdue", "sectors": [{"key": EVIL, "title": EVIL}]}
HEADER = {"format": "goald-journal-1", "strategy": 1, "key": EVIL, "seq": 1, "hash": EVIL,
          "registrySeq": 1, "registryHash": EVIL}


@pytest.mark.parametrize("command, replies", [
    (("check", "s"), [{"finding": FINDING}]),
    (("check", "s"), [{"finding": LACKING}]),
    (("diff", "s", "2020", "2021"), [{"from": MOMENT, "to": MOMENT}]),
    (("tree", "s"), [{"node": {**NODE, "depth": -2**63}}, {"node": NODE}]),
    (("list", "s"), [{"node": NODE}]),
    (("matrix", "s", "--rows", "sector", "--columns", "sector"), [{"node": NODE}]),
    (("export", "s"), [{"record": {}}, {"part": "strategy", "record": {"key": EVIL}}]),
    (("log", "s", "--verify"), [{"fault": {}}, {"seq": 1, "faults": 0, "hash": EVIL}]),
    (("log", "s", "--export", "-"), [{"header": HEADER}]),
])
@pytest.mark.parametrize("empty", [False, True])
def test_nonsense_is_harmless(build, tmp_path, command, replies, empty):
    if empty:
        replies = [{}]
    frames = [{"parameters": reply, "continues": reply is not replies[-1]} for reply in replies]
    answer = b"".join(json.dumps(frame).encode() + b"\0" for frame in frames)
    with Silent(tmp_path / "s", answer=answer) as server:
        result = build.run_goal(*command, address=server.address)
    assert result.code >= 0, result
    assert not ACTED_ON & set(result.stdout + result.stderr)
