# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every statement that the product can issue, with example values, into build/sql.

Statements come from four places: constants of the modules; steps that modules planned in the unit tests; what went through the driver
in the contract suite and a migration (these two traced, see tests/trace); and ``examples.py`` for what none of them gets to. Of statements
that differ in names and values alone one is kept. ``sources.py`` holds the source code against the result.
"""
from __future__ import annotations

import collections
import importlib
import json
import pathlib
import re
import shutil
import sys
import typing as t

import examples

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build/sql"
TRACES = ROOT / "build/sql-trace"
PACKAGE = "ansible_collections.dbferry.oracle.plugins."

#: Kind of a statement, which is its file's name -> how it begins. Our code writes SQL in capitals, and prose not.
KINDS = {
    "dgmgrl": re.compile(r"(?:CREATE|ENABLE|DISABLE|REMOVE|EDIT|SHOW) CONFIGURATION\b|(?:ADD|ENABLE|DISABLE|REMOVE|EDIT|SHOW) DATABASE\b"),
    "queries": re.compile(r"(?:SELECT\b|WITH\s+\w+\s*(?:\(|AS\b)).*\bFROM\b", re.DOTALL),
    "dml": re.compile(r"(?:INSERT\s+INTO|UPDATE\b.*\bSET|DELETE\s+FROM|MERGE\s+INTO)\b", re.DOTALL),
    "plsql": re.compile(r"(?:BEGIN|DECLARE|CALL)\b"),
    "ddl": re.compile(r"(?:ADMINISTER|ALTER|CREATE|DROP|GRANT|REVOKE|PURGE|TRUNCATE|COMMENT|FLASHBACK|RENAME|ANALYZE|AUDIT|NOAUDIT)\b"),
    "sqlplus": re.compile(r"(?:SHUTDOWN|STARTUP)\b"),
}
#: Kinds that are SQL or PL/SQL; the others belong to SQL*Plus, RMAN and DGMGRL.
SQL = ("queries", "dml", "plsql", "ddl")

_VARIABLE = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|(?<![\w$#])\d+(?:\.\d+)?""")


class Entry(t.NamedTuple):
    module: str
    kind: str
    text: str


def kind_of(text: str) -> t.Optional[str]:
    return next((kind for kind, pattern in KINDS.items() if pattern.match(text.strip())), None)


def shape(text: str) -> str:
    """Equal for statements that differ in names, values and white space alone."""
    return " ".join(_VARIABLE.sub(lambda found: found.group()[0] if found.group()[0] in "'\"" else "0", text).split())


def exemplary(text: str) -> bool:
    """Whether names are such as any release takes: tests also use names that nobody should have."""
    names = [found.group() for found in _VARIABLE.finditer(text) if found.group().startswith('"')]
    return text.isascii() and text.replace("\n", "").isprintable() and all(len(name) <= 32 for name in names)


def constants() -> t.Iterator[Entry]:
    """Statements that stand complete in the code."""
    for folder in ("module_utils", "modules"):
        for path in sorted((ROOT / "plugins" / folder).glob("*.py")):
            for name, value in vars(importlib.import_module(f"{PACKAGE}{folder}.{path.stem}")).items():
                for text in texts(value) if name.isupper() else ():
                    kind = kind_of(text)
                    # Privileges have the words of statements, and nothing but words.
                    if kind and not re.search(r"\{\w*\}", text) and re.search(r"[^A-Z ]", text.strip()):
                        yield Entry(path.stem, kind, text)


def texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item)


def traced() -> t.Iterator[Entry]:
    """Statements that modules planned or issued while they were traced."""
    for path in sorted(TRACES.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if entry["text"] and entry["module"] and not entry["module"].startswith("test_"):
                kind = "rman" if entry["method"] == "script" else kind_of(entry["text"])
                if kind:
                    yield Entry(entry["module"], kind, entry["text"])


def collect() -> t.List[Entry]:
    """One statement of each shape and module, in an order that does not change."""
    found: t.Dict[t.Tuple[str, str, str], t.List[str]] = collections.defaultdict(list)
    for entry in (*constants(), *(Entry(module, str(kind_of(text)), text) for module, text in examples.statements()), *traced()):
        if exemplary(entry.text):
            found[entry.module, entry.kind, shape(entry.text)].append(entry.text.strip())
    return [Entry(module, kind, min(alike, key=lambda text: (len(text), text))) for (module, kind, _), alike in sorted(found.items())]


def write(entries: t.Sequence[Entry]) -> None:
    """A file for each module and kind; PL/SQL ends with a slash, as in SQL*Plus, so that people can run what they read."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    files: t.Dict[str, t.List[str]] = collections.defaultdict(list)
    for entry in entries:
        files[f"{entry.module}.{entry.kind}.sql" if entry.kind in SQL else f"{entry.module}.{entry.kind}"].append(entry.text)
    for name, found in files.items():
        (OUT / name).write_text("\n".join(text.rstrip(";" if ".plsql." not in name else " ") + ("\n/\n" if name.endswith(".sql") else "\n") for text in found))
    (OUT / "statements.json").write_text(json.dumps([entry._asdict() for entry in entries], indent=1) + "\n")
    shutil.copy(pathlib.Path(__file__).with_name("parse.py"), OUT / "parse.py")


def main() -> int:
    if not TRACES.is_dir():
        print(f"{TRACES.relative_to(ROOT)} is missing: make sql-catalog makes it.", file=sys.stderr)
        return 1
    entries = collect()
    write(entries)
    numbers = collections.Counter(entry.kind for entry in entries)
    print(f"build/sql: {', '.join(f'{numbers[kind]} {kind}' for kind in sorted(numbers))}, from {len({entry.module for entry in entries})} modules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
