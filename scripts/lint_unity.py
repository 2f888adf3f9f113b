#!/usr/bin/env python3
"""Names that would meet in a unity build (cmake/Unity.cmake).

Files of one namespace may be compiled as one, and which of them are changes with each new file. So names in their unnamed
namespaces must differ, or the build breaks one day for somebody who did nothing wrong. Prints one line per finding and exits 1
when there is any. Overloads may share a name; aliases of the same type may, too.
"""
import collections
import re
import sys

import lint_rules

NAMESPACE = re.compile(r"^namespace (troupe[\w:]*) \{")
SHELLS = re.compile(r"^actors/.*(_actor|_run|_metrics|/node\w*|/event_tap|/harden|/actor_error)\.cpp$")
NAMES = [
    ("constant", re.compile(r"^(?:inline )?(?:const|constexpr) [^(;]*?\b(\w+)(?:\[\w*\])?(?: =|\{|;|$)", re.MULTILINE)),
    ("alias", re.compile(r"^using (\w+ = [^;]*);", re.MULTILINE)),
    ("type", re.compile(r"^(?:struct|class|enum class|enum) (\w+)[^;]*?\{", re.MULTILINE)),
    ("function", re.compile(r"^(?!namespace|struct|class|enum|using|return)[A-Za-z_][\w:<>,&* ]*?[&* ](\w+\([^;{}]*?\))[^;{}()]*\{",
                            re.MULTILINE)),
]


def unnamed_parts(text):
    """(namespace, text) of each unnamed namespace."""
    outer, inside = "", None
    for line in text.splitlines():
        match = NAMESPACE.match(line)
        if match:
            outer = match.group(1)
        elif line == "namespace {":
            inside = []
        elif line == "} // namespace" and inside is not None:
            yield outer, "\n".join(inside)
            inside = None
        elif inside is not None:
            inside.append(line.split("//", 1)[0])


def library(path):
    """Files of different libraries never meet."""
    if path.startswith("net/wire/"):
        return "wire"
    return "shells" if SHELLS.search(path) else ""


def signature(kind, name):
    """A function's parameters without their names, as far as that can be told from the text."""
    if kind == "alias":
        return name.split(" ")[0]
    if kind != "function":
        return name
    name, parameters = name.split("(", 1)
    types = [re.sub(r"\s+\w+(\s*=.*)?$", "", " ".join(x.split())) for x in parameters.rstrip(")").split(",")]
    return f"{name}({', '.join(types)})"


def clash(kind, uses):
    """`uses`: (path, text) of one name. An alias may be repeated as it is."""
    return len({text for _, text in uses} if kind == "alias" else {path for path, _ in uses}) > 1


def main():
    places = collections.defaultdict(list)
    for path in lint_rules.files():
        if not path.endswith(".cpp") or path.startswith("tests/"):
            continue
        with open(path, encoding="utf-8") as source:
            for namespace, text in unnamed_parts(source.read()):
                for kind, pattern in NAMES:
                    for match in pattern.finditer(text):
                        places[namespace, library(path), kind, signature(kind, match.group(1))].append((path, match.group(1)))
    found = [f"{uses[-1][0]}: {kind} {name} of {namespace} is also in {uses[0][0]}"
             for (namespace, _, kind, name), uses in sorted(places.items()) if clash(kind, uses)]
    print("\n".join(found) if found else f"lint: {len(places)} names of unnamed namespaces, ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
