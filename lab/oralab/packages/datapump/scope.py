# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job covers: mode, metadata filters and remaps, asked object by object."""
from __future__ import annotations

import dataclasses

from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.datapump import paths
from oralab.packages.datapump.filters import Condition, accepts
from oralab.packages.datapump.objects import Exported

IN_SCHEMA_MODE = frozenset(kind.name for kind in paths.KINDS if kind.schema)
IN_TABLE_MODE = frozenset(kind.name for kind in paths.KINDS if kind.table)
OF_USER = frozenset({"USER", "SYSTEM_GRANT", "ROLE_GRANT", "DEFAULT_ROLE", "TABLESPACE_QUOTA"})
"""Kinds that belong to a schema by the user's name."""


@dataclasses.dataclass(slots=True)
class NameFilter:
    """A NAME filter; ``path`` None means the objects that stand on no other."""

    condition: Condition
    path: str | None
    exclude: bool

    def covers(self, mode: str, item: Exported) -> str | None:
        """The name that the filter looks at, or None when the object is not its affair."""
        kind = paths.BY_NAME[item.kind]
        if self.path is None:
            return item.base[1] if item.base and kind.base else item.name
        within = {below.name for path, below in paths.of_mode(mode) if path in paths.select(mode, self.path.__eq__)}
        if item.kind not in within:
            return None
        if "USER" in within and kind.name != "USER":
            return item.name if item.kind in OF_USER else item.owner
        return item.base[1] if item.base and kind.base in within else item.name


@dataclasses.dataclass(slots=True)
class Scope:
    """``mode`` is the job's own; ``user`` whose schema is meant when no filter names one.

    ``privileged`` jobs may carry what belongs to nobody in particular and, in schema mode, the user with its grants
    (documented: only with the EXP_FULL_DATABASE or IMP_FULL_DATABASE role).
    """

    mode: str
    user: str
    privileged: bool
    schemas: list[Condition] = dataclasses.field(default_factory=list)
    names: list[NameFilter] = dataclasses.field(default_factory=list)
    tablespaces: list[Condition] = dataclasses.field(default_factory=list)
    include: list[Condition] = dataclasses.field(default_factory=list)
    exclude: list[Condition] = dataclasses.field(default_factory=list)

    def selected(self, tree: str) -> frozenset[str]:
        """Paths of the mode ``tree`` that the path filters leave: included ones, without the excluded ones."""
        chosen = frozenset(path for path, _ in paths.of_mode(tree))
        for condition in self.include:
            chosen &= self._select(tree, condition)
        for condition in self.exclude:
            chosen -= self._select(tree, condition)
        return chosen

    @staticmethod
    def _select(tree: str, condition: Condition) -> frozenset[str]:
        found = paths.select(tree, condition.test)
        return frozenset(path for path, _ in paths.of_mode(tree)) - found if condition.negative else found

    def check_paths(self, tree: str) -> None:
        """ORA-39168 for a path by name that the mode does not know; ORA-39041 when a filter leaves all or nothing."""
        for condition in (*self.include, *self.exclude):
            for name in condition.literals if condition.exact else ():
                if not paths.known(tree, name):
                    raise OraError(39002, "invalid operation", stack=[f"ORA-39168: Object path {name} was not found."])
            found = self._select(tree, condition)
            if not found or len(found) == len(paths.of_mode(tree)):
                raise OraError(39001, "invalid argument value", stack=[
                    f'ORA-39041: Filter "{condition.text}" either identifies all object types or no object types.'])

    def schema_wanted(self, name: str) -> bool:
        if self.schemas:
            return accepts(self.schemas, name)
        return self.mode not in ("SCHEMA", "TABLE") or name == self.user

    def tablespace_wanted(self, table: model.Table) -> bool:
        return not self.tablespaces or any(accepts(self.tablespaces, name) for name in spaces(table))

    def accepts(self, tree: str, item: Exported) -> bool:
        """Whether the job takes the object; ``tree`` is the mode whose paths it is known by."""
        if self.mode == "SCHEMA" and item.kind not in IN_SCHEMA_MODE:
            return False
        if self.mode in ("TABLE", "TABLESPACE") and item.kind not in IN_TABLE_MODE:
            return False
        owner = item.name if item.kind in OF_USER else item.base[0] if item.base else item.owner
        if item.kind == "PUBLIC_SYNONYM" and self.mode == "SCHEMA":
            owner = item.record.table_owner
        if item.kind in IN_SCHEMA_MODE and owner and not self.schema_wanted(owner):
            return False
        if item.kind in OF_USER and self.mode == "SCHEMA" and not self.privileged:
            return False
        for name in self.names:
            found = name.covers(tree, item)
            if found is not None and name.condition(found) is name.exclude:
                return False
        return True


def spaces(table: model.Table) -> set[str]:
    """Tablespaces of a table's rows."""
    if table.partitioning:
        return {leaf.tablespace for leaf in table.partitioning.leaves()}
    return {table.tablespace} - {""}
