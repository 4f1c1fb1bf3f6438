# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a database as Data Pump sees them, kind by kind."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TypeVar

from oralab.catalog import model
from oralab.catalog.catalog import Catalog
from oralab.catalog.metadata import referenced_columns
from oralab.packages.datapump import master
from oralab.packages.datapump.objects import DataFile, Exported, TableData

GRANTS = {"TABLE_GRANT": ("TABLE",), "VIEW_GRANT": ("VIEW",), "SEQUENCE_GRANT": ("SEQUENCE",), "TYPE_GRANT": ("TYPE",),
          "PACKAGE_GRANT": ("PACKAGE",), "FUNCTION_GRANT": ("FUNCTION",), "PROCEDURE_GRANT": ("PROCEDURE",),
          "DIRECTORY_GRANT": ("DIRECTORY",)}
"""Object types whose grants are of that kind."""
UNITS = {"TYPE": "TYPE", "TYPE_BODY": "TYPE BODY", "PACKAGE": "PACKAGE", "PACKAGE_BODY": "PACKAGE BODY",
         "FUNCTION": "FUNCTION", "PROCEDURE": "PROCEDURE", "ALTER_PACKAGE": "PACKAGE", "ALTER_FUNCTION": "FUNCTION",
         "ALTER_PROCEDURE": "PROCEDURE"}
NEVER = frozenset({"SYSTEM", "SYSAUX"})
"""Tablespaces that every database has: their definition does not travel (assumed; older real jobs meet ORA-31684)."""

S = TypeVar("S", bound=model.SchemaObject)


class Collector:
    """Reads one catalog. Only what users made travels: Oracle's own users, roles and objects are at the target too."""

    def __init__(self, catalog: Catalog, files: Callable[[str], list[DataFile]]) -> None:
        self.catalog = catalog
        self.files = files
        self.maintained = {user.name for user in catalog.all(model.User) if user.oracle_maintained} | {"SYS"}
        self.roles = {role.name for role in catalog.all(model.Role) if not role.oracle_maintained}
        self.users = {user.name for user in catalog.all(model.User)} - self.maintained
        self.tables = [table for table in catalog.all(model.Table) if self._travels(table)]

    def _travels(self, table: model.Table) -> bool:
        return (table.owner not in self.maintained and not (table.dropped or table.nested or table.oracle_maintained)
                and not master.is_master(table))

    def kind(self, name: str) -> Iterator[Exported]:
        """All objects of one kind of ``paths.KINDS``."""
        if name in UNITS:
            return self._units(name)
        if name in GRANTS:
            return self._grants(name)
        maker: Callable[[], Iterator[Exported]] = getattr(self, f"_{name.lower()}")
        return maker()

    # --- database ---

    def _tablespace(self) -> Iterator[Exported]:
        for info in self.catalog.all(model.TablespaceInfo):
            if info.name not in NEVER:
                yield Exported(kind="TABLESPACE", owner="", name=info.name, record=info, files=self.files(info.name))

    def _profile(self) -> Iterator[Exported]:
        for profile in self.catalog.all(model.Profile):
            if not profile.oracle_maintained and profile.name != "DEFAULT":
                yield Exported(kind="PROFILE", owner="", name=profile.name, record=profile)

    def _user(self) -> Iterator[Exported]:
        for user in self.catalog.all(model.User):
            if user.name in self.users:
                yield Exported(kind="USER", owner="", name=user.name, record=user)

    def _role(self) -> Iterator[Exported]:
        for role in self.catalog.all(model.Role):
            if role.name in self.roles:
                yield Exported(kind="ROLE", owner="", name=role.name, record=role)

    def _system_grant(self) -> Iterator[Exported]:
        for grant in self.catalog.all(model.SystemGrant):
            if grant.grantee in self.users | self.roles:
                yield Exported(kind="SYSTEM_GRANT", owner="", name=grant.grantee, record=grant)

    def _role_grant(self) -> Iterator[Exported]:
        for grant in self.catalog.all(model.RoleGrant):
            if grant.grantee in self.users | self.roles:
                yield Exported(kind="ROLE_GRANT", owner="", name=grant.grantee, record=grant)

    def _default_role(self) -> Iterator[Exported]:
        return (dataclasses.replace(user, kind="DEFAULT_ROLE") for user in self._user())

    def _tablespace_quota(self) -> Iterator[Exported]:
        for item in self._user():
            for space, amount in item.record.quotas.items():
                yield dataclasses.replace(item, kind="TABLESPACE_QUOTA",
                                          record=dataclasses.replace(item.record, quotas={space: amount}))

    def _directory(self) -> Iterator[Exported]:
        for directory in self.catalog.all(model.Directory):
            if not directory.oracle_maintained:
                yield Exported(kind="DIRECTORY", owner="", name=directory.name, record=directory)

    def _context(self) -> Iterator[Exported]:
        for context in self.catalog.all(model.Context):
            if not context.oracle_maintained:
                yield Exported(kind="CONTEXT", owner="", name=context.name, record=context)

    # --- schema ---

    def _public_synonym(self) -> Iterator[Exported]:
        for synonym in self.catalog.all(model.Synonym):
            own = synonym.oracle_maintained or synonym.table_owner in self.maintained
            if synonym.owner == "PUBLIC" and not own:
                yield Exported(kind="PUBLIC_SYNONYM", owner="PUBLIC", name=synonym.name, record=synonym)

    def _synonym(self) -> Iterator[Exported]:
        for synonym in self.catalog.all(model.Synonym):
            if synonym.owner not in self.maintained | {"PUBLIC"}:
                yield Exported(kind="SYNONYM", owner=synonym.owner, name=synonym.name, record=synonym)

    def _db_link(self) -> Iterator[Exported]:
        for link in self.catalog.all(model.DbLink):
            if link.owner not in self.maintained:
                yield Exported(kind="DB_LINK", owner=link.owner, name=link.name, record=link)

    def _sequence(self) -> Iterator[Exported]:
        for sequence in self.catalog.all(model.Sequence):
            if sequence.owner not in self.maintained and not sequence.identity:
                yield Exported(kind="SEQUENCE", owner=sequence.owner, name=sequence.name, record=sequence)

    def _units(self, name: str) -> Iterator[Exported]:
        for unit in _in_order(self.catalog.all(model.StoredUnit, kind=UNITS[name])):
            if unit.owner not in self.maintained:
                yield Exported(kind=name, owner=unit.owner, name=unit.name, record=unit,
                               base=(unit.owner, unit.name) if name.startswith("ALTER_") else None)

    def _grants(self, name: str) -> Iterator[Exported]:
        for grant in self.catalog.all(model.ObjectGrant):
            if grant.type not in GRANTS[name] or grant.grantee in self.maintained:
                continue
            owner = grant.owner
            if name == "DIRECTORY_GRANT":
                directory = self.catalog.get(model.Directory, owner, grant.name)
                if directory is None or directory.oracle_maintained:
                    continue
                owner = ""
            if owner not in self.maintained:
                yield Exported(kind=name, owner=owner, name=grant.name, record=grant, base=(owner, grant.name))

    def _view(self) -> Iterator[Exported]:
        for view in _in_order(self.catalog.all(model.View)):
            if view.owner not in self.maintained:
                yield Exported(kind="VIEW", owner=view.owner, name=view.name, record=view)

    def _view_comment(self) -> Iterator[Exported]:
        for item in self._view():
            if item.record.comment or any(column.comment for column in item.record.columns):
                yield dataclasses.replace(item, kind="VIEW_COMMENT", base=(item.owner, item.name))

    def _materialized_view(self) -> Iterator[Exported]:
        for view in _in_order(self.catalog.all(model.MaterializedView)):
            if view.owner not in self.maintained:
                yield Exported(kind="MATERIALIZED_VIEW", owner=view.owner, name=view.name, record=view,
                               table=self.catalog.get(model.Table, view.owner, view.name))

    def _procobj(self) -> Iterator[Exported]:
        for job in self.catalog.all(model.SchedulerJob):
            if job.owner not in self.maintained:
                yield Exported(kind="PROCOBJ", owner=job.owner, name=job.name, record=job)

    # --- tables ---

    def _table(self) -> Iterator[Exported]:
        for table in self.tables:
            keys = [index for index in self.catalog.indexes_of(table) if not index.dropped]
            numbers = [sequence for column in table.columns if column.identity
                       if (sequence := self.catalog.get(model.Sequence, table.owner, column.identity.sequence_name))]
            yield Exported(kind="TABLE", owner=table.owner, name=table.name, record=table, indexes=keys,
                           sequences=numbers)

    def _table_data(self) -> Iterator[Exported]:
        for table in self.tables:
            if table.external or table.temporary:
                continue
            columns = [(column.name, column.type) for column in table.columns
                       if not (column.virtual or column.unused or column.hidden)]
            partitions: list[str | None] = [None]
            if table.partitioning:
                partitions = [leaf.name for leaf in table.partitioning.leaves()]
            for partition in partitions:
                yield Exported(kind="TABLE_DATA", owner=table.owner, name=table.name, base=(table.owner, table.name),
                               record=TableData(columns=columns, partition=partition), table=table)

    def _table_comment(self) -> Iterator[Exported]:
        for table in self.tables:
            if table.comment or any(column.comment for column in table.columns):
                yield Exported(kind="TABLE_COMMENT", owner=table.owner, name=table.name, record=table,
                               base=(table.owner, table.name))

    def _index(self) -> Iterator[Exported]:
        """Indexes with a name of the system's that enforce a key come with their constraint."""
        for table in self.tables:
            keys = {item.index_name for item in table.constraints if item.type in ("P", "U")}
            for index in self.catalog.indexes_of(table):
                own = index.generated and index.name in keys
                if not (index.dropped or own or index.type in ("IOT - TOP", "LOB")):
                    yield Exported(kind="INDEX", owner=index.owner, name=index.name, record=index,
                                   base=(table.owner, table.name))

    def _constraint(self) -> Iterator[Exported]:
        for table in self.tables:
            for item in table.constraints:
                inside = item.not_null or item.type == "P" and table.organization == "INDEX"
                if item.type in ("C", "P", "U") and not inside:
                    index = self.catalog.get(model.Index, item.index_owner or table.owner, item.index_name or "")
                    yield self._of(table, "CONSTRAINT", item, [index] if index else [], [])

    def _ref_constraint(self) -> Iterator[Exported]:
        for table in self.tables:
            for item in table.constraints:
                if item.type == "R":
                    yield self._of(table, "REF_CONSTRAINT", item, [], referenced_columns(self.catalog, item))

    @staticmethod
    def _of(table: model.Table, kind: str, item: model.Constraint, indexes: list[model.Index],
            columns: list[str]) -> Exported:
        return Exported(kind=kind, owner=table.owner, name=item.name, record=item, base=(table.owner, table.name),
                        indexes=indexes, columns=columns, table=table)

    def _trigger(self) -> Iterator[Exported]:
        return self._triggers("TRIGGER", "TABLE")

    def _view_trigger(self) -> Iterator[Exported]:
        return self._triggers("VIEW_TRIGGER", "VIEW")

    def _triggers(self, kind: str, base: str) -> Iterator[Exported]:
        for trigger in self.catalog.all(model.Trigger):
            if trigger.owner not in self.maintained and trigger.base_type == base:
                yield Exported(kind=kind, owner=trigger.owner, name=trigger.name, record=trigger,
                               base=(trigger.base_owner, trigger.base_name))

    def _index_statistics(self) -> Iterator[Exported]:
        for item in self._index():
            if item.record.statistics:
                yield dataclasses.replace(item, kind="INDEX_STATISTICS")

    def _table_statistics(self) -> Iterator[Exported]:
        for table in self.tables:
            if table.statistics:
                yield Exported(kind="TABLE_STATISTICS", owner=table.owner, name=table.name, record=table,
                               base=(table.owner, table.name))

    def _rls_policy(self) -> Iterator[Exported]:
        for policy in self.catalog.all(model.Policy):
            if policy.family == "VPD" and policy.owner not in self.maintained:
                yield Exported(kind="RLS_POLICY", owner=policy.owner, name=policy.name, record=policy,
                               base=(policy.owner, policy.table))


def _in_order(records: list[S]) -> list[S]:
    """What is referenced before what refers to it, otherwise as created."""
    by_name = {(record.owner, record.name): record for record in records}
    ordered: dict[tuple[str, str], S] = {}

    def visit(record: S, above: frozenset[tuple[str, str]]) -> None:
        key = (record.owner, record.name)
        for reference in record.references:
            below = (reference.owner, reference.name)
            if below in by_name and below not in ordered and below not in above:
                visit(by_name[below], above | {key})
        ordered.setdefault(key, record)

    for record in records:
        visit(record, frozenset({(record.owner, record.name)}))
    return list(ordered.values())
