# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transportable tablespaces: the checks around the set, its description in the dump, and the plug-in.

The order of the checks is that of DBMS_PLUGTS (documented in the package's source): at export every tablespace exists,
may be transported and is read only, then the set is self-contained; at import version, character sets, owners,
tablespace names and block sizes, then the files one by one. One violation aborts the whole job before anything is
changed.
"""
from __future__ import annotations

import copy
import dataclasses
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages import dbms_tts
from oralab.packages.datapump import dumpfile, facts
from oralab.packages.datapump.collect import Collector
from oralab.packages.datapump.job import Fatal, Job
from oralab.packages.datapump.objects import Exported
from oralab.packages.datapump.scope import spaces

ABORTED = "ORA-39123: Data Pump transportable tablespace job aborted"


def aborted(*lines: str) -> Fatal:
    return Fatal(ABORTED, *lines)


# --- export ---

def names(job: Job) -> list[str]:
    """The tablespaces of the set, by name; ORA-29304 for one that is named and does not exist."""
    catalog = job.database.catalog
    known = [info.name for info in catalog.all(model.TablespaceInfo)]
    for condition in job.scope.tablespaces:
        for name in condition.literals if condition.exact and not condition.negative else ():
            if name not in known:
                raise aborted(f"ORA-29304: tablespace '{name}' does not exist")
    found = [name for name in known if all(condition(name) for condition in job.scope.tablespaces)]
    if not found:
        raise aborted("ORA-39186: No tablespaces in the specified list")
    return sorted(found)


def test_mode(job: Job) -> bool:
    """TTS_CLOSURE_CHECK=TEST_MODE (19c): the set may be read write, and its dump cannot be imported (documented)."""
    return "TEST_MODE" in job.parameter("TTS_CLOSURE_CHECK", ())


def check_export(job: Job) -> None:
    """ORA-39123 over 00439, 29304, 29351, 39185 with one 29335 for each tablespace, 39187 with the violations."""
    if job.database.release == "12.1":
        job.say("Processing object type TRANSPORTABLE_EXPORT/PLUGTS_BLK")
    else:
        job.say("Processing object type TRANSPORTABLE_EXPORT/STATISTICS/MARKER")
    if job.database.spec.edition == "SE2":
        raise aborted("ORA-00439: feature not enabled: Export transportable tablespaces")
    tablespaces = names(job)
    catalog, store = job.database.catalog, job.database.store
    try:
        dbms_tts.tablespace_names(catalog, ",".join(f'"{name}"' for name in tablespaces))
    except OraError as error:
        raise aborted(error.text) from error
    writable = [name for name in tablespaces if store.tablespace_status(name) != "READ ONLY"]
    if writable and not test_mode(job):
        raise aborted("ORA-39185: The transportable tablespace failure list is\n",
                      *(f"ORA-29335: tablespace '{name}' is not read only" for name in writable))
    closure = job.parameter("TTS_CLOSURE_CHECK", frozenset({"ON"}))
    full = bool(job.parameter("TTS_FULL_CHECK")) or "FULL" in closure
    violations = dbms_tts.check(catalog, tablespaces, constraints=True, full=full)
    if violations and "OFF" not in closure:
        raise aborted("ORA-39187: The transportable set is not self-contained, violation list is\n", *violations)
    if job.database.release != "12.1":
        job.say("Processing object type TRANSPORTABLE_EXPORT/PLUGTS_BLK")
    job.say("Processing object type TRANSPORTABLE_EXPORT/POST_INSTANCE/PLUGTS_BLK")


def tables(job: Job, collector: Collector) -> set[tuple[str, str]]:
    """Tables whose rows lie in the set."""
    inside = set(names(job))
    return {(table.owner, table.name) for table in collector.tables
            if not (table.external or table.temporary) and spaces(table) and spaces(table) <= inside}


def descriptor(job: Job) -> dict[str, Any]:
    """What the dump says of the set: the store's description of its files, and the tablespaces' records."""
    tablespaces = names(job)
    catalog = job.database.catalog
    return {"store": job.database.store.describe_tablespaces(tablespaces),
            "tablespaces": [catalog.get(model.TablespaceInfo, name) for name in tablespaces]}


# --- import ---

class Plug:
    """Plugs the set of one dump into the database."""

    def __init__(self, job: Job, session: Any, items: dict[str, list[Exported]]) -> None:
        assert job.reader is not None
        self.job = job
        self.session = session
        self.items = items
        self.catalog = job.database.catalog
        self.store = job.database.store
        self.facts = job.reader.facts
        record = next(data for kind, data in job.reader.records() if kind == dumpfile.FACTS)
        self.set: dict[str, Any] = dumpfile.unpack(record)
        self.numbers: dict[int, int] = {}
        """Data object numbers of the plugged segments, by those they have at the source."""
        self.skipped = self._skipped_tables()

    def begin(self) -> None:
        """All checks, then the tablespaces with their files: read only, and known to the dictionary."""
        self.job.say("Processing object type TRANSPORTABLE_EXPORT/PLUGTS_BLK")
        self.check_database()
        self.check_owners()
        renamed = self.check_tablespaces()
        if not self.job.datafiles:
            raise aborted("ORA-29348: You must specify the datafiles to be plugged in")
        keep = self.job.parameter("TRANSPORTABLE", ())
        try:
            self.numbers = self.store.plug(self.set["store"], self.job.datafiles, rename=renamed,
                                           keep_read_only="KEEP_READ_ONLY" in keep)
        except OraError as error:
            raise aborted(error.text) from error
        with self.catalog.change() as change:
            for info in self.set["tablespaces"]:
                change.save(dataclasses.replace(info, name=renamed.get(info.name, info.name), plugged_in=True))

    def check_database(self) -> None:
        """ORA-29340 (a dump of TEST_MODE), 00721, 29345, 19736."""
        spec, source = self.job.database.spec, self.facts
        if not source["importable"]:
            raise aborted("ORA-29340: export file appears to be corrupted: [transport set check in test mode]")
        if facts.numbers(source["compatible"])[:3] > facts.numbers(spec.compatible)[:3]:
            raise aborted(f"ORA-00721: changes by release {source['compatible']} cannot be used by release "
                          f"{spec.compatible}")
        if not _same_characters(source["character_set"], spec.character_set):
            raise aborted("ORA-29345: cannot plug a tablespace into a database using an incompatible character set")
        if source["national_character_set"] != spec.national_character_set and self._has_national_data():
            raise aborted("ORA-19736: can not plug a tablespace into a database using a different national character "
                          "set")

    def _has_national_data(self) -> bool:
        return any(column.type.name in ("NCHAR", "NVARCHAR2", "NCLOB")
                   for item in self.items.get("TABLE", ()) for column in item.record.columns)

    def check_owners(self) -> None:
        """ORA-29342: every owner of an object in the set is there, under its new name."""
        for owner in sorted({item.owner for kind in ("TABLE", "INDEX") for item in self.items.get(kind, ())}):
            if self.catalog.get(model.User, owner) is None:
                raise aborted(f"ORA-29342: user {owner} does not exist in the database")

    def check_tablespaces(self) -> dict[str, str]:
        """New names of the tablespaces. ORA-29349 (name taken), 29339 (no cache for the block size)."""
        renamed = {}
        for info in self.set["tablespaces"]:
            name = self.job.remap.tablespaces.get(info.name, info.name)
            if self.catalog.get(model.TablespaceInfo, name) is not None:
                raise aborted(f"ORA-29349: tablespace '{name}' already exists")
            if info.block_size != self.job.database.spec.block_size and not self._has_cache(info.block_size):
                raise aborted(f"ORA-29339: tablespace block size {info.block_size} does not match configured block "
                              "sizes")
            renamed[info.name] = name
        return renamed

    def _has_cache(self, block_size: int) -> bool:
        return bool(self.job.database.parameters.number(f"db_{block_size // 1024}k_cache_size"))

    def _skipped_tables(self) -> set[tuple[str, str]]:
        """Tables with TIMESTAMP WITH TIME ZONE when the time zone files differ (documented: skipped, ORA-39360)."""
        if self.facts["timezone_file"] == self.job.database.timezone_file:
            return set()
        return {(item.owner, item.name) for item in self.items.get("TABLE", ())
                if any(column.type.name == "TIMESTAMP WITH TIME ZONE" for column in item.record.columns)}

    def table(self, item: Exported) -> None:
        """The table over its plugged segments; keys, checks and foreign keys follow as objects of their own."""
        table: model.Table = copy.deepcopy(item.record)
        with self.catalog.change() as change:
            self._stamp(table)
            table.statistics = None
            table.constraints = [one for one in table.constraints if one.not_null or (
                one.type == "P" and table.organization == "INDEX")]
            for column in table.columns:
                column.statistics = None
                if column.lob:
                    column.lob.segment_object_id = self._number(column.lob.segment_object_id)
                    column.lob.index_object_id = self.catalog.new_object_id()
                if column.identity:
                    self._identity(change, item, table, column)
            change.save(table)
        if table.organization == "INDEX":
            for index in item.indexes:
                if index.type == "IOT - TOP":
                    self.index(dataclasses.replace(item, kind="INDEX", name=index.name, record=index))

    def index(self, item: Exported) -> None:
        index: model.Index = copy.deepcopy(item.record)
        with self.catalog.change() as change:
            self._stamp(index)
            index.statistics = None
            change.save(index)

    def _stamp(self, record: model.Table | model.Index) -> None:
        """New object numbers and times; the segments keep what the store calls them here."""
        record.object_id = self.catalog.new_object_id()
        record.created = record.last_ddl_time = self.job.database.now()
        record.data_object_id = self._number(record.data_object_id)
        for part in record.partitioning.partitions if record.partitioning else ():
            for one in (part, *part.subpartitions):
                one.object_id = self.catalog.new_object_id()
                one.data_object_id = self._number(one.data_object_id)
                one.created = one.last_ddl_time = record.created

    def _number(self, number: int) -> int:
        return self.numbers.get(number, number)

    def _identity(self, change: Any, item: Exported, table: model.Table, column: model.Column) -> None:
        """An identity column's sequence comes with the table, under a name of this database's."""
        assert column.identity is not None
        source = next((one for one in item.sequences if one.name == column.identity.sequence_name), None)
        if source is not None:
            sequence = dataclasses.replace(
                source, name=f"ISEQ$$_{table.object_id}", object_id=self.catalog.new_object_id(),
                created=table.created, last_ddl_time=table.created)
            column.identity.sequence_name = change.save(sequence).name

    def end(self) -> None:
        """The set is committed as a whole; the tablespaces stay READ ONLY until somebody opens them (documented)."""
        self.job.say("Processing object type TRANSPORTABLE_EXPORT/POST_INSTANCE/PLUGTS_BLK")


def _same_characters(source: str, target: str) -> bool:
    """Equal, or the source's a subset of the target's with the same encoding (documented pairs that the lab has)."""
    return source == target or (source, target) in {("US7ASCII", "AL32UTF8"), ("US7ASCII", "WE8ISO8859P1"),
                                                    ("US7ASCII", "WE8MSWIN1252"), ("UTF8", "AL32UTF8"),
                                                    ("WE8ISO8859P1", "WE8MSWIN1252")}
