# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DDL: one function per statement node, found by the node's class."""
from __future__ import annotations

import contextlib
import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from oralab.catalog import containers, model
from oralab.catalog.ddl.dependencies import Dependencies
from oralab.catalog.ddl.segments import Segments
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.catalog import Catalog, Change
    from oralab.catalog.database import Database

Warning_ = tuple[int, str]
Executor = Callable[["Ddl", Any, Any], "Warning_ | None"]
F = TypeVar("F", bound=Executor)
_executors: dict[type, Executor] = {}
COMPILATION = (24344, "success with compilation error")
UNLOCKED = (ast.AlterTablespace, ast.AlterDatabase, ast.AlterSystem, ast.AlterSystemSet)
"""Statements that may wait for other sessions, whose DDL must go on meanwhile."""
READ_ONLY_ALLOWED = ("AlterSystemSet", "AlterSystem", "AlterDatabase", "AlterPluggableDatabase", "AdministerKeyManagement",
                     "CreateRestorePoint", "FlashbackDatabase", "DropDatabase", "CreateParameterFile")


def statement(*nodes: type) -> Callable[[F], F]:
    """Declare the function that executes statements of these classes."""
    def declare(function: F) -> F:
        for node in nodes:
            _executors[node] = function
        return function
    return declare


class Ddl:
    """Executes DDL statements; what several of them need is gathered here."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.catalog: Catalog = database.catalog
        self.privileges = database.catalog.privileges
        self.segments = Segments(database)
        self.dependencies = Dependencies(self)
        self._lock = threading.RLock()
        home = importlib.import_module("oralab.catalog.ddl")
        for module in pkgutil.iter_modules(home.__path__, "oralab.catalog.ddl."):
            importlib.import_module(module.name)

    def execute(self, session: Any, node: ast.Statement) -> Warning_ | None:
        """Run one statement: the session's transaction is committed before (documented) and nothing is open after.

        Gives the warning of a unit created with errors. not_simulated for a statement without an executor.
        """
        executor = _executors.get(type(node))
        if executor is None:
            raise not_simulated(f"{type(node).__name__} statement")
        if type(node).__name__ not in READ_ONLY_ALLOWED and not (isinstance(node, ast.Drop) and node.type == "RESTORE POINT"):
            if self.database.state != "OPEN" or containers.closed(session):
                raise OraError(1109, "database not open")
            if containers.read_only(session):
                raise OraError(16000, "database or pluggable database open for read-only access")
            session.commit()
        if isinstance(node, UNLOCKED):
            return executor(self, session, node)
        with self._lock:
            return executor(self, session, node)

    @contextlib.contextmanager
    def change(self) -> Iterator[Change]:
        with self.catalog.change() as change:
            yield change

    # --- names ---

    @property
    def longest(self) -> int:
        """Bytes of an identifier at most."""
        return 30 if self.database.release == "12.1" else 128

    def owner(self, session: Any, name: ast.Name) -> str:
        """Schema of a name given in DDL. ORA-01918 when there is no such user."""
        owner = name.schema or session.schema
        if self.catalog.get(model.User, owner) is None:
            raise OraError(1918, f"user '{owner}' does not exist")
        return str(owner)

    def check_name(self, name: str) -> None:
        """ORA-00972 for a name too long."""
        if len(name.encode()) > self.longest:
            raise OraError(972, "identifier is too long")

    def check_free(self, owner: str, name: str) -> None:
        """ORA-00955 when the shared namespace of the schema has the name."""
        self.check_name(name)
        if self.catalog.named(owner, name) is not None:
            raise OraError(955, "name is already used by an existing object")

    def table(self, session: Any, name: ast.Name, privilege: str = "ALTER") -> model.Table:
        """A table to be changed, by own name (synonyms do not count in DDL). ORA-00942, ORA-01031."""
        found = self.catalog.named(name.schema or session.schema, name.name)
        if not isinstance(found, model.Table):
            raise OraError(942, "table or view does not exist")
        if privilege:
            self.privileges.require(session, privilege, found)
        self.not_dictionary(session, found.owner)
        return found

    def not_dictionary(self, session: Any, owner: str) -> None:
        """SYS's objects are changed by SYS alone."""
        if owner == "SYS" and not self.privileges.is_sysdba(session):
            raise OraError(1031, "insufficient privileges")

    def stamp(self, record: Any) -> Any:
        """Give a new object its number and times."""
        now = self.database.now()
        record.object_id = record.object_id or self.catalog.new_object_id()
        record.created = record.last_ddl_time = now
        return record

    def generated(self, prefix: str = "SYS_C") -> str:
        """A name made by the system: SYS_C0012345."""
        return f"{prefix}{self.catalog.new_object_id():07d}"

    # --- space ---

    def tablespace(self, session: Any, owner: str, name: str | None) -> str:
        """Tablespace of a new segment of ``owner``. ORA-00959 unknown, ORA-01950 without a quota."""
        user = self.catalog.get(model.User, owner)
        wanted = name or (user.default_tablespace if user else self.database.attributes.default_tablespace)
        info = self.catalog.get(model.TablespaceInfo, wanted)
        if info is None:
            raise OraError(959, f"tablespace '{wanted}' does not exist")
        if info.contents == "TEMPORARY":
            raise OraError(2195, "Attempt to create PERMANENT object in a TEMPORARY tablespace")
        if info.contents == "UNDO":
            raise OraError(30022, "Cannot create segments in undo tablespace")
        return wanted

    def check_quota(self, owner: str, tablespace: str) -> None:
        """That ``owner`` may have a segment there. ORA-01950 without quota, ORA-01536 when it is used up."""
        from oralab.catalog.segments import used_bytes
        user = self.catalog.get(model.User, owner)
        if user is None or owner == "SYS" or self.unlimited(owner):
            return
        quota = user.quotas.get(tablespace)
        if not quota:
            raise OraError(1950, f"no privileges on tablespace '{tablespace}'")
        if quota > 0 and used_bytes(self.database, owner, tablespace) >= quota:
            raise OraError(1536, f"space quota exceeded for tablespace '{tablespace}'")

    def unlimited(self, owner: str) -> bool:
        """UNLIMITED TABLESPACE: only a grant to the user himself counts (documented: not through roles, RESOURCE excepted before 12.1)."""
        return self.catalog.get(model.SystemGrant, owner, "UNLIMITED TABLESPACE") is not None

    def revalidate_view(self, session: Any, view: model.View) -> model.View:
        """An invalid view is compiled again when it is used. ORA-04063 when that fails."""
        return self.dependencies.revalidate_view(view)
