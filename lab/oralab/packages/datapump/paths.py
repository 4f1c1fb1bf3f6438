# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Object paths: which kinds of object a job of each mode carries, under which names and in which order.

The names are those of DATABASE_EXPORT_OBJECTS, SCHEMA_EXPORT_OBJECTS and TABLE_EXPORT_OBJECTS (documented); their order
is the one of real logs (transcript). Kinds that carry nothing in the lab (markers, procedural actions) are left out.
"""
from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable

ROOTS = {"FULL": "DATABASE_EXPORT", "SCHEMA": "SCHEMA_EXPORT", "TABLE": "TABLE_EXPORT", "TABLESPACE": "TABLE_EXPORT",
         "TRANSPORTABLE": "TRANSPORTABLE_EXPORT"}
"""First component of the paths of a job mode; tablespace mode uses the paths of table mode (documented)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object. ``name`` is its object type in messages and the key of exported objects.

    The paths below the root are given per mode; None where the mode does not carry the kind. ``base`` names the kind
    whose objects this kind depends on: what is skipped with a table.
    """

    name: str
    full: str | None
    schema: str | None = None
    table: str | None = None
    transportable: str | None = None
    base: str | None = None

    def path(self, mode: str) -> str | None:
        below = {"FULL": self.full, "SCHEMA": self.schema, "TABLE": self.table, "TABLESPACE": self.table,
                 "TRANSPORTABLE": self.transportable}[mode]
        return None if below is None else f"{ROOTS[mode]}/{below}"

    @property
    def label(self) -> str:
        """The object type as messages print it: the last component of the path."""
        return (self.full or self.name).rsplit("/", 1)[-1]


def _in_schema(name: str, below: str, base: str | None = None) -> Kind:
    return Kind(name, f"SCHEMA/{below}", below, base=base)


def _of_table(name: str, below: str, transportable: str | None) -> Kind:
    return Kind(name, f"SCHEMA/TABLE/{below}", f"TABLE/{below}", f"TABLE/{below}", transportable, "TABLE")


GRANT = "GRANT/OWNER_GRANT/OBJECT_GRANT"

KINDS: tuple[Kind, ...] = (
    Kind("TABLESPACE", "TABLESPACE"),
    Kind("PROFILE", "PROFILE"),
    Kind("USER", "SCHEMA/USER", "USER"),
    Kind("ROLE", "ROLE"),
    Kind("SYSTEM_GRANT", "SCHEMA/GRANT/SYSTEM_GRANT", "SYSTEM_GRANT"),
    Kind("ROLE_GRANT", "SCHEMA/ROLE_GRANT", "ROLE_GRANT"),
    Kind("DEFAULT_ROLE", "SCHEMA/DEFAULT_ROLE", "DEFAULT_ROLE"),
    Kind("TABLESPACE_QUOTA", "SCHEMA/TABLESPACE_QUOTA", "TABLESPACE_QUOTA"),
    Kind("DIRECTORY", "DIRECTORY/DIRECTORY"),
    Kind("DIRECTORY_GRANT", f"DIRECTORY/{GRANT}", base="DIRECTORY"),
    Kind("CONTEXT", "CONTEXT"),
    Kind("PUBLIC_SYNONYM", "SCHEMA/PUBLIC_SYNONYM/SYNONYM", "PUBLIC_SYNONYM/SYNONYM"),
    _in_schema("SYNONYM", "SYNONYM/SYNONYM"),
    _in_schema("TYPE", "TYPE/TYPE_SPEC"),
    _in_schema("TYPE_GRANT", f"TYPE/{GRANT}", "TYPE"),
    _in_schema("DB_LINK", "DB_LINK"),
    _in_schema("SEQUENCE", "SEQUENCE/SEQUENCE"),
    _in_schema("SEQUENCE_GRANT", f"SEQUENCE/{GRANT}", "SEQUENCE"),
    Kind("TABLE", "SCHEMA/TABLE/TABLE", "TABLE/TABLE", "TABLE/TABLE", "TABLE"),
    _of_table("TABLE_DATA", "TABLE_DATA", None),
    _of_table("TABLE_GRANT", GRANT, GRANT),
    _of_table("TABLE_COMMENT", "COMMENT", "COMMENT"),
    _in_schema("PACKAGE", "PACKAGE/PACKAGE_SPEC"),
    _in_schema("PACKAGE_GRANT", f"PACKAGE/{GRANT}", "PACKAGE"),
    _in_schema("FUNCTION", "FUNCTION/FUNCTION"),
    _in_schema("FUNCTION_GRANT", f"FUNCTION/{GRANT}", "FUNCTION"),
    _in_schema("PROCEDURE", "PROCEDURE/PROCEDURE"),
    _in_schema("PROCEDURE_GRANT", f"PROCEDURE/{GRANT}", "PROCEDURE"),
    _in_schema("ALTER_PACKAGE", "PACKAGE/COMPILE_PACKAGE/PACKAGE_SPEC/ALTER_PACKAGE_SPEC", "PACKAGE"),
    _in_schema("ALTER_FUNCTION", "FUNCTION/ALTER_FUNCTION", "FUNCTION"),
    _in_schema("ALTER_PROCEDURE", "PROCEDURE/ALTER_PROCEDURE", "PROCEDURE"),
    _of_table("INDEX", "INDEX/INDEX", "INDEX/INDEX"),
    _of_table("CONSTRAINT", "CONSTRAINT/CONSTRAINT", "CONSTRAINT/CONSTRAINT"),
    _of_table("INDEX_STATISTICS", "INDEX/STATISTICS/INDEX_STATISTICS", "INDEX_STATISTICS"),
    _in_schema("VIEW", "VIEW/VIEW"),
    _in_schema("VIEW_GRANT", f"VIEW/{GRANT}", "VIEW"),
    _in_schema("VIEW_COMMENT", "VIEW/COMMENT", "VIEW"),
    _in_schema("PACKAGE_BODY", "PACKAGE_BODIES/PACKAGE/PACKAGE_BODY"),
    _in_schema("TYPE_BODY", "TYPE/TYPE_BODY"),
    _of_table("REF_CONSTRAINT", "CONSTRAINT/REF_CONSTRAINT", "CONSTRAINT/REF_CONSTRAINT"),
    _of_table("TRIGGER", "TRIGGER", "TRIGGER"),
    _in_schema("VIEW_TRIGGER", "VIEW/TRIGGER", "VIEW"),
    _of_table("TABLE_STATISTICS", "STATISTICS/TABLE_STATISTICS", "STATISTICS/TABLE_STATISTICS"),
    _in_schema("MATERIALIZED_VIEW", "MATERIALIZED_VIEW"),
    _of_table("RLS_POLICY", "RLS_POLICY/RLS_POLICY", None),
    _in_schema("PROCOBJ", "POST_SCHEMA/PROCOBJ"),
)
"""Kinds in the order in which an import creates their objects."""

BY_NAME = {kind.name: kind for kind in KINDS}
STATISTICS = tuple(kind.name for kind in KINDS if kind.name.endswith("STATISTICS"))


@functools.cache
def of_mode(mode: str) -> tuple[tuple[str, Kind], ...]:
    """Paths and kinds that a job of ``mode`` processes, in order."""
    return tuple((path, kind) for kind in KINDS if (path := kind.path(mode)) is not None)


def export_order(mode: str, release: str) -> list[tuple[str, Kind]]:
    """The order of an export's "Processing object type" lines: rows (19c: and statistics) come first (transcript)."""
    early = ("TABLE_DATA",) if release == "12.1" else ("TABLE_DATA", *STATISTICS)
    return sorted(of_mode(mode), key=lambda item: item[1].name not in early)


def _aliases(node: tuple[str, ...]) -> Iterable[str]:
    return ("/".join(node[start:]) for start in range(len(node)))


@functools.cache
def _nodes(mode: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every node of the mode's tree with the names by which a filter may mean it: its full and partial paths."""
    nodes: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path, _ in of_mode(mode):
        parts = tuple(path.split("/"))
        for length in range(1, len(parts) + 1):
            nodes.setdefault(parts[:length], tuple(_aliases(parts[:length])))
    return nodes


def known(mode: str, path: str) -> bool:
    """Whether ``path`` (full or partial) names a node of the mode's tree."""
    return any(path in names for names in _nodes(mode).values())


def select(mode: str, wanted: Callable[[str], bool]) -> frozenset[str]:
    """Full paths of the kinds that lie at or below a node of which some name is wanted: dependents go with it."""
    roots = [node for node, names in _nodes(mode).items() if len(node) > 1 and any(map(wanted, names))]
    return frozenset(path for path, _ in of_mode(mode)
                     if any(tuple(path.split("/"))[:len(root)] == root for root in roots))
