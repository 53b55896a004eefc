"""Drafts, and updates that a manager has to accept: who sees them, who may do what with them, and
that nothing counts before it is its time."""

import json

import pytest

ANNA, BO, KARIN, READER = 54400, 54401, 54402, 54403
DOCUMENT = {
    "format": "goald-import-1",
    "strategy": {"key": "plan", "titles": {"en": "Plan"}, "timeZone": "Europe/Stockholm",
                 "language": "en", "visibility": "public"},
    "persons": [{"id": "anna", "name": "Anna"}, {"id": "bo", "name": "Bo"}],
    "groups": [{"id": "g", "kind": "working_group", "names": {"en": "G"}, "aims": ["1"],
                "members": [{"person": "anna", "role": "secretary"},
                            {"person": "bo", "role": "member"}]}],
    "nodes": [{"code": "1", "kind": "target", "titles": {"en": "One"}},
              {"code": "1.1", "kind": "deliverable", "parent": "1", "titles": {"en": "Paper"}},
              {"code": "2", "kind": "target", "titles": {"en": "Two"}}],
}


@pytest.fixture(scope="module")
def people(goald):
    """The plan, with Anna and Bo in its group, Karin as its manager, and a reader of it."""
    goald.goal("import", "-", stdin=json.dumps(DOCUMENT)).ok()
    goald.call("AddAccount", uid=ANNA, person="anna")
    goald.call("AddAccount", uid=BO, person="bo")
    goald.grant(KARIN, "manager", "plan")
    goald.grant(READER, "reader", "plan")
    return goald


@pytest.fixture
def accepting(people):
    """The plan asks for acceptance."""
    people.call("ChangeStrategy", strategy="plan", acceptance=True, as_uid=KARIN)
    yield people
    people.call("ChangeStrategy", strategy="plan", acceptance=False, as_uid=KARIN)


def submit(goald, uid, code="1.1", **parameters):
    return goald.call("SubmitUpdate", as_uid=uid, strategy="plan", code=code, **parameters)


def draft(goald, uid=ANNA, **parameters):
    return submit(goald, uid, draft=True, **parameters)["updateId"]


def drafts(goald, uid):
    return [reply["draft"]["id"] for reply in goald.stream("ListDrafts", as_uid=uid,
                                                           strategy="plan") if reply]


def updates(goald, uid, code="1.1", **parameters):
    return [reply["update"] for reply in goald.stream("ListUpdates", as_uid=uid, strategy="plan",
                                                      code=code, **parameters) if reply]


def waiting(goald, uid, decision="waiting"):
    return [update["id"] for update in updates(goald, uid, "", below=True, decision=decision)]


def progress(goald, code="1.1"):
    return goald.call("GetStatus", strategy="plan", code=code)["progress"]


def refused(goald, uid, method, **parameters):
    with pytest.raises(goald.Error) as error:
        goald.call(method, as_uid=uid, strategy="plan", **parameters)
    return error.value.name.rsplit(".", 1)[1], error.value.parameters


def close(goald, id):
    goald.call("DropDraft", as_uid=KARIN, strategy="plan", draft=id)


# --- drafts


def test_draft_counts_for_nothing_until_it_is_submitted(people):
    before = progress(people)
    count = people.call("GetStatus", strategy="plan", code="1.1")["updateCount"]
    id = draft(people, percent=40, note="half", evidence=["https://example.org/1"])
    assert progress(people) == before
    assert people.call("GetStatus", strategy="plan", code="1.1")["updateCount"] == count
    reply = people.call("SubmitDraft", as_uid=ANNA, strategy="plan", draft=id)
    assert (reply["code"], reply["waits"], progress(people)) == ("1.1", False, 40)
    newest = updates(people, READER)[0]
    assert (newest["id"], newest["note"], newest["author"], newest["evidence"]) == (
        reply["id"], "half", "Anna", ["https://example.org/1"])
    assert id not in drafts(people, ANNA)
    assert refused(people, ANNA, "SubmitDraft", draft=id)[0] == "InvalidValue"


def test_draft_is_the_groups_and_the_managers_to_see(people):
    id = draft(people, note="secret so far")
    for uid in (ANNA, BO, KARIN, 0):
        assert id in drafts(people, uid)
    for uid in (READER, people.stranger):
        assert drafts(people, uid) == []
        log = json.dumps(people.stream("ListJournal", as_uid=uid, strategy="plan"))
        assert "secret so far" not in log
        history = json.dumps(updates(people, uid, "", below=True))
        assert "secret so far" not in history
    close(people, id)


def test_draft_is_the_groups_and_the_managers_to_submit_and_drop(people):
    for uid in (BO, KARIN):
        people.call("SubmitDraft", as_uid=uid, strategy="plan", draft=draft(people, percent=5))
        people.call("DropDraft", as_uid=uid, strategy="plan", draft=draft(people, percent=6))
    id = draft(people, percent=7)
    for method in ("SubmitDraft", "DropDraft"):
        # who may not see it does not learn that it is there
        name, parameters = refused(people, READER, method, draft=id)
        assert (name, parameters["field"]) == ("InvalidValue", "draft")
        # an administrator sees it, and is no contributor
        assert refused(people, 0, method, draft=id)[0] == "NotPermitted"
    close(people, id)


def test_draft_needs_the_right_to_report(people):
    assert refused(people, ANNA, "SubmitUpdate", code="2", percent=1, draft=True)[0] == (
        "NotPermitted")
    assert refused(people, READER, "SubmitUpdate", code="1.1", percent=1, draft=True)[0] == (
        "NotPermitted")


def test_draft_keeps_to_the_rules_when_it_is_submitted(people):
    wrong = submit(people, ANNA, percent=11)["updateId"]
    id = draft(people, percent=12, supersedes=wrong, reason="counted twice")
    submit(people, ANNA, percent=13, supersedes=wrong, reason="counted again")
    name, parameters = refused(people, ANNA, "SubmitDraft", draft=id)
    assert (name, parameters["field"]) == ("InvalidValue", "supersedes")
    close(people, id)


def test_draft_submitted_twice_under_one_request_id_is_one_update(people):
    id = draft(people, percent=14)
    request = "7d9f2b8c-4a55-4c41-9a3e-0b5d1c3f7a01"
    first = people.call("SubmitDraft", as_uid=ANNA, strategy="plan", draft=id, requestId=request)
    again = people.call("SubmitDraft", as_uid=ANNA, strategy="plan", draft=id, requestId=request)
    assert again == first


def test_node_with_a_draft_is_not_removed(people):
    people.call("AddNode", as_uid=KARIN, strategy="plan", parent="1", kind="deliverable",
                newCode="1.9", titles={"en": "Nine"})
    id = draft(people, code="1.9", note="x")
    name, parameters = refused(people, KARIN, "RemoveNode", code="1.9")
    assert (name, "draft" in parameters["message"]) == ("InvalidValue", True)
    close(people, id)
    people.call("RemoveNode", as_uid=KARIN, strategy="plan", code="1.9")


# --- acceptance


def test_update_that_waits_counts_once_it_is_accepted(accepting):
    before = progress(accepting)
    reply = submit(accepting, ANNA, percent=61, note="not yet")
    assert (reply["waits"], progress(accepting)) == (True, before)
    assert reply["updateId"] in waiting(accepting, KARIN)
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=reply["updateId"])
    assert (progress(accepting), reply["updateId"] in waiting(accepting, KARIN)) == (61, False)
    newest = updates(accepting, READER)[0]
    assert (newest["note"], newest["decision"]) == ("not yet", "accepted")


def test_update_of_a_manager_does_not_wait(accepting):
    reply = submit(accepting, KARIN, percent=62)
    assert (reply["waits"], progress(accepting)) == (False, 62)


def test_update_that_waits_is_not_everybodys_to_see(accepting):
    id = submit(accepting, ANNA, percent=63, note="hush")["updateId"]
    for uid in (ANNA, BO, KARIN, 0):
        assert id in waiting(accepting, uid)
    for uid in (READER, accepting.stranger):
        assert waiting(accepting, uid) == []
        assert "hush" not in json.dumps(updates(accepting, uid))
        assert "hush" not in json.dumps(accepting.stream("ListJournal", as_uid=uid,
                                                         strategy="plan"))
        assert "hush" not in json.dumps(accepting.call("GetStatus", as_uid=uid, strategy="plan",
                                                       code="1.1"))
    accepting.call("ReturnUpdate", as_uid=KARIN, strategy="plan", updateId=id, note="which?")
    assert "which?" not in json.dumps(accepting.stream("ListJournal", as_uid=READER,
                                                       strategy="plan"))


def test_update_that_is_returned_may_be_accepted_later(accepting):
    before = progress(accepting)
    id = submit(accepting, ANNA, percent=64)["updateId"]
    accepting.call("ReturnUpdate", as_uid=KARIN, strategy="plan", updateId=id, note="no report")
    assert (progress(accepting), id in waiting(accepting, ANNA)) == (before, False)
    returned = updates(accepting, ANNA, decision="returned")[0]
    assert (returned["id"], returned["decisionNote"]) == (id, "no report")
    assert refused(accepting, KARIN, "ReturnUpdate", updateId=id, note="again")[0] == (
        "InvalidValue")
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=id)
    assert (progress(accepting), id in waiting(accepting, ANNA, "returned")) == (64, False)


def test_correction_that_waits_supersedes_once_it_is_accepted(accepting):
    wrong = submit(accepting, KARIN, percent=65)["updateId"]
    id = submit(accepting, ANNA, percent=15, supersedes=wrong, reason="turned round")["updateId"]
    other = submit(accepting, BO, percent=25, supersedes=wrong, reason="another way")["updateId"]
    assert progress(accepting) == 65
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=id)
    assert progress(accepting) == 15
    name, parameters = refused(accepting, KARIN, "AcceptUpdate", updateId=other)
    assert (name, parameters["field"]) == ("InvalidValue", "updateId")
    accepting.call("ReturnUpdate", as_uid=KARIN, strategy="plan", updateId=other, note="late")


def test_decision_is_the_managers(accepting):
    id = submit(accepting, ANNA, percent=66)["updateId"]
    for uid in (ANNA, READER, 0):
        for method, more in (("AcceptUpdate", {}), ("ReturnUpdate", {"note": "no"})):
            assert refused(accepting, uid, method, updateId=id, **more)[0] == "NotPermitted"
    assert refused(accepting, KARIN, "ReturnUpdate", updateId=id)[1]["field"] == "note"
    assert refused(accepting, KARIN, "AcceptUpdate", updateId=id + 1000)[1]["field"] == "updateId"
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=id)


def test_what_waits_and_what_was_decided_outlives_a_restart(accepting):
    kept = draft(accepting, percent=1)
    waits = submit(accepting, ANNA, percent=67)["updateId"]
    returned = submit(accepting, ANNA, percent=68)["updateId"]
    counts = submit(accepting, ANNA, percent=69)["updateId"]
    accepting.call("ReturnUpdate", as_uid=KARIN, strategy="plan", updateId=returned, note="n")
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=counts)
    before = (drafts(accepting, ANNA), waiting(accepting, ANNA), waiting(accepting, ANNA,
                                                                         "returned"),
              accepting.call("GetStatus", strategy="plan", code="1.1"))
    accepting.restart()
    after = (drafts(accepting, ANNA), waiting(accepting, ANNA), waiting(accepting, ANNA,
                                                                        "returned"),
             accepting.call("GetStatus", strategy="plan", code="1.1"))
    assert after == before
    assert (kept in after[0], waits in after[1], returned in after[2]) == (True, True, True)
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=returned)
    accepting.call("AcceptUpdate", as_uid=KARIN, strategy="plan", updateId=waits)
    close(accepting, kept)


# --- the client


def test_client_takes_an_update_from_draft_to_accepted(accepting):
    said = accepting.goal("update", "plan:1.1", "--percent", "70", "--draft", uid=ANNA).ok()
    assert "kept as a draft" in said
    id = drafts(accepting, ANNA)[-1]
    assert str(id) in accepting.goal("drafts", "plan", uid=BO).ok()
    assert "no draft" in accepting.goal("drafts", "plan", uid=READER).ok()
    assert f"goal submit plan:{id}" in accepting.goal("next", uid=ANNA).ok()
    assert accepting.goal("submit", f"plan:{id}", uid=ANNA).ok().startswith(
        "1.1 submitted; it waits for a manager to accept it (seq ")
    update = waiting(accepting, KARIN)[0]
    assert "waits for a manager" in accepting.goal("inbox", "plan", uid=KARIN).ok()
    assert f"goal accept plan:{update}" in accepting.goal("next", uid=KARIN).ok()
    assert accepting.goal("return", f"plan:{update}", uid=KARIN).returncode == 2
    accepting.goal("return", f"plan:{update}", "-m", "where is it?", uid=KARIN).ok()
    assert "where is it?" in accepting.goal("inbox", "plan", "--returned", uid=ANNA).ok()
    # a bare number is of the only strategy, or of GOAL_STRATEGY
    accepting.goal("accept", update, uid=KARIN, env={"GOAL_STRATEGY": "plan"}).ok()
    assert progress(accepting) == 70
    assert accepting.goal("accept", f"plan:{update}", uid=KARIN).returncode == 1
    assert accepting.goal("accept", "plan:x", uid=KARIN).returncode == 2
