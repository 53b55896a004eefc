"""Editing who takes part: organisations, persons, affiliations, groups, memberships and aims; and
forgetting a person.
"""

import json
import uuid

import pytest

from harness import STRANGER, wait_until
from test_groups import CENTRE, CLOSED, TRACKER, groups, refused, roles

MANAGER, ADMIN, REPORTER, OTHER = 56101, 56102, 56103, 56104
REGISTRY_METHODS = ("AddOrganisation", "ChangeOrganisation", "AddPerson", "ChangePerson",
                    "ForgetPerson", "AddAffiliation", "EndAffiliation")
pytestmark = pytest.mark.root  # a strategy is its manager's to change


def fill(daemon):
    for document in (CENTRE, CLOSED):
        path = daemon.folder / f"{document['strategy']['key']}.json"
        path.write_text(json.dumps(document))
        daemon.goal("import", path).ok()
    daemon.grant(MANAGER, "manager", "centre")
    daemon.grant(OTHER, "manager", "closed")
    daemon.grant(ADMIN, "admin")
    daemon.call("AddAccount", uid=REPORTER, person="cai")
    return daemon


@pytest.fixture(scope="module")
def centre(goald):
    return fill(goald)


def change(daemon, method, uid=None, **parameters):
    """The answer, which is as the interface says and the same when it is asked for again."""
    if method not in REGISTRY_METHODS:
        parameters = {"strategy": "centre", **parameters}
        uid = MANAGER if uid is None else uid
    parameters["requestId"] = str(uuid.uuid4())
    told = daemon.call(method, as_uid=uid, **parameters)
    assert TRACKER.faults(TRACKER.methods[method][1], told) == []
    assert daemon.call(method, as_uid=uid, **parameters) == told
    return told


def refused_at(daemon, method, uid=None, **parameters):
    if method not in REGISTRY_METHODS:
        parameters = {"strategy": "centre", **parameters}
        uid = MANAGER if uid is None else uid
    name, told = refused(daemon, method, uid, **parameters)
    assert name in ("InvalidValue", "AlreadyExists"), (name, told)
    return told["field"]


def journal(daemon, strategy):
    return daemon.stream("ListJournal", strategy=strategy, limit=1)[0]


def members(daemon, group):
    return [(one["key"], one["role"], one["current"]) for one in
            daemon.call("GetGroup", strategy="centre", key=group)["members"]]


# --- organisations and persons


def test_organisation_is_added_and_changed(centre):
    told = change(centre, "AddOrganisation", key="kth", names={"sv": "KTH"})
    assert (told["key"], told["changed"], told["id"]) == ("kth", True, told["seq"])
    entry = journal(centre, ".")
    assert (entry["entity"], entry["action"], entry["key"]) == ("organisation", "put", "kth")
    change(centre, "ChangeOrganisation", key="kth", names={"en": "Royal Institute"})
    assert centre.call("GetOrganisation", key="kth")["names"] == {"sv": "KTH",
                                                                  "en": "Royal Institute"}
    change(centre, "ChangeOrganisation", key="kth", clear=["names.en"])
    assert centre.call("GetOrganisation", key="kth")["names"] == {"sv": "KTH"}
    assert not change(centre, "ChangeOrganisation", key="kth", names={"sv": "KTH"})["changed"]


def test_person_is_added_and_changed(centre):
    told = change(centre, "AddPerson", key="p17", name="Dan Fors", email="dan@example.org")
    assert told["id"] == told["seq"]
    shown = centre.call("GetPerson", key="p17")
    assert (shown["name"], shown["email"]) == ("Dan Fors", "dan@example.org")
    change(centre, "ChangePerson", key="p17", name="Dan Fors Ek", email="ek@example.org")
    shown = centre.call("GetPerson", key="p17")
    assert (shown["name"], shown["email"]) == ("Dan Fors Ek", "ek@example.org")
    assert not change(centre, "ChangePerson", key="p17", name="Dan Fors Ek")["changed"]
    change(centre, "ChangePerson", key="p17", clear=["email"], newKey="p18")
    shown = centre.call("GetPerson", key="p18")
    assert (shown["name"], shown["email"]) == ("Dan Fors Ek", None)
    assert refused(centre, "GetPerson", key="p17")[0] == "NoSuchKey"


def test_mailbox_of_an_organisation_is_for_everybody_to_see(centre):
    change(centre, "AddOrganisation", key="post", names={"sv": "Post"}, mailbox="post@post.example")
    assert centre.call("GetOrganisation", key="post")["mailbox"] == "post@post.example"
    change(centre, "ChangeOrganisation", key="post", names={"en": "Mail"})
    change(centre, "ChangeOrganisation", key="post", mailbox="in@post.example")
    assert journal(centre, ".")["what"] == (
        "organisation changed: mailbox post@post.example → in@post.example")
    shown = centre.call("GetOrganisation", key="post")
    assert (shown["mailbox"], shown["names"]["en"]) == ("in@post.example", "Mail")
    change(centre, "ChangeOrganisation", key="post", clear=["mailbox"])
    assert centre.call("GetOrganisation", key="post")["mailbox"] is None
    assert not change(centre, "ChangeOrganisation", key="post", clear=["mailbox"])["changed"]


def test_mailbox_of_a_group_is_for_its_readers(centre):
    change(centre, "AddGroup", key="boxed", kind="centre", name="x", mailbox="x@centre.example")
    shown = centre.call("GetGroup", as_uid=STRANGER, strategy="centre", key="boxed")
    assert shown["mailbox"] == "x@centre.example"
    change(centre, "ChangeGroup", key="boxed", name="y")
    change(centre, "ChangeGroup", key="boxed", mailbox="y@centre.example")
    assert centre.call("GetGroup", strategy="centre", key="boxed")["mailbox"] == "y@centre.example"
    change(centre, "ChangeGroup", key="boxed", clear=["mailbox"])
    assert centre.call("GetGroup", strategy="centre", key="boxed")["mailbox"] is None


def test_language_of_a_person_is_told_to_who_may_see_the_address(centre):
    change(centre, "AddPerson", key="p40", name="Eva", language="nb")
    shown = centre.call("GetPerson", key="p40")
    assert shown["mailLanguage"] == "nb"
    change(centre, "ChangePerson", key="p40", newKey="p41", email="eva@example.org")
    change(centre, "ChangePerson", key="p41", language="sv")
    shown = centre.call("GetPerson", key="p41")
    assert (shown["mailLanguage"], shown["email"]) == ("sv", "eva@example.org")
    change(centre, "AddMember", group="crises", person="p41", role="member")
    assert centre.call("GetPerson", as_uid=STRANGER, key="p41")["mailLanguage"] is None
    assert centre.call("GetPerson", as_uid=MANAGER, key="p41")["mailLanguage"] == "sv"
    change(centre, "ForgetPerson", key="p41")
    assert centre.call("GetPerson", key="p41")["mailLanguage"] is None
    assert not change(centre, "ForgetPerson", key="p41")["changed"]


@pytest.mark.parametrize("address", [
    "x@y.example\r\nBcc: all@y.example", "x@y.example\n", "x@@y.example", "x@y.example, z@y.example",
    "X <x@y.example>", "x y@z.example", "x@y.example\t", "ö@y.example", "x", "",
    "a" * 65 + "@y.example", "x@" + ".".join(["a" * 60] * 5)])
def test_address_that_could_write_a_header_is_refused(centre, address):
    for method, field, parameters in (
            ("AddOrganisation", "mailbox", {"key": "new", "names": {"en": "x"}}),
            ("ChangeOrganisation", "mailbox", {"key": "region"}),
            ("AddGroup", "mailbox", {"key": "new", "kind": "centre", "name": "x"}),
            ("ChangeGroup", "mailbox", {"key": "crises"}),
            ("AddPerson", "email", {"key": "new"}), ("ChangePerson", "email", {"key": "ann"})):
        assert refused_at(centre, method, **parameters, **{field: address}) == field


@pytest.mark.parametrize("method, parameters, field", [
    ("AddOrganisation", {"key": "agency", "names": {"en": "x"}}, "key"),
    ("AddOrganisation", {"key": "a:b", "names": {"en": "x"}}, "key"),
    ("AddOrganisation", {"key": "new", "names": {}}, "names"),
    ("AddOrganisation", {"key": "new", "names": {"en": ""}}, "names.en"),
    ("ChangeOrganisation", {"key": "nobody", "names": {"en": "x"}}, "key"),
    ("ChangeOrganisation", {"key": "school", "clear": ["names.en"]}, "names"),
    ("AddPerson", {"key": "ann"}, "key"),
    ("AddPerson", {"key": "new", "email": "nothing"}, "email"),
    ("AddPerson", {"key": "new", "language": "norsk bokmål"}, "language"),
    ("ChangePerson", {"key": "ann", "language": ""}, "language"),
    ("ChangePerson", {"key": "nobody", "name": "x"}, "key"),
    ("ChangePerson", {"key": "ann", "newKey": "bo"}, "newKey"),
    ("ForgetPerson", {"key": "nobody"}, "key"),
    ("ForgetPerson", {"key": "ann", "newKey": "bo"}, "newKey"),
    ("AddAffiliation", {"person": "nobody", "organisation": "region", "as": "member"}, "person"),
    ("AddAffiliation", {"person": "ann", "organisation": "nothing", "as": "member"},
     "organisation"),
    ("AddAffiliation", {"person": "ann", "organisation": "region", "as": "king"}, "as"),
    ("AddAffiliation", {"person": "ann", "organisation": "region", "as": "member",
                        "from": "2020", "to": "2019"}, "to"),
    ("EndAffiliation", {"person": "ann", "organisation": "region"}, "organisation"),
    ("EndAffiliation", {"person": "ann", "organisation": "university", "to": "2019"}, "to"),
    ("AddGroup", {"key": "crises", "kind": "centre", "name": "x"}, "key"),
    ("AddGroup", {"key": "new", "kind": "club", "name": "x"}, "kind"),
    ("AddGroup", {"key": "new", "kind": "centre"}, "names"),
    ("AddGroup", {"key": "new", "kind": "centre", "name": "x", "parent": "nothing"}, "parent"),
    ("AddGroup", {"key": "new", "kind": "centre", "name": "x", "termFrom": "2020",
                  "termTo": "2019"}, "termTo"),
    ("ChangeGroup", {"key": "crises", "parent": "alliance"}, "parent"),
    ("ChangeGroup", {"key": "crises", "parent": "crises"}, "parent"),
    ("ChangeGroup", {"key": "crises", "newKey": "alliance"}, "newKey"),
    ("ChangeGroup", {"key": "nothing", "name": "x"}, "key"),
    ("ChangeGroup", {"key": "former", "termFrom": "2021"}, "termFrom"),
    ("RemoveGroup", {"key": "crises"}, "key"),
    ("AddMember", {"group": "nothing", "person": "ann", "role": "lead"}, "group"),
    ("AddMember", {"group": "crises", "role": "lead"}, "organisation"),
    ("AddMember", {"group": "crises", "person": "ann", "organisation": "region", "role": "lead"},
     "organisation"),
    ("AddMember", {"group": "crises", "person": "nobody", "role": "lead"}, "person"),
    ("AddMember", {"group": "crises", "organisation": "nothing", "role": "lead"}, "organisation"),
    ("AddMember", {"group": "crises", "person": "ann", "role": "owner"}, "role"),
    ("AddMember", {"group": "crises", "person": "ann", "role": "lead", "via": "nothing"}, "via"),
    ("AddMember", {"group": "crises", "organisation": "region", "role": "lead", "via": "agency"},
     "via"),
    ("AddMember", {"group": "crises", "person": "ann", "role": "lead", "area": "fish"}, "area"),
    ("AddMember", {"group": "crises", "person": "ann", "role": "lead", "from": "2020",
                   "to": "2019-12"}, "to"),
    ("AddMember", {"group": "crises", "person": "ann", "role": "lead", "from": "soon"}, "from"),
    ("EndMembership", {"group": "crises", "person": "bo"}, "person"),
    ("EndMembership", {"group": "crises", "person": "ann", "to": "2020"}, "to"),
    ("EndMembership", {"group": "former", "organisation": "agency"}, "role"),
    ("AddAim", {"group": "nothing", "code": "1"}, "group"),
    ("RemoveAim", {"group": "crises", "code": "1.1"}, "group"),
])
def test_what_cannot_be_is_refused_by_field(centre, method, parameters, field):
    before = journal(centre, "."), journal(centre, "centre")
    assert refused_at(centre, method, **parameters) == field
    assert (journal(centre, "."), journal(centre, "centre")) == before


# --- affiliations


def test_affiliation_begins_and_ends(centre):
    change(centre, "AddAffiliation", person="cai", organisation="school", **{"as": "reporter"})
    change(centre, "AddAffiliation", person="cai", organisation="school", **{"as": "member"})
    assert refused_at(centre, "EndAffiliation", person="cai", organisation="school") == "as"
    change(centre, "EndAffiliation", person="cai", organisation="school", to="2024-06",
           **{"as": "reporter"})
    change(centre, "EndAffiliation", person="cai", organisation="school", mistake=True,
           **{"as": "member"})
    told = centre.call("GetPerson", key="cai")["affiliations"]
    assert [(one["organisation"], one["as"], one["to"], one["current"]) for one in told] == [
        ("school", "reporter", "2024-06", False)]


def test_reporters_right_ends_with_the_affiliation(centre):
    update = {"strategy": "centre", "code": "d1", "note": "for the agency"}
    assert refused(centre, "SubmitUpdate", REPORTER, **update)[0] == "NotPermitted"
    change(centre, "AddAffiliation", person="cai", organisation="agency", **{"as": "reporter"})
    centre.call("SubmitUpdate", as_uid=REPORTER, **update)
    change(centre, "EndAffiliation", person="cai", organisation="agency", to="2020")
    assert refused(centre, "SubmitUpdate", REPORTER, **update)[0] == "NotPermitted"


# --- groups


def test_group_is_added_changed_and_removed(centre):
    told = change(centre, "AddGroup", key="climate", kind="network", type="university alliance",
                  name="Climate", names={"sv": "Klimat"}, parent="crises",
                  areas=["climate and health", "floods"], termFrom="2024", termTo="2025-06")
    assert (told["key"], told["strategy"]) == ("climate", "centre")
    shown = centre.call("GetGroup", strategy="centre", key="climate")
    assert shown["names"] == {"en": "Climate", "sv": "Klimat"}
    assert [area["name"] for area in shown["areas"]] == ["climate and health", "floods"]
    assert (shown["type"], shown["parent"]["key"], shown["termTo"]) == (
        "university alliance", "crises", "2025-06")
    change(centre, "ChangeGroup", key="climate", newKey="heat", areas=["floods"],
           clear=["parent", "termTo", "names.sv"])
    shown = centre.call("GetGroup", strategy="centre", key="heat")
    assert (shown["names"], shown["parent"], shown["termTo"], shown["termFrom"]) == (
        {"en": "Climate"}, None, None, "2024")
    assert not change(centre, "ChangeGroup", key="heat", kind="network")["changed"]
    change(centre, "RemoveGroup", key="heat")
    assert refused(centre, "GetGroup", strategy="centre", key="heat")[0] == "NoSuchKey"


def test_groups_are_found_by_type_and_area_with_whom_to_contact(centre):
    change(centre, "AddGroup", key="expert", kind="partnership", type="Authority contact",
           name="Experts", areas=["Floods", "Heat"])
    change(centre, "AddMember", group="expert", person="ann", role="lead")
    change(centre, "AddMember", group="expert", organisation="agency", role="contact")
    change(centre, "AddMember", group="expert", person="bo", role="member", area="Floods",
           via="region", seat="dean", source="the page", **{"from": "2021"})
    assert [one["key"] for one in groups(centre, type="authority")] == ["expert"]
    line, = groups(centre, area="flood")
    assert [one["key"] for one in line["members"]] == ["bo"]
    line, = groups(centre, area="heat")
    assert [one["key"] for one in line["members"]] == ["agency"]
    shown = centre.call("GetGroup", strategy="centre", key="expert")["areas"]
    assert [[one["key"] for one in area["contacts"]] for area in shown] == [["bo"], ["agency"]]
    assert refused_at(centre, "ChangeGroup", key="expert", areas=["Heat"]) == "areas"
    assert "bo" not in centre.goal("group", "centre", "--area", "heat").ok()
    assert "Floods: Bo Berg" in centre.goal("group", "centre:expert").ok()
    assert not change(centre, "AddMember", group="expert", person="bo", role="member",
                      area="Floods", via="region", seat="dean", source="the page",
                      **{"from": "2021"})["changed"]


def test_membership_ends_by_a_new_version(centre):
    change(centre, "AddGroup", key="board", kind="advisory_group", name="Board")
    change(centre, "AddMember", group="board", organisation="school", role="member",
           **{"from": "2020"})
    change(centre, "AddMember", group="board", organisation="school", role="secondment")
    assert refused_at(centre, "EndMembership", group="board", organisation="school") == "role"
    change(centre, "EndMembership", group="board", organisation="school", role="member", to="2023")
    change(centre, "EndMembership", group="board", organisation="school", role="secondment",
           mistake=True)
    assert members(centre, "board") == [("school", "member", False)]
    assert journal(centre, "centre")["action"] == "end"


def test_members_right_ends_with_the_membership(centre):
    change(centre, "AddGroup", key="team", kind="working_group", name="Team")
    change(centre, "AddAim", group="team", code="1.10")
    update = {"strategy": "centre", "code": "1.10", "note": "x"}
    assert refused(centre, "SubmitUpdate", REPORTER, **update)[0] == "NotPermitted"
    change(centre, "AddMember", group="team", person="cai", role="member")
    centre.call("SubmitUpdate", as_uid=REPORTER, **update)
    change(centre, "RemoveAim", group="team", code="1.10")
    assert refused(centre, "SubmitUpdate", REPORTER, **update)[0] == "NotPermitted"
    assert change(centre, "AddAim", group="team", code="1.10")["changed"]
    assert not change(centre, "AddAim", group="team", code="1.10")["changed"]
    centre.call("SubmitUpdate", as_uid=REPORTER, **update)
    change(centre, "ChangeGroup", key="team", termTo="2020")
    assert refused(centre, "SubmitUpdate", REPORTER, **update)[0] == "NotPermitted"


def test_import_after_an_edit_finds_nothing_to_change(new_goald):
    daemon = fill(new_goald().start())
    change(daemon, "AddGroup", key="g", kind="network", name="G", parent="crises", type="t",
           areas=["a"], termFrom="2020", termTo="2030")
    change(daemon, "AddMember", group="g", person="ann", role="lead", via="university", seat="s",
           area="a", source="x", to="2025", **{"from": "2021"})
    change(daemon, "AddMember", group="g", organisation="region", role="contact")
    change(daemon, "EndMembership", group="g", organisation="region", to="2024")
    change(daemon, "AddAim", group="g", code="1.2")
    change(daemon, "AddAffiliation", person="ann", organisation="region", to="2024",
           **{"as": "reporter", "from": "2020"})
    group = {"id": "g", "kind": "network", "names": {"en": "G"}, "parent": "crises", "type": "t",
             "areas": ["a"], "termFrom": "2020", "termTo": "2030", "aims": ["1.2"],
             "members": [{"person": "ann", "role": "lead", "via": "university", "seat": "s",
                          "area": "a", "source": "x", "from": "2021", "to": "2025"},
                         {"organisation": "region", "role": "contact", "to": "2024"}]}
    ann = {**CENTRE["persons"][0], "affiliations": [
        *CENTRE["persons"][0]["affiliations"],
        {"organisation": "region", "as": "reporter", "from": "2020", "to": "2024"}]}
    path = daemon.folder / "again.json"
    path.write_text(json.dumps({**CENTRE, "groups": [*CENTRE["groups"], group],
                                "persons": [ann, *CENTRE["persons"][1:]]}))
    before = journal(daemon, "centre"), journal(daemon, ".")
    daemon.goal("import", path).ok()
    assert (journal(daemon, "centre"), journal(daemon, ".")) == before


# --- rights


CHANGES = {
    "ChangeOrganisation": {"key": "agency", "names": {"en": "Taken over"}},
    "ChangePerson": {"key": "ann", "name": "Taken over"},
    "ForgetPerson": {"key": "ann"},
    "AddAffiliation": {"person": "cai", "organisation": "region", "as": "reporter"},
    "EndAffiliation": {"person": "bo", "organisation": "region"},
}


@pytest.mark.parametrize("method", CHANGES)
def test_what_strategies_share_is_for_admins_to_change(centre, method):
    for uid in (STRANGER, MANAGER, REPORTER):
        assert refused(centre, method, uid, **CHANGES[method])[0] == "NotPermitted"


def test_manager_of_any_strategy_adds_organisations_and_persons(centre):
    for uid in (STRANGER, REPORTER):
        assert refused(centre, "AddOrganisation", uid, key="no", names={"en": "x"}
                       )[0] == "NotPermitted"
        assert refused(centre, "AddPerson", uid, key="no")[0] == "NotPermitted"
    for uid, key in ((MANAGER, "m"), (OTHER, "o"), (ADMIN, "a")):
        change(centre, "AddOrganisation", uid, key=f"org-{key}", names={"en": "x"})
        change(centre, "AddPerson", uid, key=f"person-{key}", name="x")
        assert centre.call("GetPerson", as_uid=uid, key=f"person-{key}")["name"] == "x"
    assert refused(centre, "GetPerson", STRANGER, key="person-m")[0] == "NoSuchKey"


@pytest.mark.parametrize("method, parameters", [
    ("AddGroup", {"key": "x", "kind": "centre", "name": "x"}),
    ("ChangeGroup", {"key": "crises", "name": "x"}), ("RemoveGroup", {"key": "crises"}),
    ("AddMember", {"group": "crises", "person": "bo", "role": "lead"}),
    ("EndMembership", {"group": "crises", "person": "ann"}),
    ("AddAim", {"group": "crises", "code": "1.1"}), ("RemoveAim", {"group": "crises", "code": "1"})])
def test_groups_are_for_the_strategys_manager(centre, method, parameters):
    for uid in (STRANGER, OTHER, REPORTER):
        assert refused(centre, method, uid, strategy="centre", **parameters)[0] == "NotPermitted"
    for uid in (STRANGER, MANAGER):
        assert refused(centre, method, uid, strategy="closed", **parameters)[0] == "NoSuchStrategy"


# --- forgetting


def everything(daemon):
    """What the daemon tells of everybody, as one text."""
    parts = [daemon.stream("ListPersons"), daemon.call("GetPerson", key="ann"),
             daemon.stream("ListJournal", strategy="."),
             daemon.stream("ListJournal", strategy="centre"),
             daemon.stream("ListUpdates", strategy="centre", below=True),
             daemon.call("GetGroup", strategy="centre", key="crises"),
             daemon.call("GetOrganisation", key="university"), daemon.stream("ListAccounts"),
             daemon.stream("ExportJournal", strategy="."),
             roles(daemon, "person", "ann"), roles(daemon, "organisation", "university")]
    return json.dumps(parts)


def test_forgotten_person_is_a_key_everywhere(new_goald):
    daemon = fill(new_goald().start())
    daemon.call("AddAccount", uid=STRANGER, person="ann")
    change(daemon, "ChangePerson", key="ann", name="Ann Later", email="later@example.org")
    seq = daemon.call("GetPerson", key="ann")["seq"]
    assert "Ann Later" in everything(daemon)
    told = change(daemon, "ForgetPerson", key="ann")
    assert (told["changed"], told["seq"], told["key"]) == (True, seq + 2, "ann")
    words = ("Ann Later", "Ann Ek", "later@example.org", "ann@example.org")
    assert [word for word in words if word in everything(daemon)] == []
    entries = daemon.stream("ListJournal", strategy=".", limit=2)
    assert [(entry["entity"], entry["action"]) for entry in entries] == [("contact", "end")] * 2
    assert not change(daemon, "ForgetPerson", key="ann")["changed"]
    person, = daemon.psql("SELECT id FROM goald.person WHERE key = 'ann' AND seq_to IS NULL")[0]
    rows = daemon.psql("SELECT value IS NULL AND salt IS NULL, seq_to IS NOT NULL"
                       f" FROM goald.contact WHERE person_id = {person}")
    assert rows == [["t", "t"]] * 4
    daemon.restart()
    assert [word for word in words if word in everything(daemon)] == []
    change(daemon, "ChangePerson", key="ann", name="Ann Again")
    assert daemon.call("GetPerson", key="ann")["name"] == "Ann Again"


def test_journal_verifies_after_forgetting(new_goald):
    daemon = fill(new_goald().start())
    change(daemon, "ChangePerson", key="ann", name="Ann Later")
    change(daemon, "ForgetPerson", key="ann")
    change(daemon, "ChangePerson", key="ann", name="Ann Again")
    change(daemon, "EndMembership", group="crises", person="ann", mistake=True)
    for strategy in (".", "centre"):
        told = daemon.stream("VerifyJournal", strategy=strategy)
        assert [reply["fault"] for reply in told if reply.get("fault")] == []
        assert told[-1]["faults"] == 0


def test_forgotten_person_gets_a_neutral_key(new_goald):
    daemon = fill(new_goald().start())
    past = {"strategy": "centre", "code": "d1", "knownAt": f"seq:{journal(daemon, 'centre')['seq']}"}
    assert "Bo Berg" in json.dumps(daemon.call("GetNode", **past))
    change(daemon, "ForgetPerson", key="bo")
    assert "Bo Berg" not in json.dumps(daemon.call("GetNode", **past))
    change(daemon, "ForgetPerson", key="ann", newKey="p1")
    assert refused(daemon, "GetPerson", key="ann")[0] == "NoSuchKey"
    assert daemon.call("GetPerson", key="p1")["strategies"] == ["centre"]
    assert ("p1", "lead", True) in members(daemon, "crises")
    assert "p1" in daemon.goal("group", "centre:crises").ok()


def test_other_daemons_forget_too(on, server):
    first, second = on(server), on(server)
    try:
        first.call("AddPerson", key="ann", name="Ann Ek")
        wait_until(lambda: any(reply["person"]["name"] == "Ann Ek"
                               for reply in second.stream("ListPersons")))
        first.call("ForgetPerson", key="ann")
        wait_until(lambda: second.call("GetPerson", key="ann")["name"] is None)
    finally:
        second.stop()


# --- the commands


def test_commands_change_who_takes_part(new_goald):
    daemon = fill(new_goald().start())

    def goal(*args, uid=MANAGER):
        return daemon.goal(*args, uid=uid).ok()

    assert goal("org", "add", "kth", "--name", "sv=KTH").startswith("kth added (seq ")
    assert goal("person", "add", "p1", "--name", "Eva Holm").startswith("p1 added")
    assert goal("group", "add", "centre:heat", "--kind", "network", "--name", "Heat",
                "--area", "heat waves", "--area", "floods").startswith("heat added")
    assert goal("group", "join", "centre:heat", "--person", "p1", "--role", "contact",
                "--area", "floods", "--via", "kth").startswith("heat has p1 as contact (seq ")
    assert goal("group", "aim", "centre:heat", "1.1").startswith("1.1 is aimed at by heat")
    shown = goal("group", "centre:heat")
    assert "floods: Eva Holm (contact, for KTH)" in shown
    assert goal("group", "change", "centre:heat", "--area", "floods", "--term-to", "2030"
                ).startswith("heat changed")
    assert daemon.goal("group", "join", "centre:heat", "--role", "member",
                       uid=MANAGER).code == 2
    assert goal("group", "leave", "centre:heat", "--person", "p1", "--to", "2024"
                ).startswith("heat has let p1 go")
    assert goal("group", "aim", "centre:heat", "1.1", "--remove").startswith(
        "1.1 is not aimed at by heat")
    assert goal("person", "join", "p1", "kth", "--as", "reporter", uid=ADMIN
                ).startswith("p1 is reporter of kth")
    assert goal("person", "leave", "p1", "kth", uid=ADMIN).startswith("p1 leaves kth")
    assert goal("org", "change", "kth", "--name", "en=Royal", uid=ADMIN).startswith("kth changed")
    goal("org", "change", "kth", "--mailbox", "kth@kth.example", uid=ADMIN)
    assert "Mailbox kth@kth.example" in " ".join(goal("org", "kth").split())
    goal("group", "change", "centre:heat", "--mailbox", "heat@centre.example")
    assert "Mailbox heat@centre.example" in " ".join(goal("group", "centre:heat").split())
    goal("group", "change", "centre:heat", "--mailbox", "none")
    assert "Mailbox" not in goal("group", "centre:heat")
    goal("person", "change", "p1", "--language", "nb", uid=ADMIN)
    assert "Mails in nb" in " ".join(goal("person", "p1", uid=ADMIN).split())
    assert goal("person", "change", "p1", "--name", "Eva Ek", uid=ADMIN).startswith("p1 changed")
    assert goal("person", "forget", "p1", "--new-key", "p2", uid=ADMIN
                ).startswith("p2 is forgotten")
    assert goal("person", "forget", "p2", uid=ADMIN).startswith("p2: nothing to change")
    assert daemon.goal("org", "add", "x", "--name", "no language", uid=MANAGER).code == 2
    assert daemon.goal("group", "join", "centre:heat", "--person", "p2", uid=MANAGER).code == 2
    assert daemon.goal("group", "add", "centre", "--kind", "network", uid=MANAGER).code == 2
    assert daemon.goal("person", "forget", "p2", uid=MANAGER).code == 5


def test_changes_wait_in_the_outbox(new_goald, tmp_path):
    daemon = fill(new_goald().start())
    env = {"XDG_STATE_HOME": str(tmp_path)}
    tmp_path.chmod(0o777)
    daemon.stop()
    for args in (["org", "add", "kth", "--name", "sv=KTH"],
                 ["group", "join", "centre:crises", "--org", "kth", "--role", "member"]):
        assert daemon.goal(*args, uid=MANAGER, env=env).code == 4
    daemon.start()
    daemon.goal("outbox", "send", uid=MANAGER, env=env).ok()
    assert ("kth", "member", True) in members(daemon, "crises")
