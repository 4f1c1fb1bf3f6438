# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sequences and synonyms."""
from __future__ import annotations

from typing import Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl, statement
from oralab.errors import OraError
from oralab.sql import ast

HIGHEST, LOWEST = 10**28 - 1, -(10**27 - 1)


def apply_options(sequence: model.Sequence, options: ast.SequenceOptions, *, new: bool) -> None:
    """Options onto a sequence. ORA-04002 to ORA-04013 where they contradict each other."""
    if options.increment_by == 0:
        raise OraError(4002, "INCREMENT must be a non-zero integer")
    step = sequence.increment_by = options.increment_by or sequence.increment_by
    if new:
        sequence.min_value, sequence.max_value = (1, HIGHEST) if step > 0 else (LOWEST, -1)
    if options.max_value is not None or options.no_max_value:
        sequence.max_value = (HIGHEST if step > 0 else -1) if options.max_value is None else options.max_value
    if options.min_value is not None or options.no_min_value:
        sequence.min_value = (1 if step > 0 else LOWEST) if options.min_value is None else options.min_value
    for name, value in (("cycle", options.cycle), ("cache_size", options.cache), ("order", options.order)):
        if value is not None:
            setattr(sequence, name, value)
    if new or options.restart or options.start_with is not None:
        default = sequence.min_value if step > 0 else sequence.max_value
        sequence.last_number = default if options.start_with is None else options.start_with
    if sequence.min_value >= sequence.max_value:
        raise OraError(4004, "MINVALUE must be less than MAXVALUE")
    if new and sequence.last_number < sequence.min_value:
        raise OraError(4006, "START WITH cannot be less than MINVALUE")
    if new and sequence.last_number > sequence.max_value:
        raise OraError(4008, "START WITH cannot be more than MAXVALUE")
    if abs(step) > sequence.max_value - sequence.min_value:
        raise OraError(4005, "INCREMENT must be less than MAXVALUE minus MINVALUE")
    if options.cache is not None and options.cache == 1:
        raise OraError(4010, "the number of values to CACHE must be greater than 1")
    if sequence.cycle and sequence.cache_size > (sequence.max_value - sequence.min_value) // abs(step) + 1:
        raise OraError(4013, "number to CACHE must be less than one cycle")


@statement(ast.CreateSequence)
def create_sequence(ddl: Ddl, session: Any, node: ast.CreateSequence) -> None:
    owner = ddl.owner(session, node.name)
    ddl.privileges.need_for(session, owner, "CREATE SEQUENCE", "CREATE ANY SEQUENCE")
    ddl.check_free(owner, node.name.name)
    sequence = model.Sequence(owner=owner, name=node.name.name)
    apply_options(sequence, node.options, new=True)
    with ddl.change() as change:
        change.save(ddl.stamp(sequence))


@statement(ast.AlterSequence)
def alter_sequence(ddl: Ddl, session: Any, node: ast.AlterSequence) -> None:
    """START WITH is refused (ORA-02283); RESTART came with 18c. The unused part of the cache is given back first (documented)."""
    found = ddl.catalog.named(node.name.schema or session.schema, node.name.name)
    if not isinstance(found, model.Sequence):
        raise OraError(2289, "sequence does not exist")
    ddl.privileges.require(session, "ALTER", found)
    if node.options.start_with is not None and not (node.options.restart and ddl.database.release == "19"):
        raise OraError(2283, "cannot alter starting sequence number")
    if node.options.restart and ddl.database.release != "19":
        raise OraError(2286, "no options specified for ALTER SEQUENCE")
    if found.identity:
        raise OraError(32793, "cannot alter a system-generated sequence")
    with ddl.change() as change:
        edited = change.edit(found)
        edited.last_number = ddl.database.sequences.position(found)
        apply_options(edited, node.options, new=False)
        if edited.last_number > edited.max_value + edited.increment_by:
            raise OraError(4009, "MAXVALUE cannot be made to be less than the current value")
        if edited.last_number < edited.min_value and edited.increment_by > 0:
            raise OraError(4007, "MINVALUE cannot be made to exceed the current value")
    ddl.database.sequences.forget(found)


@statement(ast.CreateSynonym)
def create_synonym(ddl: Ddl, session: Any, node: ast.CreateSynonym) -> None:
    """The target need not exist (documented)."""
    ddl.check_name(node.name.name)
    if node.public:
        owner = "PUBLIC"
        ddl.privileges.need(session, "CREATE PUBLIC SYNONYM")
    else:
        owner = ddl.owner(session, node.name)
        ddl.privileges.need_for(session, owner, "CREATE SYNONYM", "CREATE ANY SYNONYM")
    existing = ddl.catalog.named(owner, node.name.name)
    if existing is not None and not (node.or_replace and isinstance(existing, model.Synonym)):
        raise OraError(955, "name is already used by an existing object")
    target = node.target.schema or session.schema
    if (target, node.target.name) == (owner, node.name.name) and not node.target.dblink:
        raise OraError(1471, "cannot create a synonym with same name as object")
    synonym = model.Synonym(owner=owner, name=node.name.name, table_owner=target, table_name=node.target.name,
                            db_link=node.target.dblink or "")
    if existing is not None:
        synonym.object_id = existing.object_id
    with ddl.change() as change:
        change.save(ddl.stamp(synonym))
        if existing is not None:
            ddl.dependencies.invalidate(change, owner, node.name.name)
