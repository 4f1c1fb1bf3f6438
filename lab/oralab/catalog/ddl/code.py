# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views, program units, triggers, types; DROP and ALTER of what has no clauses of its own."""
from __future__ import annotations

import hashlib
from typing import Any

from oralab.catalog import model
from oralab.catalog.ddl import COMPILATION, Ddl, Warning_, statement
from oralab.catalog.ddl.tables import BUILT_IN
from oralab.errors import OraError, not_simulated
from oralab.sql import ast
from oralab.values import DataType

UNIT = {"PROCEDURE": "PROCEDURE", "FUNCTION": "PROCEDURE", "PACKAGE": "PROCEDURE", "PACKAGE BODY": "PROCEDURE", "TYPE": "TYPE",
        "TYPE BODY": "TYPE", "TRIGGER": "TRIGGER", "VIEW": "VIEW", "SEQUENCE": "SEQUENCE", "SYNONYM": "SYNONYM"}
"""Object type -> the word in its system privileges (CREATE PROCEDURE, DROP ANY TYPE, ...)."""
MISSING = {"VIEW": (942, "table or view does not exist"), "SEQUENCE": (2289, "sequence does not exist"),
           "TRIGGER": (4080, "trigger '{name}' does not exist"), "SYNONYM": (1434, "private synonym to be dropped does not exist")}


@statement(ast.CreateView)
def create_view(ddl: Ddl, session: Any, node: ast.CreateView) -> Warning_ | None:
    """Without FORCE the query must compile with the owner's directly granted privileges; with FORCE it becomes INVALID."""
    owner = ddl.owner(session, node.name)
    ddl.privileges.need_for(session, owner, "CREATE VIEW", "CREATE ANY VIEW")
    existing = ddl.catalog.named(owner, node.name.name)
    if existing is not None and not (node.or_replace and isinstance(existing, model.View)):
        raise OraError(955, "name is already used by an existing object")
    ddl.check_name(node.name.name)
    if node.of_type is not None:
        raise not_simulated("object view")
    view = model.View(owner=owner, name=node.name.name, text=node.query_text.strip(), aliases=list(node.columns), read_only=node.read_only,
                      check_option=(node.check_constraint or "CHECK") if node.check_option else "", bequeath=node.bequeath or "DEFINER")
    if node.read_only or node.check_option:
        view.constraints.append(model.Constraint(name=node.check_constraint or ddl.generated(), type="O" if node.read_only else "V",
                                                 generated=node.check_constraint is None, validated=False, last_change=ddl.database.now()))
    ddl.stamp(view)
    with ddl.change() as change:
        if isinstance(existing, model.View):
            view.object_id, view.created, view.columns = existing.object_id, existing.created, existing.columns
            ddl.dependencies.invalidate(change, owner, view.name)
        if not ddl.dependencies.compile_view(change, view):
            if not node.force:
                error = view.errors[0]
                raise OraError(error.number, error.text.partition(": ")[2])
            view.columns = [model.Column(name=name, type=DataType("VARCHAR2", 4000)) for name in node.columns]
        change.save(view)
    return None if view.status == "VALID" else COMPILATION


@statement(ast.CreateUnit)
def create_unit(ddl: Ddl, session: Any, node: ast.CreateUnit) -> Warning_ | None:
    """Compiles with errors rather than fails: ORA-24344 as a warning, INVALID, DBA_ERRORS."""
    owner = ddl.owner(session, node.name)
    word = UNIT[node.type]
    ddl.privileges.need_for(session, owner, f"CREATE {word}", f"CREATE ANY {word}")
    unit = model.StoredUnit(owner=owner, name=node.name.name, type=node.type, source=node.source, authid=node.authid or "DEFINER",
                            editionable=node.editionable is not False)
    return _store(ddl, unit, node.or_replace)


def _store(ddl: Ddl, unit: model.StoredUnit, replace: bool) -> Warning_ | None:
    ddl.check_name(unit.name)
    body = unit.type in ("PACKAGE BODY", "TYPE BODY", "TRIGGER")
    existing = ddl.catalog.get(model.StoredUnit, unit.owner, unit.name, kind=unit.type)
    taken = existing if body else ddl.catalog.named(unit.owner, unit.name)
    if taken is not None and not (replace and taken.kind == unit.type):
        raise OraError(4081 if unit.type == "TRIGGER" else 955,
                       f"trigger '{unit.name}' already exists" if unit.type == "TRIGGER" else "name is already used by an existing object")
    ddl.stamp(unit)
    if existing is not None:
        unit.object_id, unit.created = existing.object_id, existing.created
    with ddl.change() as change:
        change.save(unit)
        if existing is not None and unit.type not in ("PACKAGE BODY", "TYPE BODY", "TRIGGER"):
            ddl.dependencies.invalidate(change, unit.owner, unit.name)
    good = ddl.dependencies.compile(unit)
    return None if good else COMPILATION


@statement(ast.CreateTrigger)
def create_trigger(ddl: Ddl, session: Any, node: ast.CreateTrigger) -> Warning_ | None:
    owner = ddl.owner(session, node.name)
    ddl.privileges.need_for(session, owner, "CREATE TRIGGER", "CREATE ANY TRIGGER")
    trigger = model.Trigger(owner=owner, name=node.name.name, source=node.source, body=node.body, when=node.when, enabled=node.enabled,
                            event=" OR ".join(node.events), referencing=node.referencing or "REFERENCING NEW AS NEW OLD AS OLD")
    if node.on is not None:
        base = ddl.catalog.find(session, node.on.schema, node.on.name)
        if not isinstance(base, (model.Table, model.View)):
            raise OraError(942, "table or view does not exist")
        if base.owner != owner and not ddl.privileges.has(session, "CREATE ANY TRIGGER"):
            raise OraError(1031, "insufficient privileges")
        if base.owner == "SYS":
            raise OraError(4089, "cannot create triggers on objects owned by SYS")
        if (node.timing == "INSTEAD OF") != isinstance(base, model.View):
            raise OraError(25002 if node.timing == "INSTEAD OF" else 25001, "cannot create INSTEAD OF triggers on tables"
                           if node.timing == "INSTEAD OF" else "cannot create this trigger type on views")
        trigger.base_type, trigger.base_owner, trigger.base_name = base.kind, base.owner, base.name
        level = " EACH ROW" if node.for_each_row else " STATEMENT"
        trigger.trigger_type = node.timing if node.timing in ("INSTEAD OF", "COMPOUND") else node.timing + level
    else:
        if node.scope != "SCHEMA":
            ddl.privileges.need(session, "ADMINISTER DATABASE TRIGGER")
        trigger.base_type, trigger.base_owner = node.scope, (node.schema or owner) if node.scope == "SCHEMA" else "SYS"
        trigger.trigger_type = f"{node.timing} EVENT"
    head = node.source[len("TRIGGER"):]
    trigger.description = head[:head.rfind(node.body)].strip() + "\n" if node.body else head
    return _store(ddl, trigger, node.or_replace)


@statement(ast.CreateType)
def create_type(ddl: Ddl, session: Any, node: ast.CreateType) -> Warning_ | None:
    """ORA-02303 when OR REPLACE meets a type that tables use (without FORCE)."""
    owner = ddl.owner(session, node.name)
    ddl.privileges.need_for(session, owner, "CREATE TYPE", "CREATE ANY TYPE")

    def full(type_: DataType | None) -> DataType | None:
        if type_ is None or type_.name in BUILT_IN:
            return type_
        found = ddl.catalog.find(session, type_.owner, type_.name)
        place = found.owner if isinstance(found, model.UserType) else type_.owner or owner
        return DataType(type_.name, owner=place)
    type_ = model.UserType(
        owner=owner, name=node.name.name, source=node.source, methods=node.methods, final=node.final, instantiable=node.instantiable,
        typecode="COLLECTION" if node.form in ("VARRAY", "TABLE") else "OBJECT", upper_bound=node.limit, incomplete=not node.form,
        collection={"VARRAY": "VARYING ARRAY", "TABLE": "TABLE"}.get(node.form, ""), element=full(node.element),
        attributes=[model.TypeAttribute(name=name, type=full(kind) or kind) for name, kind in node.attributes],
        authid=node.authid or "DEFINER", type_oid=hashlib.md5(f"{owner}.{node.name.name}".encode(), usedforsecurity=False).digest())
    if node.supertype is not None:
        parent = ddl.catalog.user_type(session, node.supertype.schema, node.supertype.name)
        if parent is None or parent.final:
            raise OraError(22308, "operation not allowed on evolved type")
        type_.supertype = (parent.owner, parent.name)
        type_.attributes = [*parent.attributes, *type_.attributes]
    existing = ddl.catalog.get(model.UserType, owner, type_.name)
    if existing and not existing.incomplete and not node.force and _used_by_tables(ddl, existing):
        raise OraError(2303, "cannot drop or replace a type with type or table dependents")
    return _store(ddl, type_, node.or_replace or bool(existing and existing.incomplete))


def _used_by_tables(ddl: Ddl, type_: model.UserType) -> bool:
    return any(record.kind in ("TABLE", "TYPE") and record.name != type_.name
               for record in ddl.catalog.dependents_of(type_.owner, type_.name))


# --- DROP ---

@statement(ast.Drop)
def drop(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    from oralab.catalog.ddl import administration, flashback, users
    special = {"DIRECTORY": administration.drop_directory, "DATABASE LINK": administration.drop_link,
               "CONTEXT": administration.drop_context,
               "RESTORE POINT": flashback.drop_restore_point, "ROLE": users.drop_role, "PROFILE": users.drop_profile}
    if node.type in special:
        special[node.type](ddl, session, node)
    elif node.type in UNIT:
        _drop_object(ddl, session, node)
    else:
        raise not_simulated(f"DROP {node.type}")


def _drop_object(ddl: Ddl, session: Any, node: ast.Drop) -> None:
    owner = "PUBLIC" if node.public else node.name.schema or session.schema
    found = _find(ddl, owner, node.name.name, node.type)
    code, text = MISSING.get(node.type, (4043, "object {name} does not exist"))
    if node.type == "SYNONYM" and node.public:
        code, text = 1432, "public synonym to be dropped does not exist"
    word = UNIT[node.type]
    if found is None:
        raise OraError(code, text.format(name=node.name.name))
    if node.public:
        ddl.privileges.need(session, "DROP PUBLIC SYNONYM")
    elif owner != session.user and not ddl.privileges.has(session, f"DROP ANY {word}"):
        raise OraError(1031 if ddl.privileges.sees(session, found) else code,
                       "insufficient privileges" if ddl.privileges.sees(session, found) else text.format(name=node.name.name))
    ddl.not_dictionary(session, owner)
    if isinstance(found, model.UserType) and not node.force and _used_by_tables(ddl, found):
        raise OraError(2303, "cannot drop or replace a type with type or table dependents")
    if isinstance(found, model.Sequence) and found.identity:
        raise OraError(32794, "cannot drop a system-generated sequence")
    with ddl.change() as change:
        ddl.dependencies.invalidate(change, owner, found.name)
        change.remove(found)
        if found.kind in ("PACKAGE", "TYPE"):
            body = ddl.catalog.get(model.StoredUnit, owner, found.name, kind=f"{found.kind} BODY")
            if body is not None:
                change.remove(body)
        if not found.kind.endswith("BODY") and found.kind not in ("TRIGGER", "SYNONYM"):
            for grant in ddl.catalog.grants_on(owner, found.name):
                change.remove(grant)
        if found.kind == "VIEW":
            for trigger in ddl.catalog.triggers_of(owner, found.name):
                change.remove(trigger)
    if isinstance(found, model.Sequence):
        ddl.database.sequences.forget(found)


def _find(ddl: Ddl, owner: str, name: str, type_: str) -> model.SchemaObject | None:
    if type_ in ("PACKAGE BODY", "TYPE BODY", "TRIGGER"):
        return ddl.catalog.get(model.StoredUnit, owner, name, kind=type_)
    found = ddl.catalog.named(owner, name)
    return found if found is not None and found.kind == type_ else None


# --- ALTER ... COMPILE and its like ---

@statement(ast.AlterUnit)
def alter_unit(ddl: Ddl, session: Any, node: ast.AlterUnit) -> Warning_ | None:
    """COMPILE revalidates; ORA-24344 as a warning while errors remain."""
    owner = "PUBLIC" if node.public else node.name.schema or session.schema
    type_ = f"{node.type} BODY" if node.part == "BODY" else node.type
    found = _find(ddl, owner, node.name.name, type_)
    if found is None:
        code, text = MISSING.get(node.type, (4043, "object {name} does not exist"))
        raise OraError(4043 if node.type == "SYNONYM" else code, "object does not exist" if node.type == "SYNONYM"
                       else text.format(name=node.name.name))
    word = UNIT[node.type]
    if owner != session.user:
        ddl.privileges.need(session, f"ALTER ANY {word if word not in ('VIEW', 'SYNONYM') else 'TABLE'}", f"CREATE ANY {word}")
    ddl.not_dictionary(session, owner)
    if node.action == "COMPILE":
        good = ddl.dependencies.compile(found)
        whole = not node.part or node.part == "PACKAGE"
        body = ddl.catalog.get(model.StoredUnit, owner, found.name, kind=f"{found.kind} BODY") if whole else None
        if body is not None:
            good = ddl.dependencies.compile(body) and good
        return None if good else COMPILATION
    with ddl.change() as change:
        edited = change.edit(found)
        if isinstance(edited, model.Trigger) and node.action in ("ENABLE", "DISABLE"):
            edited.enabled = node.action == "ENABLE"
        elif isinstance(edited, model.Trigger) and node.action == "RENAME":
            change.remove(found)
            change.save(edited)
            edited.name = node.new_name or edited.name
        elif isinstance(edited, model.StoredUnit) and node.action in ("EDITIONABLE", "NONEDITIONABLE"):
            edited.editionable = node.action == "EDITIONABLE"
        else:
            raise not_simulated(f"ALTER {node.type} {node.action}")
    return None
