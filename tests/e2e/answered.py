"""Two strategies whose targets have owners with addresses and accounts, and letters to them: rows
of the ledger with a token that is known. What a claim writes is tested where claims are."""

import base64
import hashlib
import json
import os

MAIL, KARI, BO, BOSS, GONE = range(56001, 56006)
ADDRESSES = {"kari": "Kari.Nordmann@example.no", "bo": "bo@example.org", "boss": "boss@example.org",
             "gone": "gone@example.org", "mute": None, "guest": "guest@example.org"}


def person(key):
    address = ADDRESSES[key]
    return {"id": key, "name": f"{key.title()} Nordström", **({"email": address} if address else {})}


def target(code, owner):
    return {"code": code, "kind": "target", "titles": {"sv": f"Mål {code}", "nb": f"Mål {code} på norsk"},
            "assignments": [{"role": "owner", "person": owner}], "due": "2099-12-31"}


def document(key, alias, owners):
    return {"format": "goald-import-1",
            "strategy": {"key": key, "alias": alias, "titles": {"sv": f"Strategi {key}"},
                         "timeZone": "UTC", "language": "sv", "visibility": "members"},
            "persons": [person(key) for key in ADDRESSES],
            "nodes": [target(code, owner) for code, owner in owners.items()]}


STRATEGIES = [document("alfa", "al", {"1": "kari", "2": "kari", "3": "bo", "4": "mute",
                                      "5": "gone", "6": "guest"}),
              document("beta", None, {"1": "kari", "b2": "kari"})]


def fill(daemon):
    """Imports the strategies and makes accounts: all but the guest have one."""
    for strategy in STRATEGIES:
        path = daemon.folder / f"{strategy['strategy']['key']}.json"
        path.write_text(json.dumps(strategy))
        daemon.goal("import", path).ok()
    daemon.grant(MAIL, "mail")
    for key, uid in (("kari", KARI), ("bo", BO), ("boss", BOSS), ("gone", GONE), ("mute", 56099)):
        daemon.call("AddAccount", uid=uid, person=key)
    for strategy in ("alfa", "beta"):
        daemon.call("GrantRole", uid=BOSS, role="manager", strategy=strategy)
    daemon.call("DisableAccount", uid=GONE)
    return daemon


def new_token():
    return base64.b32encode(os.urandom(20)).decode().lower()


def letter(daemon, to, *nodes, expires="now() + interval '30 days'"):
    """Sends `to` a letter that names the nodes, such as "alfa:1"; returns its token."""
    token, name = new_token(), os.urandom(16).hex()
    whom = f"(SELECT id FROM goald.person WHERE key = '{to}' AND seq_to IS NULL)"
    for place in nodes:
        strategy, code = place.split(":")
        node = (f"SELECT n.strategy_id, n.id FROM goald.node n JOIN goald.strategy s"
                f" ON s.strategy_id = n.strategy_id AND s.seq_to IS NULL AND s.key = '{strategy}'"
                f" WHERE n.key = '{code}' AND n.seq_to IS NULL") if code else (
                f"SELECT strategy_id, 0 FROM goald.strategy WHERE key = '{strategy}'"
                " AND seq_to IS NULL")
        daemon.psql(
            "INSERT INTO goald.reminder (strategy_id, rule, item, item_id, version, step, recipient,"
            " recipient_id, planned, day, status, why, letter, changed_at)"
            " SELECT n.strategy_id, 'due', 'node', n.id, '2099-12-31', floor(random() * 1000000),"
            f" 'person', {whom}, '2024-01-01', '2024-01-01', 'sent', 'owner', '{name}', now()"
            f" FROM ({node}) AS n(strategy_id, id)")
    digest = hashlib.sha256(token.encode()).hexdigest()
    daemon.psql(
        "INSERT INTO goald.token (hash, purpose, letter, person_id, expires_at)"
        f" VALUES ('\\x{digest}', 'reply', '{name}', {whom}, {expires})")
    return token
