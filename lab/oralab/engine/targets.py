# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows on their way into a table: conversion, sizes, NOT NULL, CHECK, virtual columns, partitions, foreign keys."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.engine import convert, types
from oralab.engine.code import Code
from oralab.engine.expressions import Expressions
from oralab.engine.relations import base_columns, parse_condition, parse_expression
from oralab.engine.scope import Scope, Source
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation
    from oralab.engine.triggers import Trigger

class Restart(Exception):
    """A row changed under the statement: it begins anew with a later snapshot (documented: write consistency)."""


class Target:
    """The table that a DML statement changes. ``operation`` is INSERT, UPDATE, DELETE or MERGE."""

    def __init__(self, compilation: Compilation, item: Any, operation: str) -> None:
        if not isinstance(item, ast.TableRef):
            raise not_simulated(f"{operation} through a subquery")
        if item.dblink:
            raise compilation.session.catalog.remote(compilation.session, item.name, item.dblink)
        self.compilation = compilation
        self.session = compilation.session
        self.item = compilation.target = item
        try:
            relation = self.session.catalog.resolve(self.session, item.schema, item.name)
        except OraError as error:
            error.offset = error.offset or item.offset
            raise
        if relation.kind != "TABLE":
            self._refuse(relation, operation)
        self.relation = relation
        self.table: model.Table = relation.table
        self.handle = relation.handle
        self.name = f'"{self.table.owner}"."{self.table.name}"'
        if self.table.read_only:
            raise OraError(12081, f"update operation not allowed on table {self.name}")
        self.scope = Scope()
        self.source = Source(item.alias or item.name, self.table.owner, base_columns(compilation, self.table), len(self.table.columns) + 1,
                             lambda x: iter(()), relation=relation, rowid=len(self.table.columns))
        self.scope.sources.append(self.source)
        self.compiler = compilation.expressions(self.scope)
        """Sees one row of the table, with its row id after the columns."""
        self._triggers: dict[str, list[Trigger]] = {}
        self.foreign = ForeignKeys(self)
        self._checks = self._compile_checks()
        self._no_nulls_new, self._no_nulls_changed = self._not_null(False), self._not_null(True)

    def _refuse(self, relation: Any, operation: str) -> None:
        if relation.kind == "VIEW":
            self.session.catalog.require(self.session, operation, relation.view)
            raise not_simulated(f"{operation} on a view")
        if hasattr(relation, "table"):
            raise OraError(30657, "operation not supported on external organized table")
        self.session.catalog.require(self.session, "SELECT", relation)
        if relation.name.startswith(("V_$", "GV_$")):
            raise OraError(2030, "can only select from fixed tables/views")
        raise OraError(1031, "insufficient privileges")

    def require(self, privilege: str, columns: Sequence[str] = ()) -> None:
        """The privilege for an operation; its triggers are compiled."""
        self.session.catalog.require(self.session, privilege, self.table, columns=list(columns) or None)
        self.fire_for(privilege, columns)

    def fire_for(self, event: str, columns: Sequence[str] = ()) -> None:
        """Compile the triggers of an operation."""
        # Imported late: bodies of triggers contain DML themselves.
        from oralab.engine.triggers import triggers_on
        self._triggers[event] = triggers_on(self.session, self.table, event, columns)

    def _fire(self, event: str, timing: str, old: Any = None, new: Any = None) -> Any:
        for trigger in self._triggers.get(event, ()):
            if trigger.record.trigger_type == timing:
                new = trigger.fire(old, new)
        return new

    def column(self, ref: ast.ColumnRef) -> model.Column:
        """ORA-00904."""
        found = self.table.column(ref.name)
        if found is None or found.hidden or ref.table not in (None, self.source.alias, self.table.name):
            raise OraError(904, ".".join(f'"{part}"' for part in (ref.schema, ref.table, ref.name) if part) + ": invalid identifier",
                           offset=ref.offset)
        return found

    def visible(self) -> list[model.Column]:
        """Columns that an INSERT without a list means."""
        return [column for column in self.table.columns if column.visible]

    def place(self, column: model.Column) -> int:
        return next(index for index, other in enumerate(self.table.columns) if other is column)

    # --- values ---

    def stored(self, column: model.Column, code: Code) -> str:
        """Source of a value as the column keeps it. ORA-12899, ORA-01438, ORA-00932, conversions' own errors."""
        if column.type.owner is not None and not types.is_null(code.type):
            raise not_simulated(f"values of type {column.type.owner}.{column.type.name}")
        try:
            code = self.compiler.emitter.converted(code, column.type)
        except OraError as error:
            if error.code == 932 and code.type.name in ("LONG", "LONG RAW"):
                raise OraError(997, "illegal use of LONG datatype") from None
            raise
        fit = convert.storer(column.type, f'{self.name}."{column.name}"')
        return code.text if fit is None else self.compiler.emitter.strict(self.compiler.emitter.constant(fit) + "({0})", code)

    def default(self, column: model.Column) -> str:
        """Source of the value of a column that is not given."""
        if column.virtual or column.unused:
            return "None"
        if column.identity is not None and not column.default:
            owner, name = self.table.owner, column.identity.sequence_name
            return self.stored(column, Code(f"x.session.nextval({owner!r}, {name!r})", types.NUMBER, False))
        if not column.default:
            return "None"
        node = parse_expression(column.default, self.compilation.release)
        code = self.compilation.expressions(Scope(definer=self.table.owner)).compile(node)
        return self.stored(column, code)

    def _not_null(self, update: bool) -> Callable[[Any], None]:
        """ORA-01400 or ORA-01407 for the first column without a value."""
        key = self.table.key()
        needed = [(index, column.name) for index, column in enumerate(self.table.columns)
                  if not column.unused and not column.virtual
                  and (not column.nullable or key is not None and key.enabled and column.name in key.columns)]
        places = [index for index, _ in needed]

        def check(row: Any) -> None:
            for index in places:
                if row[index] is None:
                    name = f'{self.name}."{dict(needed)[index]}"'
                    if update:
                        raise OraError(1407, f"cannot update ({name}) to NULL")
                    raise OraError(1400, f"cannot insert NULL into ({name})")
        return check

    def _compile_checks(self) -> list[tuple[Callable[..., Any], str]]:
        """For each CHECK constraint a function that is true when a row violates it."""
        found = []
        for constraint in self.table.constraints:
            if constraint.type == "C" and constraint.enabled and not constraint.not_null and constraint.condition:
                node = parse_condition(constraint.condition, self.compilation.release)
                violated = self.compiler.emitter.function(self.compiler.condition(node, True))
                found.append((violated, constraint.name))
        return found

    def check(self, row: Any, x: Any) -> None:
        """ORA-02290."""
        for violated, name in self._checks:
            if violated(row, x):
                raise OraError(2290, f"check constraint ({self.table.owner}.{name}) violated")

    def partition(self, row: Any) -> str | None:
        if not self.table.partitioning:
            return None
        found: str | None = self.session.database.ddl.segments.partition_of(self.session, self.table, row)
        return found

    def ensure_segment(self) -> None:
        """Deferred segment creation ends with the first row; a quota is wanted then (ORA-01950, ORA-01536)."""
        table = self.table
        if table.temporary or table.partitioning or table.segment_created:
            return
        ddl = self.session.database.ddl
        ddl.check_quota(table.owner, table.tablespace)
        with self.session.catalog.change(quiet=True) as change:
            edited = change.edit(table)
            edited.segment_created, edited.last_ddl_time = True, table.last_ddl_time
        self.table = edited

    # --- changes ---

    def insert(self, row: tuple[Any, ...], x: Any, work: Work) -> tuple[Any, ...]:
        """Check and store one complete row; gives it back with its row id."""
        row = self._fire("INSERT", "BEFORE EACH ROW", None, row)
        self._no_nulls_new(row)
        self.check((*row, None), x)
        rid = self.handle.insert(self.session.transaction, row, self.partition(row), self.session.is_cancelled)
        work.new(row)
        self._fire("INSERT", "AFTER EACH ROW", None, row)
        return (*row, rid)

    def current(self, rid: int, seen: Any) -> None:
        """Wait for whoever changes the row, and see that it is still as the statement saw it."""
        transaction = self.session.transaction
        segment = self.handle.segment_of(rid)
        writer = segment.writer(rid)
        if writer is not None and writer is not transaction:
            self.session.database.store.wait_for(writer, transaction, None, self.session.is_cancelled)
        newest = segment.rows.get(rid)
        if newest is None or newest != seen[:len(newest)]:
            if self.session.serializable:
                raise OraError(8177, "can't serialize access for this transaction")
            raise Restart

    def update(self, rid: int, old: tuple[Any, ...], row: tuple[Any, ...], x: Any, work: Work) -> tuple[Any, ...]:
        """Check and replace one row; gives the new one with its row id."""
        row = self._fire("UPDATE", "BEFORE EACH ROW", old, row)
        self._no_nulls_changed(row)
        self.check((*row, None), x)
        partition = None
        if self.table.partitioning:
            partition, before = self.partition(row), self.partition(old)
            if partition != before and not self.table.row_movement:
                raise OraError(14402, "updating partition key column would cause a partition change")
        self.current(rid, old)
        rid = self.handle.update(self.session.transaction, rid, row, partition, self.session.is_cancelled)
        work.changed(old, row)
        self._fire("UPDATE", "AFTER EACH ROW", old, row)
        return (*row, rid)

    def delete(self, rid: int, old: tuple[Any, ...], work: Work) -> None:
        self._fire("DELETE", "BEFORE EACH ROW", old)
        self.current(rid, old)
        self.handle.delete(self.session.transaction, rid, self.session.is_cancelled)
        work.gone(old)
        self._fire("DELETE", "AFTER EACH ROW", old)

    def work(self) -> Work:
        """What a statement begins with: its BEFORE triggers fire."""
        for event in self._triggers:
            self._fire(event, "BEFORE STATEMENT")
        return Work(self)

    def done(self) -> None:
        """The statement has done its work."""
        for event in self._triggers:
            self._fire(event, "AFTER STATEMENT")


class ForeignKeys:
    """Foreign keys that a table has, and those that point to it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.catalog = target.session.catalog
        table = target.table
        self.own = [(self._places(table, constraint.columns), constraint)
                    for constraint in table.constraints if constraint.type == "R" and constraint.enabled]
        self.children = []
        for child, constraint in self.catalog.children_of(table):
            key = next((other for other in table.constraints if other.name == constraint.r_constraint), None)
            if constraint.enabled and key is not None:
                self.children.append((self._places(table, key.columns), child, self._places(child, constraint.columns), constraint, key))

    @staticmethod
    def _places(table: model.Table, names: Sequence[str]) -> list[int]:
        return [next(index for index, column in enumerate(table.columns) if column.name == name) for name in names]

    def parents(self, keys: dict[int, set[Any]]) -> None:
        """ORA-02291 for keys of new rows without a parent."""
        session = self.target.session
        for number, wanted in keys.items():
            _, constraint = self.own[number]
            parent = self.catalog.get(model.Table, constraint.r_owner, constraint.r_table)
            if parent is None:
                continue
            key = next(other for other in parent.constraints if other.name == constraint.r_constraint)
            places = self._places(parent, key.columns)
            if not self._all_there(session.database.handle(session, parent), parent, places, wanted):
                raise OraError(2291, f"integrity constraint ({self.target.table.owner}.{constraint.name}) violated - parent key not found")

    def _all_there(self, handle: Any, parent: model.Table, places: list[int], wanted: set[Any]) -> bool:
        session = self.target.session
        snapshot = session.database.store.snapshot(session.transaction)
        for index in handle.indexes:
            rows = {key: _pattern(parent, places, key) for key in wanted}
            if all(len(index.key(row) or ()) == len(places) for row in rows.values()):
                return all(any(True for _ in handle.lookup(index, index.key(row), snapshot)) for row in rows.values())
        present = {tuple(row[place] for place in places) for _, row in handle.scan(snapshot)}
        return wanted <= present

    def orphans(self, gone: dict[int, set[Any]], x: Any) -> None:
        """Children of keys that went: ORA-02292, or ON DELETE CASCADE and SET NULL."""
        for number, keys in gone.items():
            places, child, child_places, constraint, _ = self.children[number]
            keys = {key for key in keys if not self._all_there(self.target.handle, self.target.table, places, {key})}
            if keys:
                self._rule(child, child_places, constraint, keys, x)

    def _rule(self, child: model.Table, places: list[int], constraint: model.Constraint, keys: set[Any], x: Any) -> None:
        session = self.target.session
        handle = session.database.handle(session, child)
        snapshot = session.database.store.snapshot(session.transaction)
        found = [(rid, row) for rid, row in handle.scan(snapshot) if tuple(row[place] for place in places) in keys]
        if not found:
            return
        if constraint.delete_rule == "NO ACTION":
            raise OraError(2292, f"integrity constraint ({child.owner}.{constraint.name}) violated - child record found")
        target = Target(self.target.compilation, ast.TableRef(child.name, child.owner), "DELETE")
        target.fire_for("DELETE" if constraint.delete_rule == "CASCADE" else "UPDATE", constraint.columns)
        work = target.work()
        for rid, row in found:
            if constraint.delete_rule == "CASCADE":
                target.delete(rid, row, work)
            else:
                changed = list(row)
                for place in places:
                    changed[place] = None
                target.update(rid, row, tuple(changed), x, work)
        work.finish(x)


def _pattern(table: model.Table, places: Sequence[int], key: Sequence[Any]) -> tuple[Any, ...]:
    row: list[Any] = [None] * len(table.columns)
    for place, value in zip(places, key):
        row[place] = value
    return tuple(row)


class Work:
    """What one statement did to a table, as far as its end must check it."""

    def __init__(self, target: Target) -> None:
        self.target, self.foreign = target, target.foreign
        self._own = self.foreign.own
        self._children = self.foreign.children
        self._wanted: dict[int, set[Any]] = {}
        self._gone: dict[int, set[Any]] = {}

    def new(self, row: Any) -> None:
        for number, (places, _) in enumerate(self._own):
            key = tuple(row[place] for place in places)
            if None not in key:
                self._wanted.setdefault(number, set()).add(key)

    def gone(self, row: Any) -> None:
        for number, child in enumerate(self._children):
            key = tuple(row[place] for place in child[0])
            if None not in key:
                self._gone.setdefault(number, set()).add(key)

    def changed(self, old: Any, row: Any) -> None:
        if self._own:
            self.new(row)
        for number, child in enumerate(self._children):
            key = tuple(old[place] for place in child[0])
            if None not in key and key != tuple(row[place] for place in child[0]):
                self._gone.setdefault(number, set()).add(key)

    def finish(self, x: Any) -> None:
        """Foreign keys are judged when the statement is done (documented)."""
        if self._wanted:
            self.foreign.parents(self._wanted)
        if self._gone:
            self.foreign.orphans(self._gone, x)
        self.target.done()


def returning(compiler: Expressions, node: ast.Returning | None) -> Callable[[Any, Any], tuple[Any, ...]] | None:
    """RETURNING as a function of the row (with its row id)."""
    if node is None:
        return None
    codes = [compiler.compile(expression) for expression in node.expressions]
    function: Callable[[Any, Any], tuple[Any, ...]] = compiler.emitter.function("(" + "".join(code.text + ", " for code in codes) + ")")
    return function
