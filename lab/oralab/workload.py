# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workload whose acknowledged commits are counted, so that a migration can be shown to have lost none.

``python -m oralab.workload run --lab build/lab --record orders.jsonl`` commits numbered rows in the table ORDERS of the schema WORKLOAD
(``samples/workload_user.sql``) until it is told to stop. Clients connect by the application's service, and after an error try the other side's.
Every commit that the database acknowledged is in the record, and every one of which nobody knows. ``report`` holds the record against
the rows of a database, and tells for each change of sides how long nothing was acknowledged.

Nothing in it is the lab's: with ``--side`` it runs against databases anywhere.
"""
from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import oracledb

USER, SERVICE = "WORKLOAD", "shop"
ACKNOWLEDGED, UNKNOWN = "acknowledged", "unknown"
PAUSE_SECONDS = 0.1
"""Between two attempts to find a side that takes orders."""
CONNECT_SECONDS = 5.0
CALL_SECONDS = 15.0
"""After so long without an answer nobody waits any more, and whether the call took effect is not known."""
_INSERT = "INSERT INTO workload.orders (client, order_number, side) VALUES (:1, :2, :3)"
_LAST = "SELECT NVL(MAX(order_number), 0) FROM workload.orders WHERE client = :1"
_ROWS = "SELECT client, order_number FROM workload.orders"


@dataclasses.dataclass(frozen=True, slots=True)
class Side:
    """A database that may take orders, by a name that stands in the record and the connect string of the application's service."""

    name: str
    dsn: str


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """An order whose commit was sent. ``at``: when the answer came, or when waiting for it ended, in seconds since 1970."""

    client: int
    number: int
    side: str
    outcome: str
    at: float


class Record:
    """The file of what was committed: one JSON object a line, written before the client goes on."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115
        self._lock = threading.Lock()

    def add(self, order: Order) -> None:
        with self._lock:
            self._file.write(json.dumps(dataclasses.asdict(order)) + "\n")

    def close(self) -> None:
        self._file.close()


def read(path: str) -> list[Order]:
    """The record so far. A last line that is still being written is left out."""
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
        return [Order(**json.loads(line)) for line in file if line.endswith("\n")]
    return []


# --- clients ---

class Client:
    """One connection at a time, one order after the other. Numbers are consecutive; one that certainly was not committed is used again."""

    def __init__(self, client: int, first: int, sides: Sequence[Side], password: str, record: Record) -> None:
        self.client, self.number = client, first
        self.password, self.record = password, record
        self._sides = collections.deque(sides)
        self._connection: oracledb.Connection | None = None

    def run(self, interval: float, stop: threading.Event) -> None:
        """An order every ``interval`` seconds. What an outage kept back is not made up for."""
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            taken = self.order()
            due = max(due + interval, time.monotonic()) if taken else time.monotonic() + PAUSE_SECONDS
        self._leave()

    def order(self) -> bool:
        """Try to commit the next order; whether this side still takes some. The next attempt is made at the other side otherwise."""
        try:
            connection = self._connected()
            with connection.cursor() as cursor:
                cursor.execute(_INSERT, [self.client, self.number, self._sides[0].name])
        except oracledb.Error:
            self._turn()
            return False
        outcome = self._commit(connection)
        if outcome:
            self.record.add(Order(self.client, self.number, self._sides[0].name, outcome, time.time()))
            self.number += 1
        if outcome != ACKNOWLEDGED:
            self._turn()
        return outcome == ACKNOWLEDGED

    @staticmethod
    def _commit(connection: oracledb.Connection) -> str | None:
        """What is known of a commit: acknowledged, unknown, or None when the database answered that it was not done."""
        try:
            connection.commit()
        except oracledb.Error as error:
            answered = str(getattr(error.args[0], "full_code", "")).startswith("ORA-") and connection.is_healthy()
            return None if answered else UNKNOWN
        return ACKNOWLEDGED

    def _connected(self) -> oracledb.Connection:
        if self._connection is None:
            self._connection = oracledb.connect(user=USER, password=self.password, dsn=self._sides[0].dsn, tcp_connect_timeout=CONNECT_SECONDS)
            self._connection.call_timeout = int(CALL_SECONDS * 1000)
            with self._connection.cursor() as cursor:
                # Orders of another record may be there.
                last, = cursor.execute(_LAST, [self.client]).fetchone()
            self.number = max(self.number, int(last) + 1)
        return self._connection

    def _turn(self) -> None:
        self._leave()
        self._sides.rotate(-1)

    def _leave(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(oracledb.Error):
                self._connection.close()
        self._connection = None


def run(sides: Sequence[Side], password: str, path: str, *, clients: int, rate: float, stop: threading.Event) -> None:
    """Commit ``rate`` orders a second in all, by so many clients, until ``stop`` is set. A record that is there is continued."""
    following: dict[int, int] = collections.defaultdict(lambda: 1)
    for order in read(path):
        following[order.client] = max(following[order.client], order.number + 1)
    record = Record(path)
    threads = []
    for number in range(1, clients + 1):
        client = Client(number, following[number], sides, password, record)
        threads.append(threading.Thread(target=client.run, args=(clients / rate, stop)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record.close()


# --- report ---

def changes(orders: Iterable[Order]) -> Iterator[dict[str, Any]]:
    """Each change of the side that acknowledges, with the seconds between the last acknowledgement here and the first there."""
    last: Order | None = None
    for order in sorted((order for order in orders if order.outcome == ACKNOWLEDGED), key=lambda order: order.at):
        if last is not None and order.side != last.side:
            yield {"from": last.side, "to": order.side, "last": last.at, "first": order.at, "downtime": round(order.at - last.at, 3)}
        last = order


def report(orders: Sequence[Order], rows: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """The record against the rows of a database.

    ``lost`` are acknowledged orders without a row. ``unrecorded`` are rows that the record does not know, as a workload that was killed
    between a commit and its record leaves.
    """
    present = set(rows)
    by_outcome = {outcome: {(order.client, order.number) for order in orders if order.outcome == outcome} for outcome in (ACKNOWLEDGED, UNKNOWN)}
    sides: dict[str, dict[str, Any]] = {}
    for order in orders:
        if order.outcome == ACKNOWLEDGED:
            side = sides.setdefault(order.side, {"acknowledged": 0, "first": order.at, "last": order.at})
            side["acknowledged"] += 1
            side["first"], side["last"] = min(side["first"], order.at), max(side["last"], order.at)
    acknowledged, unknown = by_outcome[ACKNOWLEDGED], by_outcome[UNKNOWN]
    return {"acknowledged": len(acknowledged), "found": len(acknowledged & present), "lost": sorted(acknowledged - present),
            "unknown": len(unknown), "unknown_found": len(unknown & present), "unrecorded": len(present - acknowledged - unknown),
            "sides": sides, "changes": list(changes(orders))}


def rows_of(dsn: str, password: str) -> list[tuple[int, int]]:
    """Client and number of the orders that a database has."""
    with oracledb.connect(user=USER, password=password, dsn=dsn) as connection, connection.cursor() as cursor:
        return [(int(client), int(number)) for client, number in cursor.execute(_ROWS)]


# --- command line ---

def _sides(options: argparse.Namespace) -> tuple[list[Side], str]:
    """The sides and the password, of a lab or as they are given."""
    if options.lab:
        with open(os.path.join(options.lab, "endpoints.json"), encoding="utf-8") as file:
            databases: Mapping[str, Any] = json.load(file)["databases"]
        sides = [Side(found["group"], f"{found['host']}:{found['port']}/{SERVICE}") for found in databases.values()]
        return sides, next(str(found["users"][USER]) for found in databases.values() if USER in found["users"])
    with open(options.password_file, encoding="utf-8") as file:
        return [Side(*text.split("=", 1)) for text in options.side], file.read().strip()


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Commit numbered orders, and count afterwards which of them are there.")
    parser.add_argument("action", choices=("run", "report"))
    parser.add_argument("--record", required=True, help="file of the commits that were acknowledged or are in doubt")
    parser.add_argument("--lab", help="directory of a lab of the topology physical, which tells sides and password")
    parser.add_argument("--side", action="append", default=[], metavar="NAME=DSN", help="a database that may take orders")
    parser.add_argument("--password-file", help=f"file with the password of {USER}")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rate", type=float, default=20.0, help="orders a second, of all clients together")
    parser.add_argument("--seconds", type=float, help="how long to run; until SIGTERM otherwise")
    parser.add_argument("--dsn", help="database to report on; otherwise the first side that answers")
    options = parser.parse_args(None if arguments is None else list(arguments))
    if bool(options.lab) == bool(options.side) or bool(options.side) != bool(options.password_file):
        parser.error("give either --lab, or --side and --password-file")
    sides, password = _sides(options)
    if options.action == "report":
        found = report(read(options.record), _first_rows([options.dsn] if options.dsn else [side.dsn for side in sides], password))
        print(json.dumps(found, indent=2))
        return 1 if found["lost"] else 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.seconds:
        timer = threading.Timer(options.seconds, stop.set)
        timer.daemon = True
        timer.start()
    run(sides, password, options.record, clients=options.clients, rate=options.rate, stop=stop)
    return 0


def _first_rows(dsns: Sequence[str], password: str) -> list[tuple[int, int]]:
    """The rows of the first database that answers. Raises the last one's error when none does."""
    for dsn in dsns[:-1]:
        with contextlib.suppress(oracledb.Error):
            return rows_of(dsn, password)
    return rows_of(dsns[-1], password)


if __name__ == "__main__":
    sys.exit(main())
