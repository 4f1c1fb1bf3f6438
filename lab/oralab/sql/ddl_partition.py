# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitions of tables and indexes."""
from __future__ import annotations

from oralab.errors import not_simulated
from oralab.sql import ast, clauses, expressions
from oralab.sql.lexer import Tokens


def partition_by(t: Tokens) -> ast.PartitionBy:
    """PARTITION BY and everything that follows it. ORA-14151 for an unknown method."""
    t.expect("PARTITION")
    t.expect("BY", 924)
    method = t.one_of(("RANGE", "LIST", "HASH", "REFERENCE", "SYSTEM"))
    if method is None:
        t.fail(14151)
    node = ast.PartitionBy(method)
    if method == "REFERENCE":
        t.open()
        node.reference = t.identifier()
        t.close()
    elif method != "SYSTEM":
        node.columns = clauses.group_of_names(t)
    if t.skip("INTERVAL"):
        t.open()
        node.interval = clauses.source_expression(t)
        t.close()
    if t.skip("AUTOMATIC"):
        node.automatic = True
    if t.skip("STORE", "IN"):
        node.store_in = clauses.group_of_names(t, 2216)
    if t.word == "SUBPARTITION":
        node.sub = _subpartition_by(t)
    if t.skip("PARTITIONS"):
        node.count = t.integer()
        if t.skip("STORE", "IN"):
            node.store_in = clauses.group_of_names(t, 2216)
    elif t.word == "(":
        node.partitions = partitions(t)
    elif method not in ("REFERENCE", "SYSTEM"):
        t.fail(906)
    return node


def _subpartition_by(t: Tokens) -> ast.PartitionBy:
    t.i += 1
    t.expect("BY", 924)
    method = t.one_of(("RANGE", "LIST", "HASH"))
    if method is None:
        t.fail(14151)
    node = ast.PartitionBy(method, clauses.group_of_names(t))
    if t.skip("SUBPARTITION", "TEMPLATE"):
        node.partitions = partitions(t)
    elif t.skip("SUBPARTITIONS"):
        node.count = t.integer()
        if t.skip("STORE", "IN"):
            node.store_in = clauses.group_of_names(t, 2216)
    return node


def partitions(t: Tokens) -> tuple[ast.PartitionDef, ...]:
    """Partitions or subpartitions in parentheses."""
    t.open()
    found = [definition(t)]
    while t.skip(","):
        found.append(definition(t))
    t.close()
    return tuple(found)


def definition(t: Tokens) -> ast.PartitionDef:
    """One PARTITION or SUBPARTITION."""
    if not t.one_of(("PARTITION", "SUBPARTITION")):
        t.fail(14004)
    node = ast.PartitionDef()
    if t.is_name() and not (t.word == "TABLESPACE" and t.is_name(t.i + 1)):
        node.name = t.identifier(14006)
    if t.skip("VALUES", "LESS"):
        t.expect("THAN", 14008)
        t.open()
        node.less_than = _bounds(t)
        t.close()
    elif t.skip("VALUES"):
        t.open()
        node.values = list_values(t)
        t.close()
    attributes(t, node)
    return node


def attributes(t: Tokens, node: ast.PartitionDef) -> None:
    """What follows a partition's bounds."""
    while True:
        if clauses.segment(t, node.attributes):
            continue
        if t.skip("LOB"):
            node.lobs += clauses.lob_storage(t)
        elif t.skip("VARRAY"):
            node.lobs += clauses.varray_storage(t)
        elif t.skip("UNUSABLE"):
            node.unusable = True
        elif t.skip("USABLE"):
            node.unusable = False
        elif t.skip("SUBPARTITIONS"):
            node.subpartition_count = t.integer()
            if t.skip("STORE", "IN"):
                clauses.group_of_names(t, 2216)
        elif t.word == "(" and t.words[t.i + 1] == "SUBPARTITION":
            node.subpartitions = partitions(t)
        elif t.skip("INDEXING", "ON") or t.skip("INDEXING", "OFF"):
            continue
        elif t.ahead("READ", "ONLY") or t.word == "EXTERNAL":
            raise not_simulated("read only and external partitions")
        else:
            return


def bound(t: Tokens) -> ast.PartitionBound:
    word = t.one_of(("MAXVALUE", "DEFAULT"))
    if word:
        return ast.PartitionBound(word=word, text=word)
    source = clauses.source_expression(t)
    return ast.PartitionBound(source.expression, source.text)


def _bounds(t: Tokens) -> tuple[ast.PartitionBound, ...]:
    found = [bound(t)]
    while t.skip(","):
        found.append(bound(t))
    return tuple(found)


def bounds(t: Tokens) -> tuple[ast.PartitionBound, ...]:
    """Bounds in parentheses."""
    t.open()
    found = _bounds(t)
    t.close()
    return found


def list_values(t: Tokens) -> tuple[tuple[ast.PartitionBound, ...], ...]:
    """Values of a list partition; those of several columns stand in parentheses of their own."""
    found = []
    while True:
        found.append(bounds(t) if t.word == "(" else (bound(t),))
        if not t.skip(","):
            return tuple(found)


def local(t: Tokens) -> ast.IndexPartitioning:
    """After LOCAL."""
    node = ast.IndexPartitioning(True)
    if t.skip("STORE", "IN"):
        node.store_in = clauses.group_of_names(t, 2216)
    if t.word == "(":
        node.partitions = partitions(t)
    return node


def chosen(t: Tokens, sub: bool = False) -> ast.PartitionName:
    """A partition's name, or FOR (values)."""
    if t.skip("FOR"):
        t.open()
        values = expressions.expressions(t)
        t.close()
        return ast.PartitionName(None, values, sub)
    return ast.PartitionName(t.identifier(14006), (), sub)
