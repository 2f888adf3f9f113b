#!/usr/bin/env python3
"""The structural rules of the code base: include directions, file lengths, banned words.

Prints one line per finding (path:line: what) and exits 1 when there is any.
"""
import re
import subprocess
import sys

# Which of our folders a folder may include (itself is always allowed).
ALLOWED = {
    "messages": set(),
    "config": {"messages", "net/wire"},
    "net/wire": {"messages", "net"},
    "net": {"messages", "net/wire", "config"},
    "actors": {"messages", "net", "net/wire", "config"},
    "apps": {"messages", "net", "net/wire", "config", "actors"},
    "tests": {"messages", "net", "net/wire", "config", "actors", "apps"},
}
# net/net_errc.hpp is a plain enum that the pure part names too.
PURE_NET_HEADERS = {"net/net_errc.hpp", "net/limits.hpp"}

CAF_FILES = re.compile(
    r"^(messages/(type_ids|interfaces)\.hpp|config/node_config\.[ch]pp"
    r"|actors/.*(_actor|_metrics|/harden|/actor_error|/event_tap|/node|/node_types)\.[ch]pp|apps/.*|tests/.*|cmake/(actors|apps)\.hpp)$")
ASIO_FILES = re.compile(r"^(net/(?!wire/).*\.[ch]pp|apps/sim/.*|tests/.*)$")
# What the rest of the program includes of net/; its other headers are its own business.
HEADERS_WITHOUT_ASIO = re.compile(
    r"^net/(io_pool|blocking_pool|tls|http_client|ws_client|http_server|websocket|process|limits|net_errc)\.hpp$")

MAX_LINES = {"tests": 600, "": 500}
BANNED = [
    (re.compile(r"\bstd::cout\b"), "std::cout: use the output channel of apps/common"),
    (re.compile(r"\bstd::(thread|jthread)\b"), "std::thread: threads belong to net/io_pool"),
    (re.compile(r"\bstd::(mutex|shared_mutex|recursive_mutex)\b"), "std::mutex: actors share no locks"),
    (re.compile(r"\bsleep_(for|until)\b|\busleep\(|[^_]\bsleep\("), "sleep: wait for an event"),
    (re.compile(r"\busing namespace (std|caf)\s*;"), "using namespace std or caf"),
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "TODO without an issue number"),
    (re.compile(r"caf/all\.hpp"), "caf/all.hpp: include what is used"),
]
# Where a banned thing is the point, with the reason.
EXCEPTIONS = {
    "std::thread": re.compile(r"^(net/|tests/|apps/bench/)"),
    "std::mutex": re.compile(r"^(net/|tests/|config/log|apps/sim/simulated_service|actors/telemetry/open_traces)"),
}


def files():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.hpp", "*.cpp"],
                            capture_output=True, text=True, check=True)
    return [f for f in listed.stdout.split() if not f.startswith("build")]


def folder_of(path):
    return "net/wire" if path.startswith("net/wire/") else path.split("/", 1)[0]


def include_findings(path, number, line):
    match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
    if not match:
        return
    target = match.group(2)
    if match.group(1) == '"' and "/" in target:
        own, other = folder_of(path), folder_of(target)
        known = other in ALLOWED
        pure = own in ("config", "net/wire") and target in PURE_NET_HEADERS
        if known and own in ALLOWED and other != own and other not in ALLOWED[own] and not pure:
            yield f"{path}:{number}: {own} must not include {target}"
    if target.startswith("caf/") and not CAF_FILES.match(path):
        yield f"{path}:{number}: this file is not one that may include CAF"
    if re.match(r"boost/(asio|beast)", target):
        if HEADERS_WITHOUT_ASIO.match(path):
            yield f"{path}:{number}: public headers of net/ do not include Asio or Beast"
        elif not ASIO_FILES.match(path):
            yield f"{path}:{number}: this file is not one that may include Asio or Beast"


def findings(path):
    with open(path, encoding="utf-8") as source:
        lines = source.read().splitlines()
    limit = MAX_LINES["tests" if path.startswith("tests/") else ""]
    if len(lines) > limit:
        yield f"{path}:{len(lines)}: longer than {limit} lines"
    for number, line in enumerate(lines, 1):
        yield from include_findings(path, number, line)
        code = line.split("//", 1)[0] if "TODO" not in line else line
        for pattern, why in BANNED:
            allowed = next((x for name, x in EXCEPTIONS.items() if why.startswith(name)), None)
            if pattern.search(code) and not (allowed and allowed.match(path)):
                yield f"{path}:{number}: {why}"


def main():
    found = [finding for path in files() for finding in findings(path)]
    print("\n".join(found) if found else f"lint: {len(files())} files, ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
