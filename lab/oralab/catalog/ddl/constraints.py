# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Constraints and supplemental log groups: added, changed, dropped, checked against the rows that are there."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.ddl import Ddl
from oralab.errors import OraError
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.catalog import Change

TYPES = {"CHECK": "C", "NOT NULL": "C", "PRIMARY KEY": "P", "UNIQUE": "U", "FOREIGN KEY": "R"}
NO_KEY_TYPES = frozenset({"CLOB", "NCLOB", "BLOB", "BFILE", "LONG", "LONG RAW", "XMLTYPE", "TIMESTAMP WITH TIME ZONE"})
LOG_TYPES = {"ALL": "ALL COLUMN LOGGING", "PRIMARY KEY": "PRIMARY KEY LOGGING", "UNIQUE": "UNIQUE KEY LOGGING",
             "FOREIGN KEY": "FOREIGN KEY LOGGING"}


def quoted(name: str) -> str:
    return f'"{name}"'


def full_name(table: model.Table) -> str:
    return f"{quoted(table.owner)}.{quoted(table.name)}"


def add_not_null(ddl: Ddl, table: model.Table, column: model.Column, name: str | None, *, validated: bool = True) -> None:
    column.nullable = False
    table.constraints.append(model.Constraint(
        name=name or ddl.generated(), type="C", columns=[column.name], condition=f'{quoted(column.name)} IS NOT NULL', not_null=True,
        generated=name is None, validated=validated, last_change=ddl.database.now()))


def add_constraint(ddl: Ddl, session: Any, change: Change, table: model.Table, definition: ast.ConstraintDef, *, new: bool = False) -> None:
    """Add a constraint to ``table``, which is being changed; rows that are there are checked unless ``new`` or NOVALIDATE."""
    if definition.type == "NULL":
        return
    for name in definition.columns:
        if table.column(name) is None:
            raise OraError(904, f'{quoted(name)}: invalid identifier')
    if definition.name is not None:
        ddl.check_name(definition.name)
        if ddl.catalog.constraint(table.owner, definition.name) or any(item.name == definition.name for item in table.constraints):
            raise OraError(2264, "name already used by an existing constraint")
    state = definition.state
    enabled = state.enable is not False
    constraint = model.Constraint(
        name=definition.name or ddl.generated(), type=TYPES[definition.type], columns=list(definition.columns),
        generated=definition.name is None, enabled=enabled, validated=enabled if state.validate is None else state.validate,
        deferrable=bool(state.deferrable), initially_deferred=bool(state.initially_deferred), rely=bool(state.rely),
        last_change=ddl.database.now())
    if definition.type == "NOT NULL":
        column = table.column(definition.columns[0])
        if column is None:
            return
        if not column.nullable and any(item.not_null and item.columns == [column.name] for item in table.constraints):
            raise OraError(1442, "column to be modified to NOT NULL is already NOT NULL")
        constraint.condition, constraint.not_null = f"{quoted(column.name)} IS NOT NULL", True
        column.nullable = not enabled
    elif definition.type == "CHECK" and definition.condition:
        constraint.condition = definition.condition.text.strip()
        constraint.columns = constraint.columns or columns_in(table, definition.condition.condition)
    elif constraint.type in "PU":
        _key(ddl, session, change, table, constraint, definition)
    elif constraint.type == "R":
        _foreign_key(ddl, session, table, constraint, definition)
    table.constraints.append(constraint)
    if enabled and constraint.validated and not new:
        validate(ddl, session, table, constraint)


def columns_in(table: model.Table, condition: Any) -> list[str]:
    """Columns of ``table`` that a condition names, in order. ORA-00904 for a name that is none."""
    from oralab.catalog.ddl.dependencies import walk
    found: list[str] = []
    for node in walk(condition):
        if isinstance(node, ast.ColumnRef):
            if table.column(node.name) is None:
                raise OraError(904, f'{quoted(node.name)}: invalid identifier')
            if node.name not in found:
                found.append(node.name)
    return found


def _key(ddl: Ddl, session: Any, change: Change, table: model.Table, constraint: model.Constraint, definition: ast.ConstraintDef) -> None:
    if constraint.type == "P" and table.key():
        raise OraError(2260, "table can have only one primary key")
    if any(item.type in "PU" and item.columns == constraint.columns for item in table.constraints):
        raise OraError(2261, "such unique or primary key already exists in the table")
    for name in constraint.columns:
        column = table.column(name)
        if column is not None and column.type.name in NO_KEY_TYPES:
            if column.type.name == "TIMESTAMP WITH TIME ZONE":
                raise OraError(2329, "column of datatype TIME/TIMESTAMP WITH TIME ZONE cannot be unique or a primary key")
            raise OraError(2329, "column of datatype LOB cannot be unique or a primary key")
        if constraint.type == "P" and column is not None and constraint.enabled:
            if column.nullable and ddl.segments.has_rows(table):
                _no_nulls(ddl, table, name)
            column.nullable = False
    if constraint.enabled:
        provide_index(ddl, session, change, table, constraint, definition.state.using_index)


def provide_index(ddl: Ddl, session: Any, change: Change, table: model.Table, constraint: model.Constraint,
                  using: ast.UsingIndex | None) -> None:
    """The index that enforces a key: the one named, one that is there on the same columns, or a new one of the constraint's name."""
    from oralab.catalog.ddl.indexes import create_index, new_index
    if using and using.index is not None:
        index = ddl.catalog.get(model.Index, using.index.schema or table.owner, using.index.name)
        if index is None:
            raise OraError(1418, "specified index does not exist")
        if [part.name for part in index.columns[:len(constraint.columns)]] != constraint.columns:
            raise OraError(14196, "Specified index cannot be used to enforce the constraint.")
        constraint.index_owner, constraint.index_name = index.owner, index.name
        return
    if using and using.create is not None:
        made = create_index(ddl, session, using.create, change=change, table=table)
        constraint.index_owner, constraint.index_name = made.owner, made.name
        return
    for index in ddl.catalog.indexes_of(table):
        if [part.name for part in index.columns[:len(constraint.columns)]] == constraint.columns and index.type == "NORMAL":
            constraint.index_owner, constraint.index_name = index.owner, index.name
            ddl.segments.make_unique(table, index, constraint)
            return
    if ddl.catalog.get(model.Index, table.owner, constraint.name):
        raise OraError(955, "name is already used by an existing object")
    index = new_index(ddl, session, table, constraint.name, constraint.columns, unique=not constraint.deferrable,
                      attributes=using.attributes if using else ast.SegmentAttributes(), local=bool(using and using.local))
    index.generated = constraint.generated
    if table.organization == "INDEX" and constraint.type == "P":
        index.type = "IOT - TOP"
    try:
        ddl.segments.create_index(table, index)
    except OraError as error:
        if error.code not in (1, 1452):
            raise
        raise _duplicates(table, constraint) from None
    change.save(index)
    constraint.index_owner, constraint.index_name = index.owner, index.name


def _duplicates(table: model.Table, constraint: model.Constraint) -> OraError:
    if constraint.type == "P":
        return OraError(2437, f"cannot validate ({table.owner}.{constraint.name}) - primary key violated")
    return OraError(2299, f"cannot validate ({table.owner}.{constraint.name}) - duplicate keys found")


def _no_nulls(ddl: Ddl, table: model.Table, column: str) -> None:
    if ddl.segments.exists(f"SELECT 1 FROM {full_name(table)} WHERE {quoted(column)} IS NULL AND ROWNUM = 1"):
        raise OraError(1449, "column contains NULL values; cannot alter to NOT NULL")


def _foreign_key(ddl: Ddl, session: Any, table: model.Table, constraint: model.Constraint, definition: ast.ConstraintDef) -> None:
    name = definition.references
    if name is None:
        return
    own = (name.schema or session.schema) == table.owner and name.name == table.name
    parent = table if own else ddl.catalog.find(session, name.schema, name.name)
    if not isinstance(parent, model.Table) or not own and not ddl.privileges.sees(session, parent):
        raise OraError(942, "table or view does not exist")
    if parent.owner != table.owner:
        ddl.privileges.require(session, "REFERENCES", parent, columns=list(definition.ref_columns) or None)
    wanted = list(definition.ref_columns)
    primary = parent.key()
    if not wanted:
        if primary is None:
            raise OraError(2268, "referenced table does not have a primary key")
        wanted = primary.columns
    if len(wanted) != len(constraint.columns):
        raise OraError(2256, "number of referencing columns must match referenced columns")
    for column in wanted:
        if parent.column(column) is None:
            raise OraError(904, f"{quoted(column)}: invalid identifier")
    key = next((item for item in parent.constraints if item.type in "PU" and sorted(item.columns) == sorted(wanted)), None)
    if key is None:
        raise OraError(2270, "no matching unique or primary key for this column-list")
    if constraint.enabled and not key.enabled:
        raise OraError(2298, f"cannot validate ({table.owner}.{constraint.name}) - parent keys not found")
    # Columns are kept in the order of the parent's key, so that both lists match by position.
    order: dict[str, str] = dict(zip(wanted, constraint.columns))
    constraint.columns = [order[column] for column in key.columns]
    for mine, theirs in zip(constraint.columns, key.columns):
        child, other = table.column(mine), parent.column(theirs)
        if child and other and child.type.name.replace("N", "", 1) != other.type.name.replace("N", "", 1):
            raise OraError(2267, "column type incompatible with referenced column type")
    constraint.r_owner, constraint.r_constraint, constraint.r_table = parent.owner, key.name, parent.name
    constraint.delete_rule = definition.on_delete or "NO ACTION"


def validate(ddl: Ddl, session: Any, table: model.Table, constraint: model.Constraint) -> None:
    """That the rows satisfy a constraint. ORA-02296 nulls, ORA-02293 check, ORA-02298 parents."""
    if session.trusts_rows or not ddl.segments.has_rows(table):
        return
    place = f"{table.owner}.{constraint.name}"
    name = full_name(table)
    if constraint.not_null:
        if ddl.segments.exists(f"SELECT 1 FROM {name} WHERE {quoted(constraint.columns[0])} IS NULL AND ROWNUM = 1"):
            raise OraError(2296, f"cannot enable ({place}) - null values found")
    elif constraint.type == "C":
        if ddl.segments.exists(f"SELECT 1 FROM {name} WHERE NOT ({constraint.condition}) AND ROWNUM = 1"):
            raise OraError(2293, f"cannot validate ({place}) - check constraint violated")
    elif constraint.type == "R":
        parent = ddl.catalog.get(model.Table, constraint.r_owner or "", constraint.r_table or "")
        key = next((item for item in parent.constraints if item.name == constraint.r_constraint), None) if parent else None
        if parent is None or key is None:
            return
        pairs = " AND ".join(f"p.{quoted(theirs)} = c.{quoted(mine)}" for mine, theirs in zip(constraint.columns, key.columns))
        filled = " AND ".join(f"c.{quoted(mine)} IS NOT NULL" for mine in constraint.columns)
        if ddl.segments.exists(f"SELECT 1 FROM {name} c WHERE {filled} AND NOT EXISTS (SELECT 1 FROM {full_name(parent)} p WHERE {pairs}) "
                               "AND ROWNUM = 1"):
            raise OraError(2298, f"cannot validate ({place}) - parent keys not found")


def chosen(ddl: Ddl, table: model.Table, choice: ast.ConstraintChoice) -> model.Constraint:
    """The constraint a clause means. ORA-02443 by name, ORA-02441/02442 for keys that are not there."""
    if choice.primary:
        found = table.key()
        if found is None:
            raise OraError(2441, "Cannot drop nonexistent primary key")
        return found
    if choice.columns:
        found = next((item for item in table.constraints if item.type == "U" and item.columns == list(choice.columns)), None)
        if found is None:
            raise OraError(2442, "Cannot drop nonexistent unique key")
        return found
    found = next((item for item in table.constraints if item.name == choice.name), None)
    if found is None:
        raise OraError(2443, "Cannot drop constraint  - nonexistent constraint")
    return found


def referencing(ddl: Ddl, table: model.Table, constraint: model.Constraint) -> list[tuple[model.Table, model.Constraint]]:
    return [(child, item) for child, item in ddl.catalog.children_of(table) if item.r_constraint == constraint.name]


def modify(ddl: Ddl, session: Any, change: Change, table: model.Table, action: ast.ModifyConstraint) -> None:
    """ENABLE, DISABLE, VALIDATE, RELY of a constraint. ORA-02297 for a key that foreign keys depend on (without CASCADE)."""
    try:
        constraint = chosen(ddl, table, action.choice)
    except OraError as error:
        if error.code == 2443:
            verb = "disable" if action.state.enable is False else "enable"
            raise OraError(2430 if verb == "enable" else 2431,
                           f"cannot {verb} constraint ({action.choice.name}) - no such constraint") from None
        raise
    state = action.state
    if state.enable is False and constraint.enabled:
        _disable(ddl, change, table, constraint, action)
    elif state.enable or state.validate:
        if state.enable and not constraint.enabled:
            constraint.enabled = True
            if constraint.type in "PU":
                if constraint.type == "P":
                    for name in constraint.columns:
                        _no_nulls(ddl, table, name)
                provide_index(ddl, session, change, table, constraint, state.using_index)
            if constraint.type == "R":
                _parent_enabled(ddl, table, constraint)
        if state.validate is not False:
            validate(ddl, session, table, constraint)
            constraint.validated = True
        else:
            constraint.validated = False
        _nullability(table, constraint)
    if state.rely is not None:
        constraint.rely = state.rely
    if state.initially_deferred is not None:
        if state.initially_deferred and not constraint.deferrable:
            raise OraError(2447, "cannot defer a constraint that is not deferrable")
        constraint.initially_deferred = state.initially_deferred
    constraint.last_change = ddl.database.now()


def _parent_enabled(ddl: Ddl, table: model.Table, constraint: model.Constraint) -> None:
    parent = ddl.catalog.get(model.Table, constraint.r_owner or "", constraint.r_table or "")
    key = next((item for item in parent.constraints if item.name == constraint.r_constraint), None) if parent else None
    if key is None or not key.enabled:
        raise OraError(2297 if key is None else 2298, f"cannot validate ({table.owner}.{constraint.name}) - parent keys not found")


def _nullability(table: model.Table, constraint: model.Constraint) -> None:
    if constraint.not_null or constraint.type == "P":
        for name in constraint.columns:
            column = table.column(name)
            if column is not None:
                column.nullable = not any(item.enabled and name in item.columns and (item.not_null or item.type == "P")
                                          for item in table.constraints)


def _disable(ddl: Ddl, change: Change, table: model.Table, constraint: model.Constraint, action: ast.ModifyConstraint) -> None:
    for child, foreign in referencing(ddl, table, constraint):
        if not foreign.enabled:
            continue
        if not action.cascade:
            raise OraError(2297, f"cannot disable constraint ({table.owner}.{constraint.name}) - dependencies exist")
        edited = table if child.object_id == table.object_id else change.edit(child)
        for item in edited.constraints:
            if item.name == foreign.name:
                item.enabled = item.validated = False
    constraint.enabled = constraint.validated = bool(action.state.validate)
    constraint.enabled = False
    if constraint.type in "PU" and not action.keep_index:
        _release_index(ddl, change, table, constraint)
    _nullability(table, constraint)


def _release_index(ddl: Ddl, change: Change, table: model.Table, constraint: model.Constraint) -> None:
    """An index made for the constraint goes with it; one that was there before stays."""
    index = ddl.catalog.get(model.Index, constraint.index_owner or "", constraint.index_name or "")
    if index is not None and index.name == constraint.name and index.type != "IOT - TOP":
        change.remove(index)
    constraint.index_owner = constraint.index_name = None


def drop(ddl: Ddl, change: Change, table: model.Table, constraint: model.Constraint, *, cascade: bool, keep_index: bool = False) -> None:
    """DROP CONSTRAINT. ORA-02273 for a key that is referenced (without CASCADE)."""
    for child, foreign in referencing(ddl, table, constraint):
        if not cascade:
            raise OraError(2273, "this unique/primary key is referenced by some foreign keys")
        edited = table if child.object_id == table.object_id else change.edit(child)
        edited.constraints = [item for item in edited.constraints if item.name != foreign.name]
    if constraint.type in "PU" and not keep_index and constraint.index_name:
        _release_index(ddl, change, table, constraint)
    table.constraints = [item for item in table.constraints if item is not constraint]
    _nullability(table, constraint)


# --- supplemental logging ---

LOG_WORDS = {"ALL": "all column", "PRIMARY KEY": "primary key", "UNIQUE": "unique key", "FOREIGN KEY": "foreign key"}
"""As the messages have it (``all column`` and ``primary key`` seen in transcripts, the others assumed)."""
_NOT_LOGGED = frozenset({"LONG", "LONG RAW", "CLOB", "NCLOB", "BLOB", "BFILE", "XMLTYPE"})


def add_log_group(ddl: Ddl, table: model.Table, log: ast.SupplementalLog) -> None:
    """A named group or the generated ones of keys. ORA-30567 name in use, ORA-30569 type, ORA-32592 nothing is logged, ORA-32588 is there."""
    if log.group:
        if any(log.group in [group.name for group in other.log_groups] + [constraint.name for constraint in other.constraints]
               for other in ddl.catalog.all(model.Table) if other.owner == table.owner):
            raise OraError(30567, "name already used by an existing log group")
        for name, _ in log.columns:
            column = table.column(name)
            if column is None:
                raise OraError(904, f"{quoted(name)}: invalid identifier")
            if column.type.name in _NOT_LOGGED:
                raise OraError(30569, "data type of given column is not supported in a log group")
        if all(off for _, off in log.columns):
            raise OraError(32592, "all columns in log group can not be no log columns")
        table.log_groups.append(model.LogGroup(
            name=log.group, type="USER LOG GROUP", columns=[name for name, _ in log.columns],
            no_log=[name for name, off in log.columns if off], always=log.always, generated=False))
    for data in log.data:
        if any(group.type == LOG_TYPES[data] for group in table.log_groups):
            raise OraError(32588, f"supplemental logging attribute {LOG_WORDS[data]} exists")
        table.log_groups.append(model.LogGroup(name=ddl.generated(), type=LOG_TYPES[data], always=data in ("ALL", "PRIMARY KEY")))


def drop_log_group(table: model.Table, log: ast.SupplementalLog) -> None:
    """ORA-30568 when there is no group of that name, ORA-32587 when the keys are not logged."""
    if log.group and all(group.name != log.group for group in table.log_groups):
        raise OraError(30568, "cannot drop log group - nonexistent log group")
    for data in log.data:
        if all(group.type != LOG_TYPES[data] for group in table.log_groups):
            raise OraError(32587, f"Cannot drop nonexistent {LOG_WORDS[data]} supplemental logging")
    gone = {LOG_TYPES[data] for data in log.data}
    table.log_groups = [group for group in table.log_groups if group.name != log.group and group.type not in gone]
