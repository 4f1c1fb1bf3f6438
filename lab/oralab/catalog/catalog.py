# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dictionary of one database: records by name, name resolution and what the engine may ask.

Records are treated as immutable once saved: whoever changes one takes ``copy.deepcopy``, changes the copy and saves it inside
``with catalog.change(session):``, so that readers never see half a DDL and a failing one leaves nothing behind.

``definer`` in the methods below is the owner of the view or unit on whose behalf a name is resolved: names are then looked up
from that schema and rights are that user's own, without roles (documented for definer's rights).
"""
from __future__ import annotations

import contextlib
import copy
import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from oralab.catalog import containers, model
from oralab.errors import OraError, not_simulated
from oralab.values import Row

if TYPE_CHECKING:
    from oralab.catalog.database import Database
    from oralab.catalog.privileges import Privileges
    from oralab.storage import Store

R = TypeVar("R")
Key = tuple[str, ...]

SHARED_NAMESPACE = ("TABLE", "VIEW", "SEQUENCE", "SYNONYM", "PROCEDURE", "FUNCTION", "PACKAGE", "TYPE")
"""Kinds of which one schema has one object a name; a materialized view is found as its container table (documented)."""


class Relation(Protocol):
    """Something a FROM clause can name. ``kind`` is TABLE, VIEW or ROWS and tells which of the classes below it is."""

    kind: str
    owner: str
    name: str
    columns: list[model.Column]


class BaseTable:
    """A stored table (heap, IOT, temporary, container of a materialized view)."""

    kind = "TABLE"

    def __init__(self, table: model.Table, handle: Any) -> None:
        self.table = table
        self.handle = handle             # storage.TableHandle
        self.owner, self.name, self.columns = table.owner, table.name, table.columns


class QueryView:
    """A view: the engine expands ``view.text`` with ``definer=view.owner``."""

    kind = "VIEW"

    def __init__(self, view: model.View) -> None:
        self.view = view
        self.owner, self.name, self.columns = view.owner, view.name, view.columns


class RowSource:
    """Rows computed on demand: dictionary views, external tables. Values are already of the columns' types."""

    kind = "ROWS"

    def __init__(self, owner: str, name: str, columns: list[model.Column]) -> None:
        self.owner, self.name, self.columns = owner, name, columns

    def scan(self, session: Any, snapshot: Any = None) -> Iterator[Row]:
        raise NotImplementedError


def key_of(record: Any) -> tuple[str, Key]:
    """Kind and key under which the store keeps a record."""
    if isinstance(record, model.SchemaObject):
        return record.kind, (record.owner, record.name)
    name = type(record).__name__
    fields = _KEYS[type(record)]
    return name, tuple(str(getattr(record, field)) for field in fields)


_KEYS: dict[type, tuple[str, ...]] = {
    model.User: ("name",), model.Role: ("name",), model.Profile: ("name",), model.TablespaceInfo: ("name",),
    model.RestorePoint: ("name",), model.SystemGrant: ("grantee", "privilege"), model.RoleGrant: ("grantee", "role"),
    model.ObjectGrant: ("grantee", "owner", "name", "type", "privilege", "grantor", "column"),
    model.DbLink: ("owner", "name"), model.RecycleBinEntry: ("owner", "object_name"), model.JobRun: ("log_id",),
    model.LegacyJob: ("job",), model.SchedulerAttribute: ("name",), model.Policy: ("family", "owner", "table", "name"),
    model.DatabaseAttributes: ("name",), model.StatisticsPreference: ("owner", "table", "preference"),
    model.MaterializedViewLog: ("owner", "master"),
}
KINDS = ("TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "SYNONYM", "PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY", "TYPE",
         "TYPE BODY", "TRIGGER", "INDEX", "DIRECTORY", "CONTEXT", "JOB", *(type_.__name__ for type_ in _KEYS))


class Catalog:
    """All records of one database, and names looked up in them."""

    def __init__(self, store: Store, release: str, database: Database) -> None:
        self.store = store
        self.release = release
        self.database = database
        self._records: dict[str, dict[Key, Any]] = {kind: {} for kind in KINDS}
        self._names: dict[Key, model.SchemaObject] = {}
        self._objects_by_id: dict[int, model.SchemaObject] = {}
        self._indexes_of: dict[Key, list[model.Index]] = {}
        self._grants_on: dict[Key, dict[Key, model.ObjectGrant]] = {}
        self.privileges: Privileges
        self.version = 0
        """Rises with every change of the dictionary: compiled statements of an older version are compiled again."""

    # --- records ---

    def load(self) -> None:
        """Read every record from the store."""
        for kind in KINDS:
            for _, record in self.store.all(kind):
                self._keep(record)

    def get(self, type_: type[R], *key: str, kind: str = "") -> R | None:
        """The record of that type and key: ``get(User, "SCOTT")``, ``get(Table, "HR", "EMPLOYEES")``.

        Program units share one type and need ``kind`` (PACKAGE, PACKAGE BODY, ...).
        """
        found: R | None = self._records.get(kind or _kind_of(type_), {}).get(key)
        return found

    def all(self, type_: type[R], kind: str = "") -> list[R]:
        """Every record of a type, in the order of creation."""
        if not kind and type_ is model.StoredUnit:
            return [record for unit in UNIT_KINDS for record in list(self._records[unit].values())]
        return list(self._records[kind or _kind_of(type_)].values())

    def objects(self) -> Iterator[model.SchemaObject]:
        """Everything that has a row of its own in DBA_OBJECTS, partitions and LOBs apart."""
        for kind in KINDS:
            for record in list(self._records[kind].values()):
                if isinstance(record, model.SchemaObject):
                    yield record

    @contextlib.contextmanager
    def change(self, *, quiet: bool = False) -> Iterator[Change]:
        """One DDL: everything saved inside becomes durable and visible together, or not at all.

        ``quiet`` changes leave compiled statements valid (a sequence's cache, a user's last logon, statistics of a job).
        """
        with self.store.ddl():
            change = Change(self)
            yield change
            change.write()
        change.publish(quiet)

    def follow(self, steps: Iterable[tuple[str, Key, bytes | None]]) -> None:
        """Records that the store was given otherwise: by the redo of another database."""
        for kind, key, data in steps:
            old = self._records.get(kind, {}).get(key)
            if data is not None:
                self._keep(self.store.get(kind, key))
            elif old is not None:
                self._forget(old)
        self.version += 1

    def new_object_id(self) -> int:
        """Object numbers rise and are never used again."""
        return self.store.next_object_id()

    def _keep(self, record: Any) -> None:
        kind, key = key_of(record)
        old = self._records[kind].get(key)
        if isinstance(old, model.Index):
            self._indexes_of[old.table_owner, old.table_name].remove(old)
        self._records[kind][key] = record
        if isinstance(record, model.SchemaObject):
            self._objects_by_id[record.object_id] = record
            if kind in SHARED_NAMESPACE:
                self._names[key] = record
        if isinstance(record, model.Index):
            self._indexes_of.setdefault((record.table_owner, record.table_name), []).append(record)
        if isinstance(record, model.ObjectGrant):
            self._grants_on.setdefault((record.owner, record.name), {})[key] = record

    def _forget(self, record: Any) -> None:
        kind, key = key_of(record)
        old = self._records[kind].pop(key, None)
        if kind in SHARED_NAMESPACE and self._names.get(key) is old:
            self._names.pop(key, None)
        if isinstance(old, model.Index):
            self._indexes_of[old.table_owner, old.table_name].remove(old)
        if isinstance(old, model.ObjectGrant):
            self._grants_on[old.owner, old.name].pop(key, None)
        if isinstance(old, model.SchemaObject):
            self._objects_by_id.pop(old.object_id, None)

    # --- what belongs together ---

    def tables_and_views(self) -> list[model.Table | model.View]:
        return [*self.all(model.Table), *self.all(model.View)]

    def tables_and_indexes(self) -> list[model.Table | model.Index]:
        return [*self.all(model.Table), *self.all(model.Index)]

    def named(self, owner: str, name: str) -> model.SchemaObject | None:
        """The object of the shared namespace (table, view, sequence, synonym, program unit, type) of that very name."""
        return self._names.get((owner, name))

    def by_id(self, object_id: int) -> model.SchemaObject | None:
        return self._objects_by_id.get(object_id)

    def indexes_of(self, table: model.Table) -> list[model.Index]:
        return list(self._indexes_of.get((table.owner, table.name), ()))

    def grants_on(self, owner: str, name: str) -> list[model.ObjectGrant]:
        """Object grants on ``owner.name``."""
        return list(self._grants_on.get((owner, name), {}).values())

    def grants(self) -> list[model.SystemGrant | model.RoleGrant | model.ObjectGrant]:
        return [*self.all(model.SystemGrant), *self.all(model.RoleGrant), *self.all(model.ObjectGrant)]

    def triggers_of(self, owner: str, name: str) -> list[model.Trigger]:
        return [trigger for trigger in self.all(model.Trigger) if (trigger.base_owner, trigger.base_name) == (owner, name)]

    def constraint(self, owner: str, name: str) -> tuple[model.Table, model.Constraint] | None:
        """A constraint by its name, unique within the schema."""
        for table in self.all(model.Table):
            if table.owner == owner:
                for constraint in table.constraints:
                    if constraint.name == name:
                        return table, constraint
        return None

    def children_of(self, table: model.Table) -> list[tuple[model.Table, model.Constraint]]:
        """Foreign keys that reference ``table``, with the tables that have them."""
        return [(child, constraint) for child in self.all(model.Table) for constraint in child.constraints
                if constraint.type == "R" and (constraint.r_owner, constraint.r_table) == (table.owner, table.name)]

    def dependents_of(self, owner: str, name: str) -> list[model.SchemaObject]:
        """Objects that reference ``owner.name`` directly."""
        return [record for record in self.objects()
                if any((reference.owner, reference.name) == (owner, name) for reference in record.references)]

    # --- names ---

    def resolve(self, session: Any, schema: str | None, name: str, *, definer: str | None = None) -> Relation:
        """What ``[schema.]name`` means in a FROM clause or as the target of DML. ORA-00942.

        Order: own schema, private synonym, public synonym (documented); synonyms are followed, ORA-01775 when they loop.
        Whether the session may use the relation is asked separately, with ``require``.
        """
        found = self.find(session, schema, name, definer=definer)
        fixed = isinstance(found, RowSource) and found.name.startswith(("V_$", "GV_$", "X$", "DUAL"))
        if not fixed and (session.instance.state != "OPEN" or containers.closed(session)):
            raise OraError(1219, "database or pluggable database not open: queries allowed on fixed tables or views only")
        if isinstance(found, model.Table):
            if found.external is not None:
                return self.database.external_rows(session, found)
            return BaseTable(found, self.database.handle(session, found))
        if isinstance(found, model.View):
            if found.status != "VALID":
                found = self.database.ddl.revalidate_view(session, found)
            return QueryView(found)
        if isinstance(found, RowSource):
            return found
        if found is None:
            raise OraError(942, "table or view does not exist")
        raise OraError(4044, "procedure, function, package, or type is not allowed here")

    def find(self, session: Any, schema: str | None, name: str, *, definer: str | None = None) -> Any:
        """The record behind a name, synonyms followed; None when there is none.

        A dictionary view of the release gives a ``RowSource``. ORA-02019 for a remote object behind a synonym's link.
        """
        current = definer or session.schema
        owner, seen = schema or current, set()
        explicit = schema is not None
        while True:
            found: Any = self._names.get((owner, name))
            if found is None and owner == "SYS":
                found = self.system_relation(name)
            if found is None and not explicit:
                found = self._names.get(("PUBLIC", name)) or self.public_relation(name)
            if not isinstance(found, model.Synonym):
                return found
            if found.db_link:
                raise self.remote(session, found.table_name, found.db_link)
            if (found.owner, found.name) in seen:
                raise OraError(1775, "looping chain of synonyms")
            seen.add((found.owner, found.name))
            owner, name, explicit = found.table_owner, found.table_name, True

    def remote(self, session: Any, name: str, link: str) -> OraError:
        """Why an object at a database link cannot be had: ORA-02019 without such a link, else what is not simulated."""
        if any(self.get(model.DbLink, owner, link) is not None for owner in (session.user, "PUBLIC")):
            return not_simulated(f"remote object {name}@{link}")
        return OraError(2019, "connection description for remote database not found")

    def system_relation(self, name: str) -> RowSource | None:
        """A dictionary view by its name in SYS (V_$DATABASE, DBA_TABLES). not_simulated for views known but not built."""
        return self.database.dictionary.relation(name)

    def public_relation(self, name: str) -> RowSource | None:
        """A dictionary view by its public synonym (V$DATABASE)."""
        return self.database.dictionary.public(name)

    def sequence(self, session: Any, schema: str | None, name: str, *, definer: str | None = None) -> model.Sequence:
        """ORA-02289 unless the session may select from it."""
        found = self.find(session, schema, name, definer=definer)
        if not isinstance(found, model.Sequence) or not self.privileges.on_object(session, "SELECT", found, definer=definer):
            raise OraError(2289, "sequence does not exist")
        return found

    def next_value(self, session: Any, sequence: model.Sequence) -> int:
        """NEXTVAL: durable, not part of the session's transaction. ORA-08004."""
        return self.database.sequences.next_value(sequence)

    def user_type(self, session: Any, schema: str | None, name: str) -> model.UserType | None:
        found = self.find(session, schema, name)
        return found if isinstance(found, model.UserType) else None

    def require(self, session: Any, privilege: str, target: Any, *, columns: list[str] | None = None,
                definer: str | None = None) -> None:
        """That the session may do ``privilege`` (SELECT, INSERT, EXECUTE, ...) to ``target`` (a Relation or record).

        ORA-00942 (ORA-00904/04043-like codes by kind) when it has no privilege at all on the object, ORA-01031 when it can see
        it but not this. ``columns`` narrows INSERT and UPDATE to column grants.
        """
        self.privileges.require(session, privilege, target, columns=columns, definer=definer)

    def now(self) -> datetime.datetime:
        """SYSDATE."""
        return self.database.now()


class Change:
    """Records saved and removed by one DDL."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._steps: list[tuple[bool, Any]] = []
        self._edited: dict[tuple[str, Key], Any] = {}

    def save(self, record: R) -> R:
        """Create or replace; LAST_DDL_TIME is the caller's affair."""
        self._edited.setdefault(key_of(record), record)
        self._steps.append((True, record))
        return record

    def remove(self, record: Any) -> None:
        self._steps.append((False, record))

    def edit(self, record: R) -> R:
        """A copy of the record that is saved when the change ends, the same one every time; LAST_DDL_TIME is set."""
        known = self._edited.get(key_of(record))
        if known is not None:
            found: R = known
            return found
        edited = copy.deepcopy(record)
        if isinstance(edited, model.SchemaObject):
            edited.last_ddl_time = self.catalog.now()
        self._edited[key_of(record)] = edited
        return self.save(edited)

    def write(self) -> None:
        for keep, record in self._steps:
            kind, key = key_of(record)
            if keep:
                self.catalog.store.put(kind, key, record)
            else:
                self.catalog.store.remove(kind, key)

    def publish(self, quiet: bool) -> None:
        for keep, record in self._steps:
            (self.catalog._keep if keep else self.catalog._forget)(record)
        if not quiet:
            self.catalog.version += 1


UNIT_KINDS = ("PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY", "TYPE", "TYPE BODY", "TRIGGER")


def _kind_of(type_: type) -> str:
    if type_ is model.UserType:
        return "TYPE"
    if type_ is model.Trigger:
        return "TRIGGER"
    return type_.KIND if issubclass(type_, model.SchemaObject) else type_.__name__
