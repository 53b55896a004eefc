"""What the tests of editing share: short calls on ls, and refusals that must write nothing."""

from database import error_of, journal_count


def add(goald, code=None, kind="target", **parameters):
    titles = parameters.pop("titles", {"sv": f"Nod {code}"})
    return goald.call("AddNode", strategy="ls", newCode=code, kind=kind, titles=titles,
                      **parameters)


def edit(goald, method, code=None, **parameters):
    return goald.call(method, strategy="ls", code=code, **parameters)


def node(goald, code=None):
    return goald.call("GetNode", strategy="ls", code=code)


def status(goald, code=None):
    return goald.call("GetStatus", strategy="ls", code=code)


def refused(goald, method, **parameters):
    """The field that a change is refused for, after making sure that nothing was written."""
    before = journal_count(goald)
    name, details = error_of(goald, method, strategy="ls", **parameters)
    assert name in ("InvalidValue", "AlreadyExists"), (name, details)
    assert journal_count(goald) == before
    return details["field"]


def writes_nothing(goald, method, **parameters):
    """Is nothing changed by it, and nothing written?"""
    before = journal_count(goald)
    reply = goald.call(method, strategy="ls", **parameters)
    return (reply["changed"], journal_count(goald) - before) == (False, 0)
