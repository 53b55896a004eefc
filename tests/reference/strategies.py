"""Random strategies: import documents that follow each other, and what they make known.

A strategy is told in three documents, each with all that the earlier ones said and more: structure
that changed, corrections, closings and reopenings that came late. Everything follows from a seed.
`python3 strategies.py SEED` prints the documents.
"""

import copy
import datetime
import json
import random
import sys

from rules import Node, Record, Strategy, last_day

KINDS = ("priority", "target", "need", "initiative", "deliverable", "indicator")
FIRST, LAST = datetime.date(2019, 1, 1), datetime.date(2024, 12, 31)
DOCUMENTS = 3
EVIDENCE = "https://example.org/evidence"


class Generator:
    def __init__(self, seed, trees):
        self.random = random.Random(seed)
        self.key = f"random-{seed}"
        self.nodes = []
        self.closed = {}  # by node, the times from and to which it is closed
        strategy = {"key": self.key, "titles": {"en": self.key}, "timeZone": "UTC",
                    "language": "en", "visibility": "public"}
        if self.chance(0.8):
            strategy["cadence"] = self.random.choice([30, 90, 365, 1500])
        if self.chance(0.3):
            strategy["acceptance"] = True
        if self.chance(0.6):
            strategy["period"] = {"start": self.date(2018, 2019), "end": self.date(2024, 2030)}
        self.acceptance = strategy.get("acceptance", False)
        self.document = {"format": "goald-import-1", "strategy": strategy, "nodes": self.nodes,
                         "updates": [], "closings": [], "observations": []}
        for tree in range(trees):
            self.make_tree(tree)
        self.make_history({"code": None, "kind": "strategy"})

    # Chances

    def chance(self, share):
        return self.random.random() < share

    def maybe(self, record, share, **values):
        if self.chance(share):
            record.update(values)

    def number(self, low, high):
        return self.random.choice([self.random.randint(low, high),
                                   round(self.random.uniform(low, high), 2)])

    def date(self, first_year, last_year):
        """A date of any precision."""
        first = datetime.date(first_year, 1, 1).toordinal()
        last = datetime.date(last_year, 12, 31).toordinal()
        text = datetime.date.fromordinal(self.random.randint(first, last)).isoformat()
        return text[:self.random.choice([10, 10, 10, 10, 7, 4])]

    # Structure

    def make_tree(self, tree):
        size = self.random.choice([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 40])
        mine = []
        for number in range(size):
            node = self.make_node(f"{tree}.{number}", mine)
            mine.append(node)
            self.nodes.append(node)
        for node in mine:
            self.make_history(node)

    def make_node(self, code, earlier):
        kind = self.random.choice(KINDS if earlier else KINDS[:4])
        node = {"code": code, "kind": kind, "titles": {"en": f"Node {code}"}}
        parents = [other for other in earlier[-8:] if other["kind"] != "indicator"]
        if parents:
            node["parent"] = self.random.choice(parents)["code"]
        self.maybe(node, 0.4, weight=self.number(1, 5))
        self.maybe(node, 0.2, cadence=self.random.choice([10, 100, 700]))
        if kind == "indicator":
            self.make_indicator(node)
        self.make_dates(node)
        served = [other["code"] for other in earlier if other["kind"] != "indicator"]
        if served and self.chance(0.3):
            served = self.random.sample(served, self.random.randint(1, min(2, len(served))))
            node["serves"] = [self.make_contribution(code) for code in served]
        return node

    def make_contribution(self, code):
        contribution = {"node": code}
        self.maybe(contribution, 0.6, weight=self.number(1, 5))
        return contribution

    def make_indicator(self, node):
        self.maybe(node, 0.9, baseline=self.number(-20, 50))
        self.maybe(node, 0.9, target=self.number(-20, 150))
        if self.chance(0.1):
            node["target"] = node.get("baseline", 0)
        self.maybe(node, 0.6, direction=self.random.choice(["up", "down"]))

    def make_dates(self, node):
        if self.chance(0.4):
            node["start"] = self.date(2018, 2021)
        if self.chance(0.15):
            lengths = {"years": 4, "months": 17, "days": 400}
            units = self.random.sample(sorted(lengths), self.random.randint(1, 3))
            node["due"] = {"after": "start"} | {unit: self.random.randint(1, lengths[unit])
                                                for unit in units}
        elif self.chance(0.6):
            node["due"] = self.date(2022, 2030)

    # What was recorded

    def make_history(self, node):
        code = node["code"]
        self.closed[code] = self.make_closings(code) if code and self.chance(0.3) else []
        for _ in range(self.random.choice([0, 0, 1, 2, 4, 7])):
            self.add("updates", self.make_update(code))
        if node["kind"] == "indicator":
            for _ in range(self.random.choice([0, 1, 2, 4, 7])):
                self.add("observations", self.make_observation(code))
        self.maybe_correct("updates", code, self.make_update)
        self.maybe_correct("observations", code, self.make_observation)

    def add(self, part, record, after=0):
        """Puts a record into one of the documents; what corrects another one comes no earlier."""
        after = max(after, record.get("document", 0))
        record["document"] = max(after, self.random.choice([0, 0, 0, 1, 1, 2]))
        record["id"] = f"{part[0]}{len(self.document[part])}"
        self.document[part].append(record)

    def maybe_correct(self, part, code, make):
        """Corrects some records, and some of the corrections."""
        for record in self.document[part]:
            if record["node"] == code and self.chance(0.2):
                correction = make(code) | {"supersedes": record["id"], "reason": "It was wrong"}
                self.add(part, correction, after=record["document"])

    def make_closings(self, code):
        """Closes and reopens a node some times; returns the times that it is closed, each with its
        first day, the day of its reopening and the document that tells of that."""
        dates = [self.date(2019, 2024) for _ in range(self.random.choice([1, 1, 2, 3]))]
        closed, document = [], 0
        for number, date in enumerate(sorted(dates, key=last_day)):
            record = {"node": code, "date": date, "how": "reopened" if number % 2 else
                      self.random.choice(["achieved", "achieved", "missed", "dropped"])}
            self.maybe(record, 0.5, evidence=[EVIDENCE])
            document = max(document, self.random.choice([0, 0, 1, 2]))
            self.document["closings"].append(record | {"document": document})
            if number % 2:
                closed[-1][1:] = last_day(date), document
            else:
                closed.append([last_day(date), datetime.date.max, DOCUMENTS])
        return closed

    def open_from(self, code, date):
        """The first document in which the node is open on that day; DOCUMENTS if none is."""
        day = last_day(date)
        return max([document if day >= end else DOCUMENTS
                    for first, end, document in self.closed[code] if day >= first], default=0)

    def make_update(self, code):
        update = {"node": code, "date": self.date(2019, 2024)}
        opened = self.open_from(code, update["date"])
        if opened < DOCUMENTS and self.chance(0.7):
            update["percent"] = self.random.choice([0, 100, self.number(0, 100)])
            update["document"] = opened
        self.maybe(update, 0.3, state=self.random.choice(["on_track", "at_risk", "off_track"]))
        self.maybe(update, 0.2, confidence=self.random.choice(["low", "medium", "high"]))
        self.maybe(update, 0.3, evidence=[EVIDENCE])
        if self.acceptance:
            self.maybe(update, 0.3, decision=self.random.choice(["waiting", "returned"]))
        update["note"] = f"Note {len(self.document['updates'])}"
        return update

    def make_observation(self, code):
        seen = {"node": code, "date": self.date(2019, 2024), "value": self.number(-30, 160)}
        self.maybe(seen, 0.2, breakdown={"region": self.random.choice(["SE110", "SE120"])})
        return seen

    # The documents

    def documents(self):
        """The documents as they are imported, one after the other."""
        found = []
        for number in range(DOCUMENTS):
            if number:
                self.change_structure()
                self.change_updates(number)
            document = copy.deepcopy(self.document)
            for part in ("updates", "closings", "observations"):
                known = [record for record in document[part] if record["document"] <= number]
                document[part] = [{key: value for key, value in record.items()
                                   if key != "document"} for record in known]
            found.append({part: value for part, value in document.items() if value})
        return found

    def change_structure(self):
        for node in self.nodes:
            if self.chance(0.1):
                for name in ("start", "due"):
                    node.pop(name, None)
                self.make_dates(node)
            if self.chance(0.1):
                node["weight"] = self.number(1, 5)

    def change_updates(self, number):
        """Says something else under the id of an update, which corrects what it said before."""
        corrected = {update.get("supersedes") for update in self.document["updates"]}
        for place, update in enumerate(self.document["updates"]):
            if update["document"] < number and update["id"] not in corrected and self.chance(0.1):
                new = self.make_update(update["node"])
                if new.get("document", 0) <= number and "supersedes" not in update:
                    kept = {"id": update["id"], "document": update["document"]}
                    self.document["updates"][place] = new | kept


def known(documents):
    """What the documents that were imported one after the other make known."""
    newest = documents[-1]
    period = newest["strategy"].get("period") or {}
    root = Node("", "strategy", start=period.get("start"), due=period.get("end"))
    nodes = {"": root} | {node["code"]: read_node(node) for node in newest["nodes"]}
    lists = {part: read_records(part, documents)
             for part in ("updates", "observations", "closings")}
    return Strategy(newest["strategy"].get("cadence"), nodes, **lists)


def read_node(node):
    fields = {name: node.get(name) for name in
              ("code", "kind", "parent", "start", "due", "weight", "cadence", "baseline", "target",
               "direction")}
    return Node(**fields, serves={served["node"]: served.get("weight")
                                  for served in node.get("serves", [])})


def read_records(part, documents):
    """The records of a part in the order in which the documents brought them in."""
    found, newest = [], {}
    for document in documents:
        for record in document.get(part, []):
            name = record.get("id") or (record["node"], record["date"], record["how"])
            before = newest.get(name)
            if before is None or before[0] != record:
                number = before[1] if before else None
                if "supersedes" in record:
                    number = newest[record["supersedes"]][1]
                newest[name] = record, len(found)
                found.append(read_record(record, len(found), number))
    return found


def read_record(record, number, supersedes):
    fields = {name: record.get(name) for name in
              ("node", "date", "percent", "state", "confidence", "value", "breakdown", "how")}
    return Record(number, **fields | {"node": record.get("node") or ""}, supersedes=supersedes,
                  evidence=bool(record.get("evidence")), accepted="decision" not in record)


if __name__ == "__main__":
    print(json.dumps(Generator(int(sys.argv[1]), 1).documents(), indent=1))
