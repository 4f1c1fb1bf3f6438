# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Oracle forgets, written down before it is needed: one small table in the migration user's own schema.

Nothing decides by the journal what the database itself can tell. It keeps values as they were before we changed them, anchor
SCNs, and which files a tool finished.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.names import JOURNAL_TABLE, identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

CREATE = (
    "CREATE TABLE " + JOURNAL_TABLE + " (migration_id VARCHAR2(12) NOT NULL, run NUMBER(3) NOT NULL, item VARCHAR2(400) NOT NULL, "
    "value CLOB, written TIMESTAMP WITH TIME ZONE DEFAULT SYSTIMESTAMP NOT NULL, "
    "CONSTRAINT " + JOURNAL_TABLE + "_PK PRIMARY KEY (migration_id, run, item))"
)
EXISTS = "SELECT table_name FROM user_tables WHERE table_name = :name"
EXISTS_THERE = "SELECT table_name FROM all_tables WHERE owner = :owner AND table_name = :name"
READ = "SELECT item, value FROM " + JOURNAL_TABLE + " WHERE migration_id = :migration_id AND run = :run"
UPDATE = "UPDATE " + JOURNAL_TABLE + (
    " SET value = :value, written = SYSTIMESTAMP WHERE migration_id = :migration_id AND run = :run AND item = :item")
INSERT = "INSERT INTO " + JOURNAL_TABLE + " (migration_id, run, item, value) VALUES (:migration_id, :run, :item, :value)"


#: Item: the run is complete and what it left on its way is cleared away. Nothing of it is made again.
CLEANED = "cleaned up"

#: What reading says where nothing was written: no table, or no database that is open.
NOTHING_YET = ("ORA-00942", "ORA-01219", "ORA-01507")

#: Where a statement names the table.
_PLACE = re.compile(r"\b(?:TABLE|UPDATE|INTO|FROM) (?=" + JOURNAL_TABLE + r"\b)")

#: What tells, in a plan, that an earlier step makes the table.
RESOURCE = "JOURNAL_TABLE " + JOURNAL_TABLE


class Journal:
    """The items of one migration and run.

    :arg assumed: in check mode, what earlier phases of the same plan would have made (resource -> attributes).
    :arg owner: whose table it is, for a session of somebody else (SYS); the session's own user otherwise.
    """

    def __init__(self, session: t.Any, migration_id: t.Optional[str], run: int, assumed: t.Dict[str, t.Any], owner: t.Optional[str] = None) -> None:
        self._session = session
        self._named_owner = owner
        self._migration_id = migration_id
        self._run = run
        self._assumed = assumed
        self._items: t.Optional[t.Dict[str, t.Any]] = None
        self._exists: t.Optional[bool] = None

    @property
    def _owner(self) -> t.Optional[str]:
        """Whose table it is, where that is not the session's user."""
        return self._named_owner if self._named_owner and self._named_owner != self._session.user else None

    def items(self) -> t.Dict[str, t.Any]:
        """Everything written so far, by item."""
        if self._items is None:
            self._items = self._read() if self._migration_id else {}
            for resource, attributes in self._assumed.items():
                if resource.startswith("JOURNAL "):
                    self._items[resource.split(" ", 1)[1]] = (attributes or {}).get("value")
        return self._items

    def get(self, item: str) -> t.Any:
        """The value of one item, or None."""
        return self.items().get(item)

    def writing(self, values: t.Dict[str, t.Any]) -> t.List[Statement]:
        """The statements that write these items; the next call takes them as issued. Without any, nothing is asked of the database."""
        if not values:
            return []
        statements = self.preparing()
        known = self.items()
        for item, value in values.items():
            statements.append(Statement(self._at(UPDATE if item in known else INSERT), migration_id=self._migration_id, run=self._run, item=item,
                                        value=json.dumps(value, sort_keys=True)))
            known[item] = value
        return statements

    def preparing(self) -> t.List[Statement]:
        """The statements that make the table, if it is not there."""
        if not self._migration_id:
            raise DbferryError("This step writes to the journal, and migration_id is not given.", code="DBF-0005",
                               hint="Set migration_id (the roles do it from the target's inventory name).")
        if self._exists is None:
            self._exists = RESOURCE in self._assumed or self._look() is not None
        exists, self._exists = self._exists, True
        return [] if exists else [Statement(self._at(CREATE))]

    def _look(self) -> t.Any:
        if self._owner:
            return self._session.one(EXISTS_THERE, owner=self._owner, name=JOURNAL_TABLE)
        if self._session.user == "SYS":
            raise DbferryError("This step writes to the journal, which has no place in the schema of SYS.", code="DBF-0013",
                               hint="Set journal_owner (dbferry_journal_owner) to the migration user.")
        return self._session.one(EXISTS, name=JOURNAL_TABLE)

    def _at(self, sql: str) -> str:
        """The statement with the table's owner where that is not the session's user."""
        if self._owner is None:
            return sql
        owner = identifier(self._owner)
        return _PLACE.sub(lambda found: found.group() + owner + ".", sql)

    def forget(self) -> None:
        """Read again at the next look."""
        self._items = None

    def _read(self) -> t.Dict[str, t.Any]:
        try:
            rows = self._session.query(self._at(READ), migration_id=self._migration_id, run=self._run)
        except DbferryError as error:
            if error.code not in NOTHING_YET:
                raise
            return {}
        return {row["item"]: json.loads(row["value"]) for row in rows}
