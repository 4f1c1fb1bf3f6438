# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import: making objects by their DDL as the importing user, loading rows."""
from __future__ import annotations

import itertools
import operator
import os
import time
from collections.abc import Iterator
from typing import Any

from oralab.api import Bind
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.datapump import dumpfile, facts, network, paths, physical, transport
from oralab.packages.datapump.job import Job
from oralab.packages.datapump.log import quoted, row_line
from oralab.packages.datapump.objects import Exported, statements
from oralab.values import DataType, Row

EXISTS = frozenset({955, 1543, 1920, 1921, 2379, 2264, 2260, 2261, 2275, 4081, 2011, 12006, 27477, 28101, 1408, 24324})
"""Codes by which a statement says that what it would make is there already: ORA-31684 (transcript)."""
COMPILED = frozenset({"VIEW", "TYPE", "TYPE_BODY", "PACKAGE_BODY", "TRIGGER", "VIEW_TRIGGER", "MATERIALIZED_VIEW",
                      "ALTER_PACKAGE", "ALTER_FUNCTION", "ALTER_PROCEDURE"})
"""Kinds whose objects are looked at for compilation errors once made: ORA-39082 (transcript)."""
BATCH = 1000
"""Rows inserted at a time."""
CREATED, EXISTED, SKIPPED, FAILED = "created", "existed", "skipped", "failed"


def prepare(job: Job, session: Any) -> None:
    """Checks of START_JOB: the dump set as a whole, and whether it fits this database and this job."""
    if job.link:
        job.scope.check_paths(job.mode)
        return
    files: list[str] = []
    for spec in job.dumps:
        files += list(_expand(spec)) if spec.template else [spec.path]
    job.reader = dumpfile.Reader(files)
    facts.check(job)
    tree = job.reader.facts["mode"]
    job.scope.check_paths(tree)


def _expand(spec: Any) -> Iterator[str]:
    for number in range(1, 100):
        path = spec.expand(number)
        try:
            dumpfile.open_existing(path).close()
        except OraError:
            return
        yield path


def run(job: Job, session: Any) -> None:
    """The work of an import job, in the master's session."""
    if not job.link:
        _Import(job, job.new_session("DW00")).run()
        return
    path = network.fetch(job, session)
    try:
        facts.check(job)
        _Import(job, job.new_session("DW00")).run()
    finally:
        os.unlink(path)


class _Import:
    def __init__(self, job: Job, worker: Any) -> None:
        assert job.reader is not None
        self.job = job
        self.worker = worker
        self.reader = job.reader
        self.catalog = job.database.catalog
        self.tree = job.reader.facts["mode"]
        self.items: dict[str, list[Exported]] = {}
        self.outcome: dict[tuple[str, str, str], str] = {}
        """What became of an object, by base kind, owner and name: dependents follow it."""
        self.renamed: dict[tuple[str, str], tuple[str, str]] = {}
        self.plug: Any = None

    def run(self) -> None:
        job = self.job
        if not job.link:
            job.say(f"Master table {job.quoted} successfully loaded/unloaded")
        facts.greet(job)
        job.say(job.starting, 0)
        self.read()
        if self.tree == "TRANSPORTABLE":
            self.worker.trusts_rows = True
            self.plug = transport.Plug(job, self.worker, self.items)
            self.plug.begin()
        for path, kind in paths.of_mode(self.tree):
            found = self.items.get(kind.name, ())
            if not found:
                continue
            job.check()
            began = time.monotonic()
            job.say(f"Processing object type {path}")
            if kind.name == "TABLE_DATA":
                self.load_rows()
                continue
            for item in found:
                job.check()
                self.make(kind, item)
            if job.log.metrics:
                job.say(f"     Completed {len(found)} {kind.label} objects in {int(time.monotonic() - began)} seconds")
        if self.plug:
            self.plug.end()
        self.worker.commit()

    def read(self) -> None:
        """Take from the dump what the job covers, under its new names."""
        job = self.job
        selected = job.scope.selected(self.tree)
        wanted = {kind.name for path, kind in paths.of_mode(self.tree) if path in selected}
        metadata = job.parameter("INCLUDE_METADATA", 1)
        tables = set()
        for kind, data in self.reader.records():
            if kind != dumpfile.OBJECT:
                continue
            item: Exported = dumpfile.unpack(data)
            if item.kind not in wanted or not (job.rows if item.kind == "TABLE_DATA" else metadata):
                continue
            if not job.scope.accepts(self.tree, item):
                continue
            if item.kind == "TABLE" and job.scope.tablespace_wanted(item.record):
                tables.add((item.owner, item.name))
            if job.scope.tablespaces and paths.BY_NAME[item.kind].table and (
                    item.base or (item.owner, item.name)) not in tables:
                continue
            new = job.remap.apply(item)
            if item.kind == "TABLE_DATA":
                self.renamed[item.owner, item.name] = (new.owner, new.name)
            self.items.setdefault(item.kind, []).append(new)
        if not self.items:
            raise OraError(31655, "no data or metadata objects selected for job")
        job.total = sum(item.record.size for item in self.items.get("TABLE_DATA", ()))

    # --- objects ---

    def make(self, kind: paths.Kind, item: Exported) -> None:
        """One object, unless what it depends on is not there; what fails is told and the job goes on."""
        key = (kind.name, item.owner, item.name)
        if kind.base and item.base:
            base = self.outcome.get((kind.base, *item.base))
            if base == SKIPPED:
                return
            if base in (FAILED, EXISTED):
                self.skip_dependent(kind, item, base)
                return
        if self.plug and kind.name in ("TABLE", "INDEX"):
            self.outcome[key] = self.plug_in(item)
        elif kind.name == "TABLE":
            self.outcome[key] = self.make_table(item)
        elif kind.name in paths.STATISTICS:
            physical.set_statistics(self.job.database, item)
        else:
            self.outcome[key] = self.create(item)
        if kind.name == "MATERIALIZED_VIEW" and self.outcome[key] == CREATED:
            physical.restore_materialized_view(self.job.database, item)
        if kind.name in COMPILED and self.outcome.get(key) == CREATED:
            self.look_at(item)

    def plug_in(self, item: Exported) -> str:
        """A table or index whose segments came with the datafiles."""
        if (item.owner, item.name) in self.plug.skipped:
            self.job.log.error(f"ORA-39360: Table {quoted(item.owner, item.name)} was skipped due to transportable "
                               "import and TSTZ issues resulting from time zone mismatch.")
            return SKIPPED
        if item.kind == "TABLE" and self.catalog.named(item.owner, item.name) is not None:
            # A plugged table cannot go into one that is there, whatever TABLE_EXISTS_ACTION says (assumed).
            self.job.log.error(f"ORA-39151: Table {quoted(item.owner, item.name)} exists. All dependent metadata and "
                               "data will be skipped due to table_exists_action of skip")
            return SKIPPED
        if self.catalog.get(model.Index, item.owner, item.name) is not None:
            self.job.log.error(f"ORA-31684: Object type {item.label} already exists")
            return EXISTED
        (self.plug.table if item.kind == "TABLE" else self.plug.index)(item)
        return CREATED

    def skip_dependent(self, kind: paths.Kind, item: Exported, base: str) -> None:
        assert item.base and kind.base
        code, why = (39112, "creation failed") if base == FAILED else (39111, "already exists")
        owner, name = item.base
        below = f'{kind.base}:{quoted(owner, name)}' if owner else f'{kind.base}:"{name}"'
        label = f'{item.label}:"{item.record.grantor}"' if isinstance(item.record, model.ObjectGrant) else item.label
        self.job.log.error(f"ORA-{code}: Dependent object type {label} skipped, base object type {below} {why}")

    def create(self, item: Exported) -> str:
        """Run the object's statements; CREATED, EXISTED or FAILED."""
        session = self.worker
        if _as_owner(item) and item.owner not in (self.job.owner, "PUBLIC"):
            session = self.job.new_session("DW00", item.owner)
            session.trusts_rows = self.plug is not None
        try:
            return self.execute(session, item)
        finally:
            if session is not self.worker:
                self.job.sessions.remove(session)
                session.close()

    def execute(self, session: Any, item: Exported) -> str:
        """Names that code does not qualify mean its owner's objects: CURRENT_SCHEMA is the owner meanwhile (documented)."""
        before = session.schema
        if item.owner and item.owner != "PUBLIC":
            session.schema = item.owner
        try:
            return self._execute(session, item)
        finally:
            session.schema = before

    def _execute(self, session: Any, item: Exported) -> str:
        for text in statements(item, self.job.transform):
            try:
                session.execute(session.parse(text), [], [[]])
            except OraError as error:
                if error.code in EXISTS:
                    self.job.log.error(f"ORA-31684: Object type {item.label} already exists")
                    return EXISTED
                self.fail(item, error, text)
                return FAILED
        return CREATED

    def fail(self, item: Exported, error: OraError, text: str) -> None:
        """ORA-39083 with cause and statement, as 12.1 and 19c lay it out (transcripts)."""
        blank = "" if self.job.database.release == "12.1" else "\n"
        self.job.log.error(f"ORA-39083: Object type {item.label} failed to create with error:\n{error.text}\n{blank}"
                           f"Failing sql is:\n{text}")

    def look_at(self, item: Exported) -> None:
        """Compile what was made; ORA-39082 when that leaves it invalid."""
        kind = paths.BY_NAME[item.kind]
        record_type = {"VIEW": model.View, "MATERIALIZED_VIEW": model.MaterializedView}.get(item.kind, model.StoredUnit)
        word = kind.name.removeprefix("ALTER_").removeprefix("VIEW_").replace("_", " ")
        word = "VIEW" if kind.name == "VIEW" else word
        found = self.catalog.get(record_type, item.owner, item.name, kind=word)
        if found is not None and found.status != "VALID":
            self.job.log.error(f"ORA-39082: Object type {item.label} created with compilation warnings")

    # --- tables and rows ---

    def make_table(self, item: Exported) -> str:
        if self.catalog.get(model.Table, item.owner, item.name) is None:
            return self.create(item)
        action = self.job.parameter("TABLE_EXISTS_ACTION", "SKIP")
        name = quoted(item.owner, item.name)
        if action == "REPLACE":
            try:
                self.worker.sql(f"DROP TABLE {name} CASCADE CONSTRAINTS PURGE")
            except OraError as error:
                self.job.log.error(f"ORA-39121: Table {name} can't be replaced, data will be skipped. "
                                   f"Failing error is:\n{error.text}")
                return SKIPPED
            return self.create(item)
        if action == "SKIP":
            self.job.log.error(f"ORA-39151: Table {name} exists. All dependent metadata and data will be skipped due "
                               "to table_exists_action of skip")
            return SKIPPED
        self.outcome["TABLE_DATA", item.owner, item.name] = CREATED
        if action == "APPEND":
            # A remark without a code, which does not count as an error (seen in transcripts from 11.2 on).
            self.job.say(f"Table {name} exists. Data will be appended to existing table but all "
                         "dependent metadata will be skipped due to table_exists_action of append")
            return SKIPPED
        try:
            self.worker.sql(f"TRUNCATE TABLE {name}")
        except OraError as error:
            self.job.log.error(f"ORA-39120: Table {name} can't be truncated, data will be skipped. "
                               f"Failing error is:\n{error.text}")
            del self.outcome["TABLE_DATA", item.owner, item.name]
            return SKIPPED
        self.job.say(f"Table {name} exists and has been truncated. Data will be loaded but all "
                     "dependent metadata will be skipped due to table_exists_action of truncate")
        return SKIPPED

    def wants_rows(self, owner: str, name: str) -> bool:
        """Rows go into tables this job made or was told to add to; without metadata, into those that exist."""
        table = self.outcome.get(("TABLE", owner, name))
        if table is None:
            return True
        return table == CREATED or ("TABLE_DATA", owner, name) in self.outcome

    def load_rows(self) -> None:
        """Table by table in the order of the dump, empty ones last."""
        wanted = {(item.owner, item.name, item.record.partition): item for item in self.items["TABLE_DATA"]
                  if self.wants_rows(item.owner, item.name)}
        batches = (dumpfile.unpack_rows(data) for kind, data in self.reader.records() if kind == dumpfile.ROWS)
        for (owner, name, partition), group in itertools.groupby(batches, operator.itemgetter(0)):
            item = wanted.get((*self.renamed.get((owner, name), (owner, name)), partition))
            if item is not None:
                self.load(item, (data for _, data in group))
        for item in wanted.values():
            if not item.record.rows:
                self.told(item)

    def told(self, item: Exported) -> None:
        record = item.record
        self.job.say(row_line("imported", item.owner, item.name, record.partition, record.size, record.rows))

    def load(self, item: Exported, batches: Iterator[bytes]) -> None:
        """All rows of a table or partition, or none of them (ORA-31693).

        A table that this job made is loaded by direct path, one that was there by INSERT, whose constraints then count.
        """
        table = self.catalog.get(model.Table, item.owner, item.name)
        direct = self.outcome.get(("TABLE", item.owner, item.name)) == CREATED
        try:
            if table is None:
                raise OraError(942, "table or view does not exist")
            if direct:
                physical.load(self.worker, table, self.complete(item, table, batches))
            else:
                self.insert(item, batches)
            self.worker.commit()
        except OraError as error:
            self.worker.rollback()
            name = quoted(item.owner, item.name, item.record.partition)
            self.job.log.error(f"ORA-31693: Table data object {name} failed to load/unload and is being skipped due to "
                               f"error:\n{error.text}")
            return
        self.told(item)

    def complete(self, item: Exported, table: model.Table, batches: Iterator[bytes]) -> Iterator[Row]:
        """Rows with one value per column of the table as it is here."""
        names = [name for name, _ in item.record.columns]
        places = [names.index(column.name) if column.name in names else None for column in table.columns]
        for row in self.rows(item, batches):
            yield tuple(None if place is None else row[place] for place in places)

    def rows(self, item: Exported, batches: Iterator[bytes]) -> Iterator[Row]:
        types = [type_ for _, type_ in item.record.columns]
        for data in batches:
            yield from dumpfile.decode_rows(data, types)
            self.job.progress(len(data))

    def insert(self, item: Exported, batches: Iterator[bytes]) -> None:
        columns: list[tuple[str, DataType]] = item.record.columns
        names = ", ".join(f'"{name}"' for name, _ in columns)
        places = ", ".join(f":{number}" for number in range(1, len(columns) + 1))
        binds = [Bind(str(number), type_) for number, (_, type_) in enumerate(columns, 1)]
        statement = self.worker.parse(f"INSERT INTO {quoted(item.owner, item.name)} ({names}) VALUES ({places})")
        rows = self.rows(item, batches)
        while batch := list(itertools.islice(rows, BATCH)):
            self.worker.execute(statement, binds, batch)


def _as_owner(item: Exported) -> bool:
    """Whether an object is made in its owner's name (documented: BECOME USER).

    The DDL of links and jobs names no other owner, and a foreign key into another schema needs the owner's REFERENCES.
    """
    return item.kind in ("DB_LINK", "PROCOBJ") or item.kind == "REF_CONSTRAINT" and item.record.r_owner != item.owner
