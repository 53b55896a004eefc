"""What nodes are tied to: contributions, roles, links, relations; and the strategy's attributes."""

import json
import os
import re
import shlex

import pytest

from database import error_of, journal, new_id
from edits import add, edit, node, refused, status, writes_nothing
from harness import DATA, TOP

URL = "https://example.org/"


@pytest.fixture(scope="module")
def goald(managed):
    return managed


def last(goald):
    entry = journal(goald)[-1]
    return entry["entity"], entry["action"], json.loads(entry["payload"])


# --- contributions


def served(goald, code):
    return {item["code"]: item["weight"] for item in node(goald, code)["serves"]}


def test_node_serves_others_with_weights(goald):
    add(goald, "s-1", kind="deliverable", parent="2.2")
    edit(goald, "SetContribution", "s-1", serves="4.1")
    edit(goald, "SetContribution", "s-1", serves="1.1", weight=2.5)
    assert served(goald, "s-1") == {"4.1": 1, "1.1": 2.5}
    assert writes_nothing(goald, "SetContribution", code="s-1", serves="4.1")
    edit(goald, "SetContribution", "s-1", serves="4.1", weight=3)
    assert served(goald, "s-1")["4.1"] == 3
    reply = edit(goald, "RemoveContribution", "s-1", serves="1.1")
    assert reply["changed"] and served(goald, "s-1") == {"4.1": 3}
    assert writes_nothing(goald, "RemoveContribution", code="s-1", serves="1.1")


@pytest.mark.parametrize("field, parameters", [
    ("serves", {"code": "2.2", "serves": "nowhere"}),
    ("serves", {"code": "2.2", "serves": "2.2"}),
    ("serves", {"code": "2", "serves": "2.2"}),       # a cycle: 2.2 is below it
    ("serves", {"code": "2.2", "serves": ""}),
    ("weight", {"code": "2.2", "serves": "4.1", "weight": 0}),
    ("code", {"serves": "4.1"}),
])
def test_bad_contribution_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, "SetContribution", **parameters) == field


def test_cycle_over_contributions_is_refused(goald):
    add(goald, "s-2", kind="initiative")
    add(goald, "s-3", kind="initiative")
    edit(goald, "SetContribution", "s-2", serves="s-3")
    assert refused(goald, "SetContribution", code="s-3", serves="s-2") == "serves"
    assert refused(goald, "ChangeNode", code="s-3", parent="s-2") == "parent"


def test_contributions_come_from_the_command_line(goald):
    add(goald, "s-4", kind="deliverable")
    assert goald.goal("serve", "ls:s-4", "2.2", "--weight", "2").ok().startswith(
        "s-4 serves 2.2 (seq ")
    assert served(goald, "s-4") == {"2.2": 2}
    assert goald.goal("serve", "ls:s-4", "ls:2.2", "--remove").ok().startswith(
        "s-4 no longer serves 2.2")
    assert goald.goal("serve", "ls:s-4", "2.2", "--remove", "--weight", "2").code == 2


# --- roles


def holders(goald, code):
    return {(item["role"], item["kind"], item["key"], item["from"], item["to"])
            for item in node(goald, code)["holders"]}


def test_role_is_given_changed_and_ended(goald):
    add(goald, "r-1")
    edit(goald, "AssignRole", "r-1", role="owner", holder="org:vinnova", **{"from": "2024"})
    assert holders(goald, "r-1") == {("owner", "organisation", "vinnova", "2024", None)}
    assert writes_nothing(goald, "AssignRole", code="r-1", role="owner", holder="vinnova")
    edit(goald, "AssignRole", "r-1", role="owner", holder="vinnova", to="2999")
    assert holders(goald, "r-1") == {("owner", "organisation", "vinnova", "2024", "2999")}
    edit(goald, "EndAssignment", "r-1", role="owner", holder="vinnova", to="2024-12-31")
    assert holders(goald, "r-1") == {("owner", "organisation", "vinnova", "2024", "2024-12-31")}
    assert writes_nothing(goald, "EndAssignment", code="r-1", role="owner", holder="vinnova")
    edit(goald, "AssignRole", "r-1", role="owner", holder="vinnova", **{"from": "2025-06"})
    assert len(holders(goald, "r-1")) == 2


def test_terms_of_a_role_do_not_overlap(goald):
    add(goald, "r-7")
    edit(goald, "AssignRole", "r-7", role="lead", holder="vinnova", **{"from": "2020", "to": "2022"})
    for period in ({"from": "2021"}, {"from": "2019", "to": "2020-01"}, {"to": "2020-01-01"}):
        assert refused(goald, "AssignRole", code="r-7", role="lead", holder="vinnova",
                       **period) == "from"
    edit(goald, "AssignRole", "r-7", role="lead", holder="vinnova", to="2019")
    edit(goald, "AssignRole", "r-7", role="lead", holder="vinnova", **{"from": "2023"})
    edit(goald, "AssignRole", "r-7", role="owner", holder="vinnova", **{"from": "2021"})
    assert len(holders(goald, "r-7")) == 4


def test_role_that_ended_does_not_end_later(goald):
    add(goald, "r-8")
    edit(goald, "AssignRole", "r-8", role="lead", holder="vinnova", **{"from": "2020", "to": "2022"})
    assert refused(goald, "EndAssignment", code="r-8", role="lead", holder="vinnova",
                   to="2023") == "to"
    assert refused(goald, "EndAssignment", code="r-8", role="lead", holder="vinnova",
                   to="2019") == "to"
    edit(goald, "EndAssignment", "r-8", role="lead", holder="vinnova", to="2021-06")
    assert holders(goald, "r-8") == {("lead", "organisation", "vinnova", "2020", "2021-06")}


def test_several_terms_need_their_beginning(goald):
    add(goald, "r-9")
    for period in ({"from": "2020", "to": "2098"}, {"from": "2099"}):
        edit(goald, "AssignRole", "r-9", role="lead", holder="vinnova", **period)
    assert refused(goald, "EndAssignment", code="r-9", role="lead", holder="vinnova") == "from"
    edit(goald, "EndAssignment", "r-9", role="lead", holder="vinnova", mistake=True,
         **{"from": "2099"})
    assert len(holders(goald, "r-9")) == 1


def test_mistaken_role_goes(goald):
    add(goald, "r-2")
    edit(goald, "AssignRole", "r-2", role="lead", holder="vinnova")
    edit(goald, "EndAssignment", "r-2", role="lead", holder="vinnova", mistake=True)
    assert holders(goald, "r-2") == set()
    assert last(goald)[:2] == ("assignment", "end")


def test_funder_has_an_amount(goald):
    add(goald, "r-3")
    edit(goald, "AssignRole", "r-3", role="funder", holder="vinnova", amount=100_000_000,
         currency="SEK", note="Utlysning")
    payload = last(goald)[2]
    assert (payload["amount"], payload["currency"], payload["note"]) == (1e8, "SEK", "Utlysning")
    assert "100000000 SEK, Utlysning" in goald.goal("show", "ls:r-3").ok()
    edit(goald, "AssignRole", "r-3", role="funder", holder="vinnova", amount=5)
    assert (last(goald)[2]["amount"], last(goald)[2]["note"]) == (5, "Utlysning")
    edit(goald, "AssignRole", "r-3", role="funder", holder="vinnova", clear=["amount", "currency"])
    assert "amount" not in last(goald)[2]


def test_groups_persons_and_the_strategy_have_roles(goald):
    group = goald.psql("SELECT key FROM goald.\"group\" WHERE seq_to IS NULL ORDER BY id")[0][0]
    add(goald, "r-4")
    edit(goald, "AssignRole", "r-4", role="lead", holder=f"group:{group}")
    assert holders(goald, "r-4") == {("lead", "group", group, None, None)}
    edit(goald, "AssignRole", role="owner", holder="org:vinnova")
    assert ("owner", "organisation", "vinnova", None, None) in holders(goald, None)


@pytest.mark.parametrize("field, parameters", [
    ("holder", {"holder": "nobody"}),
    ("holder", {"holder": "person:vinnova"}),
    ("holder", {"holder": ""}),
    ("role", {"role": "chair"}),
    ("role", {"role": "boss"}),
    ("to", {"from": "2025", "to": "2024"}),
    ("from", {"from": "soon"}),
    ("amount", {"amount": 5, "currency": "SEK"}),
    ("amount", {"role": "funder", "amount": -5, "currency": "SEK"}),
    ("currency", {"role": "funder", "amount": 5}),
    ("currency", {"role": "funder", "currency": "SEK"}),
    ("currency", {"role": "funder", "amount": 5, "currency": "kronor"}),
    ("clear[0]", {"clear": ["role"]}),
])
def test_bad_role_names_its_field_and_writes_nothing(goald, field, parameters):
    parameters = {"code": "2.2", "role": "owner", "holder": "vinnova", **parameters}
    assert refused(goald, "AssignRole", **parameters) == field


def test_role_that_nobody_has_is_not_ended(goald):
    assert refused(goald, "EndAssignment", code="2.2", role="reviewer",
                   holder="vinnova") == "holder"


def test_person_that_has_an_account_only_has_roles_too(goald):
    goald.call("AddAccount", uid=63001, name="Vinnova Vinnovasson")
    add(goald, "r-5")
    person = goald.psql("SELECT key FROM goald.person WHERE key LIKE '%:63001'")[0][0]
    edit(goald, "AssignRole", "r-5", role="contact", holder=person)
    edit(goald, "AssignRole", "r-5", role="contact", holder=f"person:{person}", to="2999")
    assert holders(goald, "r-5") == {("contact", "person", person, None, "2999")}
    edit(goald, "EndAssignment", "r-5", role="contact", holder=person, mistake=True)


def test_key_of_several_needs_a_word_before_it(goald):
    goald.call("AddPerson", key="both", name="Both")
    goald.call("AddOrganisation", key="both", names={"sv": "Both"})
    add(goald, "r-10")
    assert refused(goald, "AssignRole", code="r-10", role="owner", holder="both") == "holder"
    edit(goald, "AssignRole", "r-10", role="owner", holder="org:both")
    assert holders(goald, "r-10") == {("owner", "organisation", "both", None, None)}


def test_roles_come_from_the_command_line(goald):
    add(goald, "r-6")
    assert goald.goal("assign", "ls:r-6", "--funder", "org:vinnova", "--amount", "100000000",
                      "--currency", "SEK").ok().startswith("r-6 has org:vinnova as funder (seq ")
    assert goald.goal("assign", "ls:r-6").code == 2
    assert goald.goal("assign", "ls:r-6", "--owner", "vinnova", "--lead", "vinnova").code == 2
    assert goald.goal("unassign", "ls:r-6", "--funder", "vinnova", "--to", "2999").ok().startswith(
        "r-6 no longer has vinnova as funder")
    goald.goal("unassign", "ls:r-6", "--funder", "vinnova", "--mistake").ok()
    assert holders(goald, "r-6") == set()


# --- links


def links(goald, code):
    return {(item["type"], item["title"], item["url"]) for item in node(goald, code)["links"]}


def test_links_are_added_changed_and_removed(goald):
    add(goald, "l-1")
    edit(goald, "AddLink", "l-1", type="policy", url=URL, title="En policy", owner="vinnova")
    assert links(goald, "l-1") == {("policy", "En policy", URL)}
    assert last(goald)[2]["owner_id"] > 0
    assert writes_nothing(goald, "AddLink", code="l-1", type="policy", url=URL)
    edit(goald, "AddLink", "l-1", type="policy", url=URL, clear=["title", "owner"])
    assert links(goald, "l-1") == {("policy", None, URL)}
    edit(goald, "AddLink", "l-1", type="page", url=URL)
    assert refused(goald, "RemoveLink", code="l-1", url=URL) == "type"
    edit(goald, "RemoveLink", "l-1", url=URL, type="page")
    edit(goald, "RemoveLink", "l-1", url=URL)
    assert links(goald, "l-1") == set()
    assert refused(goald, "RemoveLink", code="l-1", url=URL) == "url"


@pytest.mark.parametrize("field, parameters", [
    ("url", {"url": "notes.txt"}),
    ("type", {"type": ""}),
    ("title", {"title": ""}),
    ("owner", {"owner": "nobody"}),
])
def test_bad_link_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, "AddLink", **{"code": "2.2", "type": "page", "url": URL,
                                        **parameters}) == field


def test_links_come_from_the_command_line(goald):
    add(goald, "l-2")
    assert goald.goal("link", "ls:l-2", URL, "--type", "report", "--title", "T", "--owner",
                      "vinnova").ok().startswith("l-2 linked (seq ")
    assert links(goald, "l-2") == {("report", "T", URL)}
    assert goald.goal("unlink", "ls:l-2", URL).ok().startswith("l-2 no longer linked")


# --- relations

OTHER = {
    "format": "goald-import-1",
    "strategy": {"key": "older", "alias": "old", "titles": {"en": "The older one"},
                 "timeZone": "UTC", "language": "en", "visibility": "members"},
    "nodes": [{"code": "7", "kind": "target", "titles": {"en": "Seven"}}],
}


@pytest.fixture(scope="module")
def other(goald):
    path = goald.folder / "older.json"
    path.write_text(json.dumps(OTHER))
    goald.goal("import", path).ok()
    return "older"


@pytest.mark.root
def test_relations_are_added_and_removed(goald, other):
    edit(goald, "AddRelation", "2.2", kind="split_from", toStrategy="old", toCode="7")
    entity, action, payload = last(goald)
    assert (entity, action, payload["kind"]) == ("relation", "put", "split_from")
    assert payload["to_strategy"] != 1 and payload["to_node"] > 0
    assert writes_nothing(goald, "AddRelation", code="2.2", kind="split_from", toStrategy="older",
                          toCode="7")
    edit(goald, "AddRelation", kind="supersedes", toStrategy="older")
    edit(goald, "AddRelation", "2.2", kind="depends_on", toCode="4.1")
    assert [(item["kind"], item["strategy"], item["code"]) for item in
            node(goald, "2.2")["relations"]] == [("split_from", "older", "7"),
                                                 ("depends_on", "se-life-science-2019", "4.1")]
    seen = goald.call("GetNode", as_uid=goald.stranger, strategy="ls", code="2.2")["relations"]
    assert [item["code"] for item in seen] == ["4.1"] # the older one is for its members
    assert "split from older:7 Seven" in goald.goal("show", "ls:2.2").ok()
    reply = edit(goald, "RemoveRelation", "2.2", kind="split_from", toStrategy="old", toCode="7")
    assert reply["changed"] and last(goald)[1] == "end"
    assert writes_nothing(goald, "RemoveRelation", code="2.2", kind="split_from",
                          toStrategy="old", toCode="7")


@pytest.mark.root
def test_strategy_that_one_may_not_read_is_as_none(goald, other):
    goald.call("AddAccount", uid=63002)
    goald.call("GrantRole", uid=63002, role="manager", strategy="ls")
    told = []
    for key in (other, "nothing"):
        with pytest.raises(goald.Error) as error:
            goald.call("AddRelation", as_uid=63002, strategy="ls", code="2.2", kind="related",
                       toStrategy=key, toCode="7")
        told.append((error.value.name, error.value.parameters["field"],
                     error.value.parameters["message"].replace(key, "KEY")))
    assert told[0] == told[1]


@pytest.mark.parametrize("field, parameters", [
    ("kind", {"kind": "contradicts", "toCode": "4.1"}),
    ("toCode", {"kind": "related", "toCode": "nowhere"}),
    ("toCode", {"kind": "related", "toCode": "2.2"}),
    ("toStrategy", {"kind": "related", "toStrategy": "nothing"}),
])
def test_bad_relation_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, "AddRelation", code="2.2", **parameters) == field


def test_node_that_others_are_related_to_stays(goald):
    add(goald, "rel-a")
    add(goald, "rel-b")
    edit(goald, "AddRelation", "rel-a", kind="related", toCode="rel-b")
    assert refused(goald, "RemoveNode", code="rel-a") == "code"
    assert refused(goald, "RemoveNode", code="rel-b") == "code"
    edit(goald, "RemoveRelation", "rel-a", kind="related", toCode="rel-b")
    edit(goald, "RemoveNode", "rel-b")


def test_strategy_is_begun_and_filled_by_commands(goald):
    record = ("--title", "sv=Ny", "--title", "en=New", "--default-language", "sv", "--time-zone",
              "Europe/Stockholm", "--visibility", "members", "--start", "2026", "--alias", "nya")
    assert goald.goal("strategy", "add", "begun", "--title", "sv=Ny").code == 2
    assert goald.goal("strategy", "add", "begun", *record, uid=4711).code == 5
    assert goald.goal("strategy", "add", "begun", *record).ok() == (
        "added 1, changed 0, unchanged 0 (seq 1)\n")
    again = goald.goal("strategy", "add", "begun", "--title", "sv=X", *record[2:])
    assert again.code == 1 and "there is a strategy begun already" in again.stderr
    shown = goald.goal("show", "nya", "--language", "en").ok()
    assert "New" in shown and "start 2026" in shown
    wrong = goald.goal("strategy", "add", "begun-2", *record[:6], "--time-zone", "Mars",
                       "--visibility", "public")
    assert wrong.code == 1 and wrong.stderr.startswith("goal: begun-2: strategy.timeZone: ")


def test_node_that_is_there_is_not_added_again(goald):
    result = goald.goal("add", "ls:3.1", "--kind", "target", "--title", "Again")
    assert result.code == 1 and result.stderr == "goal: there is a node 3.1 already\n"
    assert goald.goal("add", "ls", "--title", "Of no kind").code == 2


def test_relations_come_from_the_command_line(goald):
    assert goald.goal("relate", "ls:3.1", "depends-on", "ls:4.1").ok().startswith(
        "3.1 now depends on ls:4.1")
    assert goald.goal("unrelate", "ls:3.1", "depends_on", "4.1").ok().startswith(
        "3.1 no longer depends on 4.1")
    assert goald.goal("relate", "ls:3.1", "contradicts", "4.1").code == 2
    assert goald.goal("__complete", "goal relate ls:3.1 sp").stdout == "split_from\n"


# --- the strategy itself


def strategy(goald):
    return node(goald, None)


def test_attributes_of_the_strategy_change(goald):
    before = strategy(goald)
    reply = edit_strategy(goald, cadence=77, titles={"no": "En strategi"}, expected={"target": 31},
                          acceptance=False)
    after = strategy(goald)
    assert reply["changed"] and after["cadence"] == 77
    assert after["titles"] == {**before["titles"], "no": "En strategi"}
    assert after["expected"] == {**before["expected"], "target": 31}
    assert after["issuer"] == before["issuer"]
    edit_strategy(goald, clear=["cadence", "titles.no"], expected=before["expected"])
    assert {**strategy(goald), "changedSeq": 0, "seq": 0, "cadence": before["cadence"]} == {
        **before, "changedSeq": 0, "seq": 0}


def edit_strategy(goald, **parameters):
    return goald.call("ChangeStrategy", strategy="ls", **parameters)


def test_sectors_are_added_used_and_removed(goald):
    edit_strategy(goald, sectors=[{"key": "food", "title": "Mat"},
                                  {"key": "animals", "titles": {"sv": "Djur", "en": "Animals"}}])
    add(goald, "x-1", sectors=["food"])
    assert node(goald, "x-1")["sectors"] == ["food"]
    assert [item["key"] for item in strategy(goald)["sectorTitles"]] == ["food", "animals"]
    edit_strategy(goald, sectors=[{"key": "food", "titles": {"en": "Food"}}])
    assert last(goald)[2]["sectors"]["food"] == {"en": "Food", "sv": "Mat"}
    assert refused(goald, "ChangeStrategy", removeSectors=["food"]) == "removeSectors[0]"
    edit_strategy(goald, removeSectors=["animals"])
    assert set(last(goald)[2]["sectors"]) == {"food"}
    edit(goald, "ChangeNode", "x-1", clear=["sectors"])
    edit_strategy(goald, removeSectors=["food"])
    assert "sectors" not in last(goald)[2]


@pytest.mark.parametrize("field, parameters", [
    ("alias", {"alias": "a:b"}),
    ("cadence", {"cadence": 0}),
    ("timeZone", {"timeZone": "Mars/Olympus"}),
    ("defaultLanguage", {"defaultLanguage": "x"}),
    ("visibility", {"visibility": "secret"}),
    ("end", {"start": "2025", "end": "2024"}),
    ("expected.goal", {"expected": {"goal": 3}}),
    ("expected.target", {"expected": {"target": -1}}),
    ("sectors[0].key", {"sectors": [{"key": "", "title": "x"}]}),
    ("sectors[0].titles", {"sectors": [{"key": "nameless"}]}),
    ("sectors[0].titles.sv", {"sectors": [{"key": "x", "titles": {"sv": ""}}]}),
    ("removeSectors[0]", {"removeSectors": ["nothing"]}),
    ("clear[0]", {"clear": ["visibility"]}),
    ("titles", {"clear": ["titles.sv", "titles.en"]}),
])
def test_bad_attribute_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, "ChangeStrategy", **parameters) == field


def test_alias_of_another_strategy_is_taken(goald, other):
    assert refused(goald, "ChangeStrategy", alias=other) == "alias"


def test_strategy_is_changed_from_the_command_line(goald):
    assert goald.goal("strategy", "change", "ls", "--cadence", "90", "--sector", "food=Mat",
                      "--expected", "target=32", "--acceptance", "off").ok().startswith(
        "se-life-science-2019 changed (seq ")
    assert (strategy(goald)["cadence"], strategy(goald)["expected"]["target"]) == (90, 32)
    goald.goal("strategy", "change", "ls", "--cadence", "none", "--remove-sector", "food",
               "--expected", "target=30").ok()
    assert goald.goal("strategy", "change", "ls", "--sector", "food").code == 2


def test_repeated_changes_get_the_first_outcome(goald):
    add(goald, "z-1")
    for method, more in (("SetContribution", {"serves": "2.2"}),
                         ("AssignRole", {"role": "lead", "holder": "vinnova"}),
                         ("AddLink", {"type": "page", "url": URL}),
                         ("AddRelation", {"kind": "related", "toCode": "4.1"}),
                         ("RemoveRelation", {"kind": "related", "toCode": "4.1"}),
                         ("RemoveLink", {"url": URL}),
                         ("EndAssignment", {"role": "lead", "holder": "vinnova"}),
                         ("RemoveContribution", {"serves": "2.2"})):
        request = {"strategy": "ls", "code": "z-1", "requestId": new_id(), **more}
        first = goald.call(method, **request)
        assert first["changed"], method
        assert goald.call(method, **request) == first, method


def test_unknown_node_is_named(goald):
    assert error_of(goald, "AddLink", strategy="ls", code="9.9", type="page",
                    url=URL)[0] == "NoSuchNode"


def readme_commands():
    """What the README's parts on keeping a strategy and on closing tell to type."""
    text = (TOP / "README.md").read_text()
    parts = [text[text.index(begin):text.index(end)]
             for begin, end in (("**Managers keep", "**Groups, organisations"),
                                ("**Closing**", "When the daemon cannot"))]
    for line in "".join(parts).splitlines():
        if line.startswith("    $ "):
            for command in re.split(" {4,}", line[6:])[0].split(";"):
                yield shlex.split(command)


def test_readme_on_keeping_a_strategy_is_as_it_says(goald, other):
    goald.call("GrantRole", uid=os.geteuid(), role="reader", strategy=other)
    goald.call("AddPerson", key="karin-ek", name="Karin Ek")
    add(goald, "ind-1", kind="indicator")
    edit(goald, "AssignRole", "2.2", role="owner", holder="vinnova")
    commands = list(readme_commands())
    assert len(commands) > 15
    for _, *words in commands:
        words = ["old:7" if word == "old:2" else word for word in words]
        goald.goal(*words).ok()


def test_what_was_edited_is_exported_and_imported_unchanged(goald, other):
    """Rows look alike whoever wrote them: the export of all these edits changes nothing."""
    add(goald, "whole", kind="indicator", parent="2", titles={"sv": "Å", "en": "A"}, weight=2,
        baseline=1, target=3, unit="%", direction="up", start="2024", dueAfter="P18M", cadence=30)
    edit(goald, "ChangeNode", "whole", target=4)
    edit_strategy(goald, sectors=[{"key": "z", "title": "Z"}, {"key": "a", "title": "A"}])
    edit(goald, "ChangeNode", "whole", sectors=["z", "a"])
    edit(goald, "AssignRole", "whole", role="funder", holder="vinnova", amount=5, currency="SEK",
         note="n", **{"from": "2024"})
    edit(goald, "AssignRole", "whole", role="funder", holder="vinnova", to="2999")
    edit(goald, "AssignRole", "whole", role="partner", holder="vinnova", note="n")
    edit(goald, "EndAssignment", "whole", role="partner", holder="vinnova")
    edit(goald, "AddLink", "whole", type="page", url=URL, owner="vinnova")
    edit(goald, "AddLink", "whole", type="page", url=URL, title="T")
    edit(goald, "SetContribution", "whole", serves="4.1", weight=3)
    edit(goald, "AddRelation", "whole", kind="related", toCode="4.1")
    edit(goald, "RecordReview", "whole", date="2024-01-01", by="vinnova", every="P18M", note="n")
    edit(goald, "RecordReview", "whole", date="2024-01-01", note="m")
    edit(goald, "RecordObservation", "whole", value=2, date="2024-02-01")
    edit(goald, "CloseNode", "whole", how="achieved", date="2024-03-01", reason="r", note="n",
         evidence=[URL])
    edit(goald, "AttachEvidence", "whole", evidence=[URL + "2"])
    path = goald.folder / "exported.json"
    path.write_text(goald.goal("export", "ls").ok())
    told = json.loads(goald.goal("import", path, "--dry-run", "--json").ok())
    assert (told["added"], told["changed"]) == (0, 0), told
