# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The downtime window: how much of it nothing happens in any database.

It is measured with the sample application, in which the databases have little to do, and with a source that has more rows, in which copying,
converting and comparing take their time. The bound is on the latter, as what happens outside does not grow with the rows.

The window is that of the job record: from the first refused write at the source until the target's services are open. A moment of it
is spent *in the databases* when at least one of these is so: a call of the driver is under way (traced, see tests/trace); a Data
Pump job runs (from the call that opens it until the last write to its log); a command of RMAN runs on a server (from its process's start until
its exit code). All else is *outside*: Ansible between tasks, connecting, waiting between two looks. Overlaps count once.
"""
from __future__ import annotations

import json
import pathlib
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from stand import Measurement, Stand

ARCHIVE = ("CREATE TABLE sales.order_archive (order_id NUMBER(12), line_no NUMBER(4), item_id NUMBER(8), quantity NUMBER(6), price NUMBER(12, 2)) "
           "TABLESPACE app_data")
MORE = "INSERT INTO sales.order_archive SELECT order_id, line_no, item_id, quantity, price FROM sales.order_lines"
COPIES = 8

Span = t.Tuple[float, float]
DATA_PUMP = re.compile(r"DBMS_DATAPUMP\.OPEN", re.IGNORECASE)
LOG = re.compile(r"'(DBF_[A-Z0-9_$]+)\.log'", re.IGNORECASE)


def calls(traces: pathlib.Path) -> t.List[t.Dict[str, t.Any]]:
    return [json.loads(line) for path in traces.glob("*.jsonl") for line in path.read_text().splitlines()]


def jobs(found: t.List[t.Dict[str, t.Any]], staging: pathlib.Path) -> t.Iterator[Span]:
    for call in found:
        if call["text"] and DATA_PUMP.search(call["text"]):
            for name in LOG.findall(call["text"]):
                log = staging / f"{name}.log"
                if log.exists():
                    yield call["began"], log.stat().st_mtime


def commands(directory: pathlib.Path) -> t.Iterator[Span]:
    for rc in directory.glob("*/work/**/rc"):
        yield (rc.parent / "pid").stat().st_mtime, rc.stat().st_mtime


def covered(spans: t.Iterable[Span], began: float, ended: float) -> float:
    """Seconds of a window that lie in at least one span."""
    total, reached = 0.0, began
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, ended)
        if end > start:
            total += end - start
            reached = end
    return total


def share(stand: Stand) -> t.Tuple[float, t.Dict[str, t.Any]]:
    """How much of the window of a migration is spent outside, and what it was made of, in seconds."""
    found = calls(stand.migrated)
    window = stand.record()["downtime"]
    began, ended = window["began"], window["ended"]
    kinds = {"calls of the driver": [(call["began"], call["ended"]) for call in found],
             "Data Pump jobs": list(jobs(found, stand.directory / "staging")), "RMAN": list(commands(stand.directory))}
    inside = covered([span for spans in kinds.values() for span in spans], began, ended)
    figures: t.Dict[str, t.Any] = {"window": round(ended - began, 1), "outside": round(ended - began - inside, 1)}
    figures.update({kind: round(covered(spans, began, ended), 1) for kind, spans in kinds.items()})
    return 1 - inside / (ended - began), figures


def more_rows(stand: Stand) -> int:
    """Give the source a table with many rows; how many."""
    endpoint = stand.databases["dbsrc"]
    session = DriverSession({"dsn": endpoint["dsn"], "user": endpoint["user"], "password": endpoint["password"]})
    try:
        session.execute(Statement(ARCHIVE))
        return sum(session.execute(Statement(MORE)) for _ in range(COPIES))
    finally:
        session.close()


def measure(stand: Stand) -> Measurement:
    little, sample = share(stand)
    larger = Stand(stand.directory.with_name(stand.directory.name + "-larger"))
    try:
        rows = more_rows(larger)
        much, many = share(larger)
    finally:
        larger.down()
    return Measurement("Share of the downtime window that is spent outside the databases, source with more rows", much,
                       {"rows more than in the sample application": rows, "seconds": many, "share with the sample application alone": round(little, 3),
                        "seconds with the sample application alone": sample}, at_most=0.2,
                       note="What happens outside does not grow with the rows, so the share with the sample application alone is larger.")
