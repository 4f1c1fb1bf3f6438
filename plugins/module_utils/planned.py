# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database as the earlier phases of a plan would leave it.

A plan makes nothing, so what a phase asks is still what was there before the first one: the placeholder where the copy would be, the primary where
the standby would be. What does not change on the way can be asked nevertheless. A copy holds what its source holds, while its instance keeps
parameters of its own. And what V$DATABASE and V$PARAMETER would say is known from the steps that change it. So modules observe what will be there,
and none of them knows that it is not yet.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.session import Row, Session
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

Attributes = t.Dict[str, t.Any]
Assumed = t.Dict[str, t.Any]

#: Resource of effects: what V$DATABASE will say, by column.
FACTS = "V$DATABASE"
#: Resource of effects: from here on the database holds what its peer holds, of which ``of`` is the DB_UNIQUE_NAME.
COPY = "COPY"

#: Views of an instance and its parameters, which no backup and no redo carries elsewhere. All others show the control file and the dictionary.
OF_THE_INSTANCE = {"v$" + name for name in (
    "parameter", "system_parameter", "spparameter", "instance", "process", "session", "active_services", "archive_dest", "archive_dest_status",
    "managed_standby", "dataguard_stats", "dataguard_status", "dg_broker_config")}

_READ = re.compile(r"\b(?:FROM|JOIN)\s+(?:sys\.)?g?(\w[\w$#]*)", re.IGNORECASE)


def phase_of(assumed: Assumed) -> str:
    """The phase on which a plan stands: that which makes the copy, otherwise the last one that would change more than the journal."""
    phases = [entry.get("phase") or "" for resource, entry in assumed.items() if not resource.startswith("JOURNAL")]
    return str((assumed.get(COPY) or {}).get("phase") or (phases[-1] if phases else ""))


def as_planned(session: Session) -> Session:
    """The session, or what takes its place where earlier phases of the plan would change its database."""
    return Planned(session) if phase_of(session.assumed) else session


def _views(sql: str) -> t.Set[str]:
    return {name.lower() for name in _READ.findall(sql)} - {"dual"}


class Planned(Session):
    """Reads what will be there. It changes nothing, so it issues nothing.

    :arg session: of the database as it is, with what is ``assumed`` of it, and with its ``original`` where it would become a copy.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.assumed = session.assumed
        self.statements = session.statements
        self.peer = session.peer
        self.planned = phase_of(session.assumed)
        self._content = session.original if COPY in session.assumed and session.original is not None else session
        self._facts = self._attributes(FACTS)

    def _attributes(self, resource: str) -> Attributes:
        return (self.assumed.get(resource) or {}).get("attributes") or {}

    @property
    def user(self) -> str:  # type: ignore[override]
        return self._content.user

    @property
    def label(self) -> str:  # type: ignore[override]
        return self._session.label

    @property
    def release(self) -> t.Tuple[int, ...]:  # type: ignore[override]
        return self._content.release

    def query(self, sql: str, after: t.Optional[Statement] = None, **binds: t.Any) -> t.List[Row]:
        views = _views(sql)
        of_the_instance = bool(views) and views <= OF_THE_INSTANCE
        rows = (self._session if of_the_instance else self._content).query(sql, after, **binds)
        if FACTS.lower() in views:
            rows = [dict(row, **{name: value for name, value in self._facts.items() if name in row}) for row in rows]
        if of_the_instance:
            held = "spfile" if "v$spparameter" in views else "value"
            rows = [self._parameter(row, held) for row in rows]
        return rows

    def _parameter(self, row: Row, held: str) -> Row:
        """A row of a parameter with the value that it is to get."""
        planned = self._attributes("PARAMETER {0}".format(row.get("name"))).get(held)
        return dict(row, value=planned) if "value" in row and isinstance(planned, str) else row

    def call(self, statement: Statement, **outs: t.Any) -> Row:
        return self._content.call(statement, **outs)

    def inside(self, container: str) -> t.ContextManager[Session]:
        return self._content.inside(container)

    def another(self) -> Session:
        return self._content.another()

    def at_server(self) -> Session:
        return self._session.at_server()

    def close(self) -> None:
        self._session.close()
