"""Groups, what their sides contribute, and organisations' and persons' roles: asking.

`centre` is public: a centre with areas, its partnerships and a former group. `closed` is for its
members. The strategies are invented.
"""

import json

import pytest

from harness import STRANGER
from interface import Interface
from test_protocol import FILES
from varlink import INTERFACE, VarlinkError

TRACKER = Interface(FILES[INTERFACE].read_text())
OWN, MANAGER, READER, ADMIN = 56001, 56002, 56003, 56004


def strategy(key, visibility="public", language="en"):
    return {"key": key, "titles": {"en": f"The {key}"}, "timeZone": "UTC", "language": language,
            "visibility": visibility}


def organisation(key, **names):
    return {"id": key, "names": {"en": f"The {key}", **names}}


CENTRE = {
    "format": "goald-import-1",
    "strategy": strategy("centre"),
    "organisations": [organisation("university", sv="Universitetet"), organisation("region"),
                      organisation("agency"), organisation("school")],
    "persons": [
        {"id": "ann", "name": "Ann Ek", "email": "ann@example.org",
         "affiliations": [{"organisation": "university", "as": "member", "from": "2020"}]},
        {"id": "bo", "name": "Bo Berg",
         "affiliations": [{"organisation": "region", "as": "reporter"}]},
        {"id": "cai", "name": "Cai Dal"}],
    "groups": [
        {"id": "crises", "kind": "centre", "names": {"en": "Centre for crises"}, "aims": ["1"],
         "reviews": [{"date": "2023-09-29", "organisation": "agency", "every": {"years": 1}},
                     {"date": "2020", "person": "cai"}],
         "members": [{"person": "ann", "role": "lead", "via": "university", "seat": "head",
                      "from": "2021-03", "source": "the board's minutes"},
                     {"person": "cai", "role": "contact"},
                     {"organisation": "agency", "role": "secondment", "from": "2022"},
                     {"organisation": "school", "role": "secondment", "from": "2020",
                      "to": "2021"}]},
        {"id": "alliance", "kind": "partnership", "parent": "crises",
         "names": {"en": "Alliance", "sv": "Alliansen"}, "termFrom": "2023",
         "members": [{"organisation": "university", "role": "member"},
                     {"organisation": "region", "role": "member"},
                     {"person": "bo", "role": "contact", "via": "region"}], "aims": ["1.1"]},
        {"id": "former", "kind": "working_group", "names": {"en": "Former"}, "termTo": "2020",
         "members": [{"organisation": "agency", "role": "lead"},
                     {"organisation": "agency", "role": "secondment"}], "aims": ["1.2"]}],
    "nodes": [
        {"code": "1", "kind": "priority", "titles": {"en": "Be prepared"}},
        {"code": "1.1", "kind": "target", "parent": "1", "titles": {"en": "Know more"}},
        {"code": "1.2", "kind": "target", "parent": "1", "titles": {"en": "Meet"}},
        {"code": "1.10", "kind": "target", "parent": "1", "titles": {"en": "Tenth"}},
        {"code": "d1", "kind": "deliverable", "parent": "1.1", "titles": {"en": "A study"},
         "assignments": [
             {"organisation": "university", "role": "lead", "from": "2023"},
             {"person": "bo", "role": "contributor"},
             {"organisation": "agency", "role": "partner"},
             {"organisation": "school", "role": "beneficiary"},
             {"group": "alliance", "role": "owner"}],
         "links": [{"type": "result", "title": "The report", "url": "https://example.org/r"},
                   {"type": "document", "url": "https://example.org/d"}]},
        {"code": "d2", "kind": "deliverable", "parent": "1.2", "titles": {"en": "A meeting"},
         "serves": [{"node": "1.1"}],
         "assignments": [{"organisation": "region", "role": "owner"},
                         {"organisation": "university", "role": "funder", "amount": 2500000,
                          "currency": "SEK", "note": "and two researchers"},
                         {"organisation": "agency", "role": "owner", "to": "2019"}],
         "links": [{"type": "data", "title": "Registry", "url": "https://example.org/data",
                    "owner": "school"}]},
        {"code": "d3", "kind": "deliverable", "parent": "1.2", "titles": {"en": "Not theirs"},
         "assignments": [{"organisation": "region", "role": "owner"}]}],
    "closings": [{"node": "d1", "date": "2024-05-01", "how": "achieved"}],
}
CLOSED = {
    "format": "goald-import-1",
    "strategy": strategy("closed", "members"),
    "organisations": [organisation("hidden"), organisation("agency")],
    "persons": [{"id": "secret", "name": "Secret Name", "email": "secret@example.org",
                 "affiliations": [{"organisation": "region", "as": "member"}]}],
    "groups": [{"id": "inner", "kind": "network", "names": {"en": "Inner"},
                "members": [{"organisation": "hidden", "role": "lead"},
                            {"person": "secret", "role": "member", "via": "hidden"}]}],
    "nodes": [{"code": "1", "kind": "target", "titles": {"en": "Quiet"},
               "assignments": [{"organisation": "agency", "role": "owner"},
                               {"person": "secret", "role": "lead"}]}],
}


@pytest.fixture(scope="module")
def centre(goald):
    for document in (CENTRE, CLOSED):
        path = goald.folder / f"{document['strategy']['key']}.json"
        path.write_text(json.dumps(document))
        goald.goal("import", path).ok()
    goald.call("AddAccount", uid=OWN, person="ann")
    goald.grant(MANAGER, "manager", "centre")
    goald.grant(READER, "reader", "closed")
    goald.grant(ADMIN, "admin")
    return goald


def groups(daemon, uid=None, **filters):
    found = [reply["group"] for reply in
             daemon.stream("ListGroups", as_uid=uid, strategy="centre", **filters)]
    assert [TRACKER.faults(TRACKER.types["GroupLine"], line) for line in found] == [[]] * len(found)
    return found


def keys(lines):
    return [line["key"] for line in lines]


def roles(daemon, kind, key, uid=None, **more):
    return [reply["role"] for reply in
            daemon.stream("ListRoles", as_uid=uid, kind=kind, key=key, **more)]


def places(found):
    return [(line["strategy"], (line["node"] or {}).get("code") or line["group"]["key"],
             line["role"]) for line in found]


def refused(daemon, method, uid=None, **parameters):
    with pytest.raises(VarlinkError) as caught:
        if method.startswith("List"):
            daemon.stream(method, as_uid=uid, **parameters)
        else:
            daemon.call(method, as_uid=uid, **parameters)
    return caught.value.name.split(".")[-1], caught.value.parameters


# --- groups


def test_groups_are_listed_by_key(centre):
    assert keys(groups(centre)) == ["alliance", "crises", "former"]


@pytest.mark.parametrize("filters, expected", [
    ({"kind": "partnership"}, ["alliance"]),
    ({"goal": "1.1"}, ["alliance"]),
    ({"goal": "1"}, ["alliance", "crises", "former"]),
    ({"goal": "1.10"}, []),
    ({"member": "region"}, ["alliance"]),
    ({"member": "university"}, ["alliance", "crises"]),
    ({"member": "bo"}, ["alliance"]),
    ({"role": "secondment"}, ["crises", "former"]),
    ({"role": "secondment", "ended": False}, ["crises"]),
    ({"ended": True}, ["former"]),
    ({"kind": "centre", "role": "chair"}, []),
    ({"member": "agency", "role": "lead"}, ["former"]),
])
def test_groups_fit_all_filters(centre, filters, expected):
    assert keys(groups(centre, **filters)) == expected


def test_secondment_partners_of_today_are_the_members(centre):
    line, = groups(centre, role="secondment", ended=False)
    assert keys(line["members"]) == ["agency"]
    assert line["members"][0]["from"] == "2022"


def test_members_of_an_ended_group_are_those_of_its_last_day(centre):
    line, = groups(centre, ended=True)
    assert [member["role"] for member in line["members"]] == ["lead", "secondment"]
    assert [member["current"] for member in line["members"]] == [False, False]


@pytest.mark.parametrize("field, value, error", [
    ("kind", "club", "InvalidValue"), ("role", "king", "InvalidValue"),
    ("goal", "99", "NoSuchNode"), ("member", "nobody", "NoSuchKey"),
    ("member", "hidden", "NoSuchKey")])
def test_filter_of_nothing_is_refused(centre, field, value, error):
    name, told = refused(centre, "ListGroups", strategy="centre", **{field: value})
    assert name == error
    assert value in told.values() or told["field"] == field


def test_group_tells_everything(centre):
    told = centre.call("GetGroup", strategy="centre", key="crises")
    assert TRACKER.faults(TRACKER.methods["GetGroup"][1], told) == []
    assert told["aims"] == ["1"]
    assert told["children"] == [{"key": "alliance", "kind": "partnership", "name": "Alliance",
                                 "ended": False}]
    assert [(member["key"], member["role"], member["current"]) for member in told["members"]] == [
        ("ann", "lead", True), ("cai", "contact", True), ("agency", "secondment", True),
        ("school", "secondment", False)]
    assert told["members"][0] == {
        "kind": "person", "key": "ann", "name": "Ann Ek", "role": "lead", "seat": "head",
        "area": None, "via": "university", "viaName": "The university", "from": "2021-03",
        "to": None, "current": True, "source": "the board's minutes"}


def test_group_tells_its_last_review(centre):
    told = centre.call("GetGroup", strategy="centre", key="crises")["review"]
    assert told == {"date": "2023-09-29", "by": "The agency", "nextDue": "2024-09-29",
                    "note": None}
    assert "Review  2023-09-29 by The agency, next due 2024-09-29" in centre.goal(
        "group", "centre:crises").ok()


def test_group_knows_its_parent_and_languages(centre):
    told = centre.call("GetGroup", strategy="centre", key="alliance", language="sv")
    assert told["name"] == "Alliansen"
    assert told["names"] == {"en": "Alliance", "sv": "Alliansen"}
    assert told["parent"]["key"] == "crises"


def test_group_that_is_not_there(centre):
    assert refused(centre, "GetGroup", strategy="centre", key="inner") == (
        "NoSuchKey", {"key": "inner"})


def test_roles_of_a_group_are_its_aims_and_assignments(centre):
    found = roles(centre, "group", "alliance", strategy="centre")
    assert places(found) == [("centre", "1.1", "aim"), ("centre", "d1", "owner")]
    assert [TRACKER.faults(TRACKER.types["Role"], line) for line in found] == [[], []]


# --- a partnership


def lines(daemon, key="alliance"):
    found = [reply["line"] for reply in
             daemon.stream("ListPartnership", strategy="centre", key=key)]
    assert [TRACKER.faults(TRACKER.types["PartnershipLine"], line) for line in found] == [[]] * len(found)
    return found


def test_partnership_tells_what_each_side_contributes(centre):
    told = [(line["node"]["code"], line["side"]["key"], line["holder"]["key"], line["role"])
            for line in lines(centre) if line["what"] == "contributes"]
    assert told == [("d1", "university", "university", "lead"), ("d1", "region", "bo",
                                                                 "contributor"),
                    ("d2", "region", "region", "owner"), ("d2", "university", "university",
                                                          "funder")]
    money, = [line for line in lines(centre) if line["role"] == "funder"]
    assert (money["amount"], money["currency"], money["note"]) == (
        2500000, "SEK", "and two researchers")


def test_partnership_tells_its_results_and_who_benefits(centre):
    told = lines(centre)
    assert [(line["node"]["code"], (line["link"] or {}).get("url")) for line in told
            if line["what"] == "result"] == [("d1", None), ("d1", "https://example.org/r")]
    assert [line["holder"]["key"] for line in told if line["what"] == "benefits"] == ["school"]


# --- organisations and persons


def test_roles_of_an_organisation_everywhere(centre):
    found = roles(centre, "organisation", "agency")
    assert places(found) == [
        ("centre", "crises", "secondment"), ("centre", "former", "lead"),
        ("centre", "former", "secondment"), ("centre", "d1", "partner"), ("centre", "d2", "owner"),
        ("closed", "1", "owner")]
    assert [TRACKER.faults(TRACKER.types["Role"], line) for line in found] == [[]] * 6
    assert places(roles(centre, "organisation", "agency", current=True)) == [
        ("centre", "crises", "secondment"), ("centre", "d1", "partner"), ("closed", "1", "owner")]
    assert len(roles(centre, "organisation", "agency", strategy="closed")) == 1


def test_roles_of_an_organisation_are_those_of_who_sits_for_it_too(centre):
    told = roles(centre, "organisation", "region", current=True)
    assert [line["member"]["key"] for line in told if line["on"] == "group"] == ["region", "bo"]


def test_data_of_an_organisation_is_a_role(centre):
    link, = [line for line in roles(centre, "organisation", "school") if line["on"] == "link"]
    assert (link["role"], link["node"]["code"], link["link"]["url"]) == (
        "owner", "d2", "https://example.org/data")
    assert "https://example.org/data" in centre.goal("org", "school").ok()


def test_roles_of_a_person(centre):
    assert places(roles(centre, "person", "bo")) == [
        ("centre", "alliance", "contact"), ("centre", "d1", "contributor")]


def test_organisation_tells_who_belongs_to_it(centre):
    told = centre.call("GetOrganisation", key="university", language="sv")
    assert TRACKER.faults(TRACKER.methods["GetOrganisation"][1], told) == []
    assert told["name"] == "Universitetet"
    assert told["strategies"] == ["centre"]
    assert [(one["person"], one["as"], one["current"]) for one in told["affiliations"]] == [
        ("ann", "member", True)]


def test_person_tells_where_they_belong(centre):
    told = centre.call("GetPerson", key="bo")
    assert TRACKER.faults(TRACKER.methods["GetPerson"][1], told) == []
    assert (told["name"], told["strategies"]) == ("Bo Berg", ["centre"])
    assert told["affiliations"][0]["organisationName"] == "The region"


def test_organisations_are_counted(centre):
    told = {reply["organisation"]["key"]: reply["organisation"]["roles"]
            for reply in centre.stream("ListOrganisations")}
    assert told == {"agency": 3, "hidden": 2, "region": 4, "school": 2, "university": 4}
    assert [reply["organisation"]["key"] for reply in
            centre.stream("ListOrganisations", text="univers")] == ["university"]


def test_persons_are_listed(centre):
    told = [reply["person"] for reply in centre.stream("ListPersons", strategy="centre")]
    assert [(one["key"], one["name"], one["organisations"]) for one in told] == [
        ("ann", "Ann Ek", ["university"]), ("bo", "Bo Berg", ["region"]), ("cai", "Cai Dal", [])]


# --- rights


@pytest.mark.root
@pytest.mark.parametrize("method, key", [("GetOrganisation", "hidden"), ("GetPerson", "secret")])
def test_who_takes_part_in_a_closed_strategy_only_is_not_there(centre, method, key):
    kind = "person" if method == "GetPerson" else "organisation"
    for uid in (STRANGER, OWN, MANAGER):
        assert refused(centre, method, uid, key=key) == ("NoSuchKey", {"key": key})
        assert refused(centre, "ListRoles", uid, kind=kind, key=key) == (
            "NoSuchKey", {"key": key})
        assert refused(centre, method, uid, key="nobody") == ("NoSuchKey", {"key": "nobody"})
    for uid in (READER, ADMIN, None):
        assert centre.call(method, as_uid=uid, key=key)["key"] == key


@pytest.mark.root
def test_counts_and_lists_leave_out_what_is_closed(centre):
    for uid, agency, persons in ((STRANGER, 2, ["ann", "bo", "cai"]),
                                 (READER, 3, ["ann", "bo", "cai", "secret"])):
        told = {reply["organisation"]["key"]: reply["organisation"]["roles"]
                for reply in centre.stream("ListOrganisations", as_uid=uid)}
        assert told["agency"] == agency
        assert ("hidden" in told) == (uid == READER)
        assert [reply["person"]["key"] for reply in centre.stream("ListPersons", as_uid=uid)
                ] == persons


@pytest.mark.root
def test_roles_and_affiliations_leave_out_what_is_closed(centre):
    assert {line["strategy"] for line in roles(centre, "organisation", "agency", STRANGER)
            } == {"centre"}
    assert centre.call("GetOrganisation", as_uid=STRANGER, key="agency")["strategies"] == ["centre"]
    assert [one["person"] for one in centre.call("GetOrganisation", as_uid=STRANGER, key="region")
            ["affiliations"]] == ["bo"]
    assert [one["person"] for one in centre.call("GetOrganisation", as_uid=READER, key="region")
            ["affiliations"]] == ["bo", "secret"]
    for method in ("ListOrganisations", "ListPersons"):
        assert refused(centre, method, STRANGER, strategy="closed")[0] == "NoSuchStrategy"
    assert refused(centre, "ListGroups", STRANGER, strategy="closed")[0] == "NoSuchStrategy"


@pytest.mark.root
def test_address_is_for_managers_admins_and_the_person(centre):
    told = {uid: centre.call("GetPerson", as_uid=uid, key="ann")["email"]
            for uid in (None, ADMIN, MANAGER, OWN, STRANGER, READER)}
    assert told == {None: "ann@example.org", ADMIN: "ann@example.org", MANAGER: "ann@example.org",
                    OWN: "ann@example.org", STRANGER: None, READER: None}
    assert centre.call("GetPerson", as_uid=READER, key="secret")["email"] is None


# --- the commands


def test_group_command_lists_and_shows(centre):
    listed = centre.goal("group", "centre", "--current").ok()
    assert "alliance" in listed and "former" not in listed
    assert "ENDED 2020" in centre.goal("group", "centre", "--ended").ok()
    for goal in ("1.1", "centre:1.1"):
        assert "alliance" in centre.goal("group", "centre", "--goal", goal).ok()
    shown = centre.goal("group", "centre:crises").ok()
    assert shown.startswith("centre:crises  Centre for crises\nKind    centre\n")
    assert "Ann Ek" in shown and "for The university" in shown and "not now 2020 to 2021" in shown
    assert centre.goal("group", "centre:nothing").code == 3


def test_group_command_takes_a_group_of_the_default_strategy(centre):
    shown = centre.goal("group", "alliance", env={"GOAL_STRATEGY": "centre"}).ok()
    assert "Part of Centre for crises [crises]" in shown
    assert "d1" in shown


def test_partnership_command(centre):
    shown = centre.goal("partnership", "centre:alliance").ok()
    assert "The university [university] contributes" in shown
    assert "https://example.org/r" in shown
    assert "2500000 SEK, and two researchers" in shown
    assert "Benefits" in shown


def test_org_and_person_commands(centre):
    assert "university" in centre.goal("org", "--text", "univ").ok()
    shown = centre.goal("org", "agency").ok()
    assert shown.startswith("agency  The agency\nIn      centre, closed\n")
    assert "former" in shown
    assert "former" not in centre.goal("org", "agency", "--current").ok()
    shown = centre.goal("person", "ann").ok()
    assert "ann  Ann Ek\nEmail   ann@example.org\n" in shown
    assert "Centre for crises  head, for The university\n" in shown
    assert "Bo Berg (contact, for The region)" in centre.goal("org", "region").ok()
    assert centre.goal("person", "nobody").code == 3


def test_completion_knows_groups_and_keys(centre):
    def completed(line):
        return centre.goal("__complete", line).ok().split()

    assert completed("goal group centre:al") == ["alliance"]
    assert completed("goal org uni") == ["university"]
    assert completed("goal person an") == ["ann"]
