"""Varlink interface files: a parser of the tests' own, and a checker of values against them.

It shares nothing with the daemon's, so that one cannot hide the other's mistakes.
"""

import re

TOKEN = re.compile(r"#[^\n]*|[A-Za-z_][A-Za-z0-9_.-]*|->|\[string\]|\[\]|[?():,]|\s+")
SIMPLE = {"bool": bool, "int": int, "float": (int, float), "string": str, "object": dict}


def tokens(text):
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        assert found, f"no token at {text[at:at + 20]!r}"
        at = found.end()
        if not found[0].isspace() and not found[0].startswith("#"):
            yield found[0]
    yield ""


class Interface:
    """.methods {name: (input, output)}, .errors and .types {name: type}."""

    def __init__(self, text):
        self.types, self.methods, self.errors = {}, {}, {}
        self.tokens = tokens(text)
        self.token = next(self.tokens)
        assert self.take() == "interface"
        self.name = self.take()
        while self.token:
            self.read_member()

    def take(self, expected=None):
        token, self.token = self.token, next(self.tokens, "")
        assert expected in (None, token), f"{token!r} instead of {expected!r}"
        return token

    def read_member(self):
        kind, name = self.take(), self.take()
        read = self.read_type()
        if kind == "method":
            self.take("->")
            self.methods[name] = (read, self.read_type())
        else:
            {"type": self.types, "error": self.errors}[kind][name] = read

    def read_type(self):
        """(kind, what it is of): ("array", ("int", None))."""
        prefix = {"?": "nullable", "[]": "array", "[string]": "map"}.get(self.token)
        if prefix:
            self.take()
            return prefix, self.read_type()
        if self.token == "(":
            return self.read_fields()
        token = self.take()
        return (token, None) if token in SIMPLE else ("name", token)

    def read_fields(self):
        fields = {}
        self.take("(")
        while self.token != ")":
            name = self.take()
            fields[name] = None
            if self.token == ":":
                self.take()
                fields[name] = self.read_type()
            if self.token != ")":
                self.take(",")
        self.take(")")
        is_enum = fields and None in fields.values()
        return ("enum", list(fields)) if is_enum else ("struct", fields)

    def faults(self, kind_of, value, path=""):
        """What of the value is not as its type says: ["node.work.total: None is no int", …]."""
        kind, of = kind_of
        if kind == "nullable":
            return [] if value is None else self.faults(of, value, path)
        if kind == "name":
            return self.faults(self.types[of], value, path)
        if kind == "array" and isinstance(value, list):
            return [fault for i, item in enumerate(value)
                    for fault in self.faults(of, item, f"{path}[{i}]")]
        if kind == "map" and isinstance(value, dict):
            return [fault for key, item in value.items()
                    for fault in self.faults(of, item, f"{path}.{key}")]
        if kind == "struct" and isinstance(value, dict):
            unknown = [f"{path}.{key}: unknown" for key in value if key not in of]
            return unknown + [fault for name, field in of.items()
                              for fault in self.faults(field, value.get(name), f"{path}.{name}")]
        if kind == "enum" and value in of:
            return []
        is_simple = kind in SIMPLE and isinstance(value, SIMPLE[kind])
        if is_simple and (kind == "bool") == isinstance(value, bool):
            return []
        return [f"{path}: {value!r} is no {kind}"]
