# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE, ALTER and the options of sequences."""
from __future__ import annotations

from oralab.sql import ast_objects, clauses
from oralab.sql import ast_tables as ast
from oralab.sql.lexer import Tokens

_NUMBERS = {"INCREMENT": "increment_by", "MAXVALUE": "max_value", "MINVALUE": "min_value"}
_SWITCHES = {"CYCLE": ("cycle", True), "NOCYCLE": ("cycle", False), "ORDER": ("order", True), "NOORDER": ("order", False),
             "KEEP": ("keep", True), "NOKEEP": ("keep", False), "SESSION": ("session", True), "GLOBAL": ("session", False),
             "SCALE": ("scale", True), "NOSCALE": ("scale", False), "NOMAXVALUE": ("no_max_value", True),
             "NOMINVALUE": ("no_min_value", True), "RESTART": ("restart", True)}


def options(t: Tokens) -> ast.SequenceOptions:
    """As many options as come."""
    node = ast.SequenceOptions()
    while True:
        word = t.word
        if word in _NUMBERS:
            t.i += 1
            if word == "INCREMENT":
                t.expect("BY", 924)
            setattr(node, _NUMBERS[word], t.integer(1722))
        elif t.skip("START"):
            t.expect("WITH")
            if t.skip("LIMIT", "VALUE"):
                node.start_with_limit = True
            else:
                node.start_with = t.integer(1722)
        elif t.skip("CACHE"):
            node.cache = t.integer(1722)
        elif t.skip("NOCACHE"):
            node.cache = 0
        elif word in _SWITCHES:
            t.i += 1
            field, value = _SWITCHES[word]
            setattr(node, field, value)
            if word == "SCALE" and not t.skip("NOEXTEND"):
                t.skip("EXTEND")
        else:
            return node


def create(t: Tokens) -> ast_objects.CreateSequence:
    name = clauses.object_name(t, 2277)
    return ast_objects.CreateSequence(name=name, options=options(t))


def alter(t: Tokens) -> ast_objects.AlterSequence:
    name = clauses.object_name(t, 2277)
    found = options(t)
    if found == ast.SequenceOptions():
        t.fail(2286)
    return ast_objects.AlterSequence(name=name, options=found)
