# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE, ALTER and DROP INDEX."""
from __future__ import annotations

from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_tables as ast
from oralab.sql import clauses, ddl_partition
from oralab.sql.ast_queries import ColumnRef
from oralab.sql.lexer import NUMBER, Tokens


def create(t: Tokens) -> ast.CreateIndex:
    """After CREATE."""
    kind = t.one_of(("UNIQUE", "BITMAP"))
    t.expect("INDEX", 968)
    name = clauses.object_name(t, 953)
    t.expect("ON", 969)
    if t.word == "CLUSTER":
        raise not_simulated("cluster indexes")
    table = clauses.object_name(t)
    if t.is_name():
        t.identifier()
    t.open()
    items = [_item(t)]
    while t.skip(","):
        items.append(_item(t))
    t.close()
    if t.word in ("FROM", "WHERE"):
        raise not_simulated("bitmap join indexes")
    node = ast.CreateIndex(name=name, table=table, items=tuple(items), unique=kind == "UNIQUE", bitmap=kind == "BITMAP")
    while _option(t, node):
        pass
    return node


def _item(t: Tokens) -> ast.IndexItem:
    source = clauses.source_expression(t)
    plain = source.expression
    column = plain.name if isinstance(plain, ColumnRef) and plain.schema is None else None
    return ast.IndexItem(source, column, t.one_of(("ASC", "DESC")) == "DESC")


def _option(t: Tokens, node: ast.CreateIndex) -> bool:
    word = t.word
    if word == "COMPRESS":
        t.i += 1
        if t.skip("ADVANCED"):
            node.attributes.compress = f"ADVANCED {t.one_of(('LOW', 'HIGH')) or 'HIGH'}"
        else:
            node.prefix_length = t.integer() if t.word == NUMBER else 0
    elif word == "NOCOMPRESS":
        t.i += 1
        node.prefix_length = -1
    elif clauses.segment(t, node.attributes):
        return True
    elif word in ("PARALLEL", "NOPARALLEL"):
        node.parallel = clauses.degree(t)
    elif word in ("VISIBLE", "INVISIBLE"):
        t.i += 1
        node.visible = word == "VISIBLE"
    elif word in ("SORT", "NOSORT"):
        t.i += 1
        node.sort = word == "SORT"
    elif t.skip("REVERSE"):
        node.reverse = True
    elif t.skip("NOREVERSE"):
        node.reverse = False
    elif t.skip("ONLINE"):
        node.online = True
    elif word in ("UNUSABLE", "USABLE"):
        t.i += 1
        node.usable = word == "USABLE"
    elif t.skip("COMPUTE", "STATISTICS"):
        node.compute_statistics = True
    elif t.skip("LOCAL"):
        node.partitioning = ddl_partition.local(t)
    elif t.skip("GLOBAL"):
        node.partitioning = ast.IndexPartitioning(False)
        if t.word == "PARTITION":
            node.partitioning.partition_by = ddl_partition.partition_by(t)
    elif t.skip("INDEXTYPE"):
        t.expect("IS")
        node.indextype = clauses.object_name(t)
    elif t.skip("PARAMETERS"):
        t.open()
        node.parameters = t.string()
        t.close()
    elif t.skip("INDEXING"):
        if not t.one_of(("FULL", "PARTIAL")):
            t.fail(2158)
    else:
        return False
    return True


_PLAIN_ACTIONS: Final = ("UNUSABLE", "USABLE", "ENABLE", "DISABLE", "VISIBLE", "INVISIBLE", "COALESCE", "COMPILE")


def alter(t: Tokens) -> ast.AlterIndex:
    """After ALTER INDEX. ORA-02243."""
    node = ast.AlterIndex(name=clauses.object_name(t, 953), action="")
    plain = t.one_of(_PLAIN_ACTIONS)
    if plain:
        node.action = plain
        node.online = t.skip("ONLINE")
    elif t.skip("REBUILD"):
        _rebuild(t, node)
    elif t.skip("RENAME", "TO"):
        node.action, node.new_name = "RENAME", t.identifier(953)
    elif t.skip("RENAME", "PARTITION") or t.skip("RENAME", "SUBPARTITION"):
        node.action, node.subpartition = "RENAME PARTITION", t.words[t.i - 1] == "SUBPARTITION"
        node.partition = t.identifier(14006)
        t.expect("TO", 946)
        node.new_name = t.identifier(14006)
    elif t.skip("DROP", "PARTITION"):
        node.action, node.partition = "DROP PARTITION", t.identifier(14006)
    elif t.skip("MODIFY", "PARTITION") or t.skip("MODIFY", "SUBPARTITION"):
        node.subpartition = t.words[t.i - 1] == "SUBPARTITION"
        node.partition = t.identifier(14006)
        if not t.skip("UNUSABLE"):
            raise not_simulated("ALTER INDEX ... MODIFY PARTITION")
        node.action = "UNUSABLE PARTITION"
    elif t.skip("SHRINK", "SPACE"):
        node.action = "SHRINK"
        t.skip("COMPACT")
    elif t.word in ("MONITORING", "NOMONITORING"):
        node.action = t.word
        t.i += 1
        t.expect("USAGE")
    else:
        _attributes(t, node)
    return node


def _rebuild(t: Tokens, node: ast.AlterIndex) -> None:
    node.action = "REBUILD"
    if t.one_of(("PARTITION", "SUBPARTITION")):
        node.subpartition = t.words[t.i - 1] == "SUBPARTITION"
        node.partition = t.identifier(14006)
    while True:
        if clauses.segment(t, node.attributes) or t.skip("COMPUTE", "STATISTICS"):
            continue
        if t.skip("ONLINE"):
            node.online = True
        elif t.one_of(("REVERSE", "NOREVERSE")):
            node.reverse = t.words[t.i - 1] == "REVERSE"
        elif t.word in ("PARALLEL", "NOPARALLEL"):
            node.parallel = clauses.degree(t)
        else:
            return


def _attributes(t: Tokens, node: ast.AlterIndex) -> None:
    place = t.i
    node.parallel = clauses.degree(t)
    node.attributes = clauses.segment_attributes(t)
    node.action = "PARALLEL" if node.parallel else "ATTRIBUTES"
    if t.i == place:
        t.fail(2243)


def drop(t: Tokens) -> ast.DropIndex:
    """After DROP INDEX."""
    name = clauses.object_name(t, 953)
    online = t.skip("ONLINE")
    return ast.DropIndex(name=name, online=online, force=t.skip("FORCE"))
