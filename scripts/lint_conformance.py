#!/usr/bin/env python3
"""Every test that docs/conformance names exists; its README.md describes the form of a row.

Prints one line per finding (path:line: what) and exits 1 when there is any.
"""
import ast
import pathlib
import re
import sys

PAGES = pathlib.Path("docs/conformance")
REFERENCE = re.compile(r'`(\w+)`: "([^"]+)"')
SUITE = re.compile(r"#define CAF_SUITE (\w+)")
LITERAL = r'"(?:[^"\\]|\\.)*"'
SCENARIO = re.compile(rf"\bSCENARIO\(\s*({LITERAL}(?:\s*{LITERAL})*)\s*\)")


def cpp_tests():
    for path in pathlib.Path("tests").rglob("*_test.cpp"):
        text = path.read_text(encoding="utf-8")
        suite = SUITE.search(text)
        for scenario in SCENARIO.findall(text) if suite else ():
            parts = re.findall(LITERAL, scenario)
            yield suite.group(1), "".join(part[1:-1] for part in parts)


def python_tests():
    for path in pathlib.Path("tests/e2e").glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for member in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(member, ast.FunctionDef) and member.name.startswith("test_"):
                    yield path.stem, f"{node.name}.{member.name}"


def findings(path, known):
    suites = {suite for suite, _ in known}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        is_row = line.startswith("|") and not re.match(r"\|(-+\||[^|]*\| *how *\|)", line)
        references = REFERENCE.findall(line) if is_row else []
        if is_row and not references and "not shown" not in line:
            yield f'{path}:{number}: names no test (`suite`: "scenario") and does not say "not shown"'
        for suite, name in references:
            if suite not in suites:
                yield f"{path}:{number}: there is no suite {suite}"
            elif (suite, name) not in known:
                yield f'{path}:{number}: suite {suite} has no test "{name}"'


def main():
    known = {*cpp_tests(), *python_tests()}
    pages = sorted(page for page in PAGES.glob("*.md") if page.name != "README.md")
    found = [finding for page in pages for finding in findings(page, known)]
    print("\n".join(found) if found else f"lint: {len(pages)} pages of docs/conformance, ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
