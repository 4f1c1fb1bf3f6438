# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Export: choosing objects, unloading rows, writing the dump."""
from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from oralab.catalog import model
from oralab.errors import OraError, not_simulated
from oralab.packages.datapump import dumpfile, facts, paths, physical, transport
from oralab.packages.datapump.collect import Collector
from oralab.packages.datapump.job import Job
from oralab.packages.datapump.log import STARS, quoted, row_line, size
from oralab.packages.datapump.objects import Exported, TableData
from oralab.values import Row

BATCH = 1000
"""Rows read and encoded at a time."""
OVERHEAD = 5120
"""Bytes by which a table with rows is larger than its rows: real logs show 5.023 KB for a handful (transcript)."""


def prepare(job: Job, session: Any) -> None:
    """Checks of START_JOB. ORA-39002 over 39165 and 39170 (no such schema), 39168 (path), 39000 (dump file)."""
    scope = job.scope
    scope.check_paths(job.mode)
    known = {user.name for user in job.database.catalog.all(model.User)}
    for condition in scope.schemas:
        if not any(map(condition, known)):
            detail = f"ORA-39170: Schema expression {condition.text} does not correspond to any schemas."
            if condition.text.strip().startswith("'"):
                detail = f"ORA-39165: Schema {condition.literals[0]} was not found."
            raise OraError(39002, "invalid operation", stack=[detail])
    if job.mode == "TRANSPORTABLE" and not scope.tablespaces:
        raise OraError(39002, "invalid operation", stack=["ORA-39186: No tablespaces in the specified list"])
    if "ALWAYS" in job.parameter("TRANSPORTABLE", ()) and job.mode != "TRANSPORTABLE":
        raise not_simulated(f"TRANSPORTABLE=ALWAYS in {job.mode} mode")
    facts.compatible(job)


def run(job: Job, session: Any) -> None:
    """The work of an export job, in the master's session."""
    worker = job.new_session("DW00")
    job.say(job.starting, 0)
    if job.database.release == "12.1" and job.rows and job.mode != "TRANSPORTABLE":
        job.say("Estimate in progress using BLOCKS method...")
    items = _choose(job)
    made = facts.of_job(job)
    if transport.test_mode(job):
        made["importable"] = False
    writer = dumpfile.Writer(made, _files(job), job.store.faults.on_write)
    try:
        _write(job, worker, items, writer)
    except BaseException:
        writer.abandon()
        raise
    writer.close()
    _close(job, writer)


def _files(job: Job) -> Any:
    """Gives the set's files one after the other: those without %U were made by ADD_FILE."""
    def names() -> Iterator[tuple[str, BinaryIO, int | None]]:
        for spec in job.dumps:
            if not spec.template:
                yield spec.path, dumpfile.create(spec.path, reuse=True), spec.size
                continue
            for number in range(1, 100):
                path = spec.expand(number)
                stream = dumpfile.create(path, spec.reuse)
                job.made.append(path)
                yield path, stream, spec.size
    iterator = names()
    return lambda: next(iterator, None)


def _choose(job: Job) -> dict[str, list[Exported]]:
    """The objects of the job by kind, with the log lines of each object path."""
    collector = Collector(job.database.catalog, lambda name: physical.files_of(job.database, name))
    selected = job.scope.selected(job.mode)
    tables: set[tuple[str, str]] | None = None
    if job.mode == "TRANSPORTABLE":
        tables = transport.tables(job, collector)
    elif job.scope.tablespaces:
        tables = {(table.owner, table.name) for table in collector.tables if job.scope.tablespace_wanted(table)}
    chosen: dict[str, list[Exported]] = {}
    order = paths.export_order(job.mode, job.database.release)
    metadata = job.parameter("INCLUDE_METADATA", 1)
    checked = job.mode != "TRANSPORTABLE"
    for path, kind in order:
        job.check()
        if not checked and (kind.name not in paths.STATISTICS or job.database.release == "12.1"):
            transport.check_export(job)
            checked = True
        if path not in selected or not (job.rows if kind.name == "TABLE_DATA" else metadata):
            continue
        began = time.monotonic()
        found = [item for item in collector.kind(kind.name) if job.scope.accepts(job.mode, item)
                 and (tables is None or not kind.table or (item.base or (item.owner, item.name)) in tables)]
        if not found:
            continue
        chosen[kind.name] = found
        job.say(f"Processing object type {path}")
        if job.log.metrics:
            job.say(f"     Completed {len(found)} {kind.label} objects in {int(time.monotonic() - began)} seconds")
        if kind.name == "TABLE_DATA":
            _estimate(job, found)
    if not chosen and job.mode != "TRANSPORTABLE":
        raise OraError(31655, "no data or metadata objects selected for job")
    return chosen


def _estimate(job: Job, found: list[Exported]) -> None:
    """TOTALWORK, from the sizes of the segments."""
    for item in found:
        assert item.table is not None
        item.record.size = physical.segment_bytes(job.database, item.table, item.record.partition)
    job.total = sum(item.record.size for item in found)
    if job.database.release == "12.1":
        job.say("Total estimation using BLOCKS method: {} {}".format(*size(job.total)))


def _write(job: Job, worker: Any, items: dict[str, list[Exported]], writer: dumpfile.Writer) -> None:
    if job.mode == "TRANSPORTABLE":
        writer.add(dumpfile.FACTS, dumpfile.pack(transport.descriptor(job)))
    for kind in paths.KINDS:
        for item in items.get(kind.name, ()) if kind.name != "TABLE_DATA" else ():
            job.check()
            writer.add(dumpfile.OBJECT, dumpfile.pack(item))
    for item in sorted(items.get("TABLE_DATA", ()), key=lambda one: -one.record.size):
        _unload(job, worker, item, writer)


def _unload(job: Job, worker: Any, item: Exported, writer: dumpfile.Writer) -> None:
    """One table or partition; what fails is left out and the job goes on (ORA-31693)."""
    data: TableData = item.record
    estimated, began = data.size, time.monotonic()
    data.size = data.rows = 0
    try:
        rows = _read(job, worker, item)
        types = [type_ for _, type_ in data.columns]
        while batch := list(itertools.islice(rows, BATCH)):
            encoded = dumpfile.encode_rows(batch, types)
            data.rows += len(batch)
            data.size += len(encoded)
            writer.add(dumpfile.ROWS, dumpfile.pack_rows((item.owner, item.name, data.partition), encoded))
            job.check()
        data.size += OVERHEAD if data.rows else 0
    except OraError as error:
        if error.code == 39095:
            raise
        name = quoted(item.owner, item.name, data.partition)
        job.log.error(f"ORA-31693: Table data object {name} failed to load/unload and is being skipped due to error:\n"
                      f"{error.text}")
        return
    table, item.table = item.table, None
    writer.add(dumpfile.OBJECT, dumpfile.pack(item))
    item.table = table
    _warn_of_policies(job, worker, item)
    line = row_line("exported", item.owner, item.name, data.partition, data.size, data.rows)
    if job.log.metrics:
        line += f" in {int(time.monotonic() - began)} seconds using direct_path"
    job.say(line)
    job.progress(max(estimated, data.size))


def _read(job: Job, worker: Any, item: Exported) -> Iterator[Row]:
    assert item.table is not None
    data: TableData = item.record
    columns = ", ".join(f'"{name}"' for name, _ in data.columns)
    source = quoted(item.owner, item.name)
    if data.partition:
        word = "SUBPARTITION" if item.table.partitioning and item.table.partitioning.subtype else "PARTITION"
        source += f' {word} ("{data.partition}")'
    if scn := job.parameter("FLASHBACK_SCN"):
        source += f" AS OF SCN {scn}"
    elif moment := job.parameter("FLASHBACK_TIME"):
        source += f" AS OF TIMESTAMP {moment}"
    condition = next((query for key in ((item.owner, item.name), ("", item.name), ("", ""))
                      if (query := job.queries.get(key))), "")
    statement = worker.parse(f"SELECT {columns} FROM {source} {condition}")
    result = worker.execute(statement, [], [[]]).result
    rows: Iterator[Row] = result.rows
    return rows


def _warn_of_policies(job: Job, worker: Any, item: Exported) -> None:
    """Row level security limits what the exporting user sees, and so what is exported (transcript)."""
    catalog = job.database.catalog
    if any(policy.family == "VPD" and policy.enabled and (policy.owner, policy.table) == (item.owner, item.name)
           for policy in catalog.all(model.Policy)) and not catalog.privileges.has(worker, "EXEMPT ACCESS POLICY"):
        job.log.error("ORA-39181: Only partial table data may be exported due to fine grain access control on "
                      f"{quoted(item.owner, item.name)}")


def _close(job: Job, writer: dumpfile.Writer) -> None:
    job.say(f"Master table {job.quoted} successfully loaded/unloaded")
    job.say(STARS, 0)
    job.say(f"Dump file set for {job.owner}.{job.name} is:", 0)
    for path in writer.paths:
        job.say(f"  {path}", 0)
    if job.mode == "TRANSPORTABLE":
        for tablespace in transport.names(job):
            job.say(STARS, 0)
            job.say(f"Datafiles required for transportable tablespace {tablespace}:", 0)
            for file in physical.files_of(job.database, tablespace):
                job.say(f"  {file.path}", 0)
