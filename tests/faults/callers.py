"""Load from many careful clients: each makes changes under request ids of its own, and repeats
under the same id what it got no answer to. All requests and what became of them are kept for the
audit.

A Load owns its threads; stop() ends them.
"""

import dataclasses
import random
import threading
import time
import uuid

from settings import CALLERS, SEED
from varlink import Varlink, VarlinkError

ANSWER_TIMEOUT = 120  # of one call: longer than any time limit of goald's, so that none may hang
SETTLE_TIMEOUT = 90  # for what is still open when the load ends
AGAIN_AFTER = 0.02  # before a daemon that was not there is tried again
MOST_PLACES = 5  # nodes that each caller reports on

ANSWERED, LOST = "answered", "lost"
NOT_WRITTEN = ("Unavailable", "Overloaded")
IN_DOUBT = (LOST, "OutcomeUnknown")


@dataclasses.dataclass
class Request:
    """One change: its id is in the parameters; the outcomes are those of its attempts in turn; era:
    the load's when the connection was made that brought the reply."""

    method: str
    parameters: dict
    outcomes: list = dataclasses.field(default_factory=list)
    reply: dict = None
    era: int = None

    @property
    def id(self):
        return self.parameters["requestId"]

    @property
    def strategy(self):
        return 1 if self.method == "SubmitUpdate" else 0

    @property
    def entity(self):
        """The id of what it made."""
        return self.reply["updateId" if self.method == "SubmitUpdate" else "account"]

    @property
    def may_be_written(self):
        return self.reply is not None or any(outcome in IN_DOUBT for outcome in self.outcomes)


class Caller(threading.Thread):
    """One client. It leaves some changes that were Unavailable as they are: they must not be in
    the journal."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.rng = random.Random(f"{load.seed}/{number}")
        self.places = self.rng.sample(load.codes, min(MOST_PLACES, len(load.codes)))
        self.correctable = []
        self.connection = self.era = None
        self.made = 0

    def run(self):
        try:
            while not self.load.ending.is_set():
                self.settle(self.make())
        except Exception as error:  # pylint: disable=broad-except
            self.load.failed(f"caller {self.number}: {type(error).__name__}: {error}")
        finally:
            self.disconnect()

    def disconnect(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    # --- what it asks for

    def make(self):
        self.made += 1
        draw = self.rng.random()
        if draw < self.load.registry:
            return self.keep("AddAccount", uid=10 ** 6 * (self.number + 1) + self.made)
        marker = f"{self.number}-{self.made}"
        if draw > 1 - self.load.corrections and self.correctable:
            code, update = self.correctable.pop(self.rng.randrange(len(self.correctable)))
            return self.keep("SubmitUpdate", strategy="ls", code=code, note=marker,
                             percent=self.rng.randint(0, 100), supersedes=update, reason="wrong")
        return self.keep("SubmitUpdate", strategy="ls", code=self.rng.choice(self.places),
                         note=marker, percent=self.rng.randint(0, 100))

    def keep(self, method, **parameters):
        number = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        request = Request(method, {**parameters, "requestId": str(number)})
        self.load.requests.append(request)
        return request

    # --- until it has its answer

    def settle(self, request):
        patient = self.rng.random() < 0.8
        while True:
            self.attempt(request)
            if request.reply is not None or self.load.is_over():
                return
            if not patient and not request.may_be_written and request.outcomes:
                return
            time.sleep(AGAIN_AFTER)

    def attempt(self, request):
        try:
            if not self.connection:
                self.era = self.load.era
                address = self.rng.choice(self.load.addresses)
                self.connection = Varlink(address, timeout=ANSWER_TIMEOUT)
        except OSError:
            return
        try:
            reply = self.connection.call(request.method, **request.parameters)
        except VarlinkError as error:
            self.refused(request, error)
        except TimeoutError:
            raise AssertionError(f"no answer in {ANSWER_TIMEOUT} s: {request}") from None
        except OSError:
            request.outcomes.append(LOST)
            self.disconnect()
        else:
            self.answered(request, reply)

    def refused(self, request, error):
        name = error.name.rsplit(".", 1)[-1]
        request.outcomes.append(name)
        if name not in (*NOT_WRITTEN, *IN_DOUBT):
            raise AssertionError(f"{request} got {error}")
        if len(self.load.addresses) > 1:
            self.disconnect()

    def answered(self, request, reply):
        assert reply.get("requestId", request.id) == request.id
        request.reply, request.era = reply, self.era
        request.outcomes.append(ANSWERED)
        self.load.acknowledge()
        if request.method == "SubmitUpdate":
            self.correctable.append((request.parameters["code"], reply["updateId"]))
            if self.load.reads and self.rng.random() < 0.1:
                self.read(request)

    def read(self, request):
        """Who was told that a change is done sees it."""
        try:
            status = self.connection.call("GetStatus", strategy="ls",
                                          code=request.parameters["code"])
        except VarlinkError as error:
            assert error.name.endswith(".Unavailable"), error
        except OSError:
            self.disconnect()
        else:
            assert status["seq"] >= request.reply["seq"], "one's own change is not seen"


class Load:
    """Callers of one daemon, or of several: each request may be tried on any of them.

    registry, corrections: the shares of changes of the registry and of corrections. reads: look
    after changes (where nothing that was acknowledged may go). era: counted on by the test.
    """

    def __init__(self, *daemons, callers=CALLERS, registry=0.05, corrections=0.1, reads=True,
                 seed=SEED):
        self.addresses = [daemon.address for daemon in daemons]
        self.registry, self.corrections, self.reads, self.seed = registry, corrections, reads, seed
        nodes = [reply["node"] for reply in daemons[0].stream("ListTree", strategy="ls")]
        self.codes = sorted(node["code"] for node in nodes
                            if node["depth"] > 0 and not node["closing"])
        self.requests = []
        self.failures = []
        self.acknowledged = self.era = 0
        self.changed = threading.Condition()
        self.ending = threading.Event()
        self.over_at = None
        self.callers = [Caller(self, number) for number in range(callers)]

    def __enter__(self):
        for caller in self.callers:
            caller.start()
        return self

    def __exit__(self, kind, *_):
        self.stop(0 if kind else SETTLE_TIMEOUT)

    def stop(self, settle=SETTLE_TIMEOUT):
        """Lets each caller settle what it has begun."""
        self.over_at = time.monotonic() + settle
        self.ending.set()
        for caller in self.callers:
            caller.join(settle + ANSWER_TIMEOUT)
        assert not any(caller.is_alive() for caller in self.callers), "a caller hangs"

    def is_over(self):
        return self.ending.is_set() and time.monotonic() > self.over_at

    def acknowledge(self):
        with self.changed:
            self.acknowledged += 1
            self.changed.notify_all()

    def failed(self, text):
        with self.changed:
            self.failures.append(text)
            self.changed.notify_all()

    def wait(self, more, timeout=ANSWER_TIMEOUT):
        """Until so many more changes were acknowledged."""
        with self.changed:
            goal = self.acknowledged + more
            assert self.changed.wait_for(
                lambda: self.acknowledged >= goal or self.failures, timeout), \
                f"{goal - self.acknowledged} of {more} were not acknowledged in {timeout} s"
            assert not self.failures, self.failures[:3]

    def wait_outcome(self, names, count=1, timeout=ANSWER_TIMEOUT):
        """Until callers were told one of these errors so often from now on."""
        begin = len(self.requests)
        earlier = self.count(names)
        deadline = time.monotonic() + timeout
        while self.count(names) < earlier + count:
            assert not self.failures, self.failures[:3]
            assert time.monotonic() < deadline, f"none of {names} since request {begin}"
            self.ending.wait(0.05)

    def count(self, names):
        return sum(outcome in names for request in list(self.requests)
                   for outcome in request.outcomes)
