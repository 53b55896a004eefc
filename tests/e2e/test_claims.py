"""ClaimReminders, SettleReminders, RetryReminder: every occurrence is in one run's hands at a time,
whatever becomes of the runs."""

import pytest

from claims import DAY, Plan, address, forget_runs, told
from database import error_of, new_id


@pytest.fixture
def plan(goald):
    forget_runs(goald)
    return Plan(goald)


def test_letters_are_claimed_once(plan):
    run = new_id()
    letters = plan.claim(run=run)
    assert {key: told(letter) for key, letter in letters.items()} == {
        plan.anna: [("1", "due", 30)], plan.bo: [("3", "due", 14)]}
    assert plan.claim() == {}
    assert plan.claim(run=run) == {}
    for letter in letters.values():
        assert plan.settle(run, letter) == 1
    assert plan.claim() == {}
    assert plan.status() == {"sent": 2, "skipped": 1} # of 3 the reminder of 30 days
