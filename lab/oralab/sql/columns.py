# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Columns and constraints of tables."""
from __future__ import annotations

from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast, clauses, ddl_index, sequences
from oralab.sql.datatypes import datatype
from oralab.sql.lexer import QUOTED, Tokens
from oralab.sql.words import word_set

_NO_TYPE: Final = word_set("""
    VISIBLE INVISIBLE GENERATED ENCRYPT DECRYPT CONSTRAINT PRIMARY REFERENCES SORT COLLATE SUPPLEMENTAL ENABLE DISABLE DROP SCOPE
    USING DEFAULT AS NOT NULL UNIQUE CHECK""")
_INLINE: Final = word_set("CONSTRAINT NOT NULL UNIQUE PRIMARY CHECK REFERENCES")
OUT_OF_LINE: Final = word_set("CONSTRAINT UNIQUE PRIMARY CHECK FOREIGN")


def column(t: Tokens, typed: bool = True) -> ast.ColumnDef:
    """A column definition. ``typed``: ORA-02263 where nothing tells its type."""
    node = ast.ColumnDef("", offset=t.starts[t.i])
    node.name = t.identifier()
    if t.word == QUOTED or t.word[:1].isalpha() and t.word not in _NO_TYPE:
        node.type = datatype(t)
    while _column_option(t, node):
        pass
    constraints: list[ast.ConstraintDef] = []
    while True:
        if t.word in _INLINE:
            constraints.append(_inline(t, node.name))
        elif t.word == "SUPPLEMENTAL":
            node.supplemental += (supplemental_log(t),)
        elif not _column_option(t, node):
            break
    node.constraints = tuple(constraints)
    refers = any(one.type == "FOREIGN KEY" for one in constraints)
    if typed and node.type is None and not refers and node.virtual is None:
        t.fail(2263)
    if sum(one.type in ("NOT NULL", "NULL") for one in constraints) > 1:
        t.fail(2258)
    return node


def _column_option(t: Tokens, node: ast.ColumnDef) -> bool:
    word = t.word
    if word == "DEFAULT":
        t.i += 1
        node.default_on_null = t.skip("ON", "NULL")
        node.default = clauses.source_expression(t)
    elif word in ("VISIBLE", "INVISIBLE"):
        t.i += 1
        node.visible = word == "VISIBLE"
    elif word in ("GENERATED", "AS"):
        _generated(t, node)
    elif word in ("ENCRYPT", "DECRYPT"):
        node.encrypt = clauses.encryption(t)
    elif t.skip("SORT"):
        node.sort = True
    elif word == "COLLATE" and t.release != "12.1":
        t.i += 1
        node.collation = t.identifier()
    elif t.skip("DROP", "IDENTITY"):
        node.drop_identity = True
    elif word == "SCOPE":
        raise not_simulated("REF columns")
    else:
        return False
    return True


def _generated(t: Tokens, node: ast.ColumnDef) -> None:
    always, on_null = True, False
    if t.skip("GENERATED"):
        if t.skip("BY"):
            t.expect("DEFAULT")
            always, on_null = False, t.skip("ON", "NULL")
        else:
            t.skip("ALWAYS")
    t.expect("AS")
    if t.skip("IDENTITY"):
        node.identity = ast.Identity(always, on_null)
        if t.skip("("):
            node.identity.options = sequences.options(t)
            t.close()
        else:
            node.identity.options = sequences.options(t)
        return
    t.open()
    node.virtual = clauses.source_expression(t)
    t.close()
    t.skip("VIRTUAL")


# --- constraints ---

def _inline(t: Tokens, column_name: str) -> ast.ConstraintDef:
    node = ast.ConstraintDef("", columns=(column_name,), inline=True)
    if t.skip("CONSTRAINT"):
        node.name = t.identifier()
    if t.skip("NOT", "NULL"):
        node.type = "NOT NULL"
    elif t.skip("NULL"):
        node.type = "NULL"
    elif t.skip("PRIMARY"):
        t.expect("KEY")
        node.type = "PRIMARY KEY"
    elif t.skip("UNIQUE"):
        node.type = "UNIQUE"
    elif t.word == "CHECK":
        _check(t, node)
    elif t.word == "REFERENCES":
        node.type = "FOREIGN KEY"
        _references(t, node)
    elif t.word == "NOT":
        t.i += 1
        t.fail(908)
    else:
        t.fail(904)
    node.state = state(t)
    return node


def out_of_line(t: Tokens) -> ast.ConstraintDef:
    node = ast.ConstraintDef("")
    if t.skip("CONSTRAINT"):
        node.name = t.identifier()
    if t.skip("PRIMARY"):
        t.expect("KEY")
        node.type, node.columns = "PRIMARY KEY", clauses.group_of_names(t)
    elif t.skip("UNIQUE"):
        node.type, node.columns = "UNIQUE", clauses.group_of_names(t)
    elif t.skip("FOREIGN"):
        t.expect("KEY")
        node.type, node.columns = "FOREIGN KEY", clauses.group_of_names(t)
        if t.word != "REFERENCES":
            t.fail(905)
        _references(t, node)
    elif t.word == "CHECK":
        _check(t, node)
    else:
        t.fail(904)
    node.state = state(t)
    return node


def _check(t: Tokens, node: ast.ConstraintDef) -> None:
    t.i += 1
    node.type = "CHECK"
    t.open()
    node.condition = clauses.source_condition(t)
    t.close()


def _references(t: Tokens, node: ast.ConstraintDef) -> None:
    t.i += 1
    node.references = clauses.object_name(t)
    if t.word == "(":
        node.ref_columns = clauses.group_of_names(t)
    if t.skip("ON"):
        t.expect("DELETE")
        if t.skip("CASCADE"):
            node.on_delete = "CASCADE"
        elif t.skip("SET", "NULL"):
            node.on_delete = "SET NULL"
        else:
            t.fail(905)


_STATES: Final[dict[tuple[str, ...], tuple[str, bool]]] = {
    ("DEFERRABLE",): ("deferrable", True), ("NOT", "DEFERRABLE"): ("deferrable", False),
    ("INITIALLY", "DEFERRED"): ("initially_deferred", True), ("INITIALLY", "IMMEDIATE"): ("initially_deferred", False),
    ("RELY",): ("rely", True), ("NORELY",): ("rely", False), ("VALIDATE",): ("validate", True), ("NOVALIDATE",): ("validate", False),
    ("ENABLE",): ("enable", True), ("DISABLE",): ("enable", False)}


def state(t: Tokens) -> ast.ConstraintState:
    """As many words on a constraint's state as come."""
    node = ast.ConstraintState()
    while True:
        if t.word in ("ENABLE", "DISABLE") and t.words[t.i + 1] in ("ROW", "PRIMARY", "UNIQUE", "CONSTRAINT", "STORAGE", "ALL",
                                                                    "QUERY"):
            return node
        found = next((words for words in _STATES if t.skip(*words)), None)
        if found is not None:
            field, value = _STATES[found]
            setattr(node, field, value)
        elif t.skip("USING", "INDEX"):
            node.using_index = _using_index(t)
        elif t.skip("EXCEPTIONS", "INTO"):
            node.exceptions_into = clauses.object_name(t)
        else:
            return node


def _using_index(t: Tokens) -> ast.UsingIndex:
    node = ast.UsingIndex()
    if t.skip("("):
        t.expect("CREATE")
        node.create = ddl_index.create(t)
        t.close()
        return node
    while True:
        if clauses.segment(t, node.attributes) or t.skip("COMPUTE", "STATISTICS") or t.skip("NOSORT") or clauses.degree(t):
            continue
        if t.skip("LOCAL"):
            node.local = True
            if t.word == "(":
                t.skip_group()
        elif t.skip("REVERSE"):
            node.reverse = True
        elif t.word == "GLOBAL":
            raise not_simulated("USING INDEX with a global partitioned index")
        elif node == ast.UsingIndex() and t.is_name() and t.word not in _AFTER_USING_INDEX:
            node.index = clauses.object_name(t)
            return node
        else:
            return node


_AFTER_USING_INDEX: Final = word_set("ENABLE DISABLE NOVALIDATE RELY NORELY DEFERRABLE INITIALLY EXCEPTIONS REFERENCES SUPPLEMENTAL")


def choice(t: Tokens) -> ast.ConstraintChoice:
    """CONSTRAINT name, PRIMARY KEY or UNIQUE (columns)."""
    if t.skip("CONSTRAINT"):
        return ast.ConstraintChoice(name=t.identifier())
    if t.skip("PRIMARY"):
        t.expect("KEY")
        return ast.ConstraintChoice(primary=True)
    t.expect("UNIQUE")
    return ast.ConstraintChoice(columns=clauses.group_of_names(t))


def supplemental_log(t: Tokens) -> ast.SupplementalLog:
    """SUPPLEMENTAL LOG GROUP or DATA."""
    t.expect_all("SUPPLEMENTAL LOG")
    if t.skip("GROUP"):
        node = ast.SupplementalLog(t.identifier())
        if t.skip("("):
            columns = []
            while True:
                columns.append((t.identifier(), t.skip("NO", "LOG")))
                if not t.skip(","):
                    break
            t.close()
            node.columns = tuple(columns)
        node.always = t.skip("ALWAYS")
        return node
    t.expect("DATA")
    t.open()
    data = log_data(t)
    t.close()
    if not t.one_of(("COLUMNS", "COLUMN")):
        t.fail(905)
    return ast.SupplementalLog(data=data)


def log_data(t: Tokens) -> tuple[str, ...]:
    """ALL, PRIMARY KEY, UNIQUE [INDEX], FOREIGN KEY, with commas between them."""
    found = []
    while True:
        if t.skip("PRIMARY", "KEY"):
            found.append("PRIMARY KEY")
        elif t.skip("FOREIGN", "KEY"):
            found.append("FOREIGN KEY")
        elif t.skip("UNIQUE"):
            t.skip("INDEX")
            found.append("UNIQUE")
        elif t.skip("ALL"):
            found.append("ALL")
        else:
            t.fail(905)
        if not t.skip(","):
            return tuple(found)
