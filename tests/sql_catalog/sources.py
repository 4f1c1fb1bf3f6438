# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every SQL text in the source code of the plugins, to be found again in the catalogue."""
from __future__ import annotations

import ast
import pathlib
import re
import typing as t

import catalog

FOLDERS = ("module_utils", "modules", "plugin_utils")
#: These hold what SQL*Plus is told around statements, commands of DGMGRL, and words of grants; what is made of them is in their callers' statements.
LEFT_OUT = ("session_sqlplus.py", "sqlplus.py", "dgmgrl.py", "privileges.py")
PLACEHOLDER = re.compile(r"\{\w*\}|%s")
#: How a statement begins in our code: in capitals, with something after it.
BEGINNING = re.compile(r"\s*\(?[A-Z]{4,}\s+[^a-z]")
WORD = re.compile(r"[A-Z]{2,}")
#: Advice to people names statements, too, and ends as sentences do.
SENTENCE = re.compile(r"\.$|\.\)$")


class Source(t.NamedTuple):
    place: str
    text: str

    def pattern(self) -> t.Pattern[str]:
        """Finds the text in a statement, whatever stands in its placeholders."""
        pieces = PLACEHOLDER.split(self.text.replace("\n/\n", "").replace("{{", "{").replace("}}", "}"))
        return re.compile(r".*?".join(re.escape(" ".join(piece.split())).replace("\\ ", r"\s*") for piece in pieces))


def docstrings(tree: ast.AST) -> t.Set[int]:
    """Constants that are documentation: docstrings, and what modules document in."""
    def documents(node: ast.AST) -> bool:
        return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
                or isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in ("DOCUMENTATION", "EXAMPLES", "RETURN")
                or isinstance(node, ast.keyword) and node.arg in ("hint", "message"))

    return {id(child) for node in ast.walk(tree) if documents(node) for child in ast.walk(node)}


def begins_a_statement(text: str) -> bool:
    return bool(catalog.kind_of(text.lstrip(" (\n") + " FROM SET")) and bool(BEGINNING.match(text)) and not SENTENCE.search(text) and (
        text.endswith(" ") or bool(re.search(r"[^A-Z ]", text.strip())))


def pieces(tree: ast.AST) -> t.Set[int]:
    """Constants inside ``Statement(...)``."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Statement")
    return {id(child) for call in calls for argument in call.args for child in ast.walk(argument)}


def sources() -> t.Iterator[Source]:
    for folder in FOLDERS:
        for path in sorted((catalog.ROOT / "plugins" / folder).glob("*.py")):
            if path.name not in LEFT_OUT:
                yield from of_file(path)


def of_file(path: pathlib.Path) -> t.Iterator[Source]:
    tree = ast.parse(path.read_text())
    documentation, inside = docstrings(tree), pieces(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in documentation:
            continue
        if begins_a_statement(node.value) or id(node) in inside and WORD.search(node.value):
            yield Source(f"{path.relative_to(catalog.ROOT)}:{node.lineno}", node.value)


def missing(entries: t.Sequence[catalog.Entry]) -> t.List[Source]:
    """Texts of the source code that are in no statement of the catalogue."""
    statements = "\n".join(" ".join(entry.text.split()) for entry in entries)
    return [source for source in sources() if not source.pattern().search(statements)]
