# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workload counts what was acknowledged, says of what is in doubt that it is, and never commits a number twice."""
from __future__ import annotations

import json
import pathlib
import threading
import time
from collections.abc import Iterator

import oracledb
import pytest
from oralab import workload
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host
from oralab.lab import load, topologies
from oralab.net.faults import Fault, FaultPlan
from oralab.net.listener import Listener
from oralab.workload import ACKNOWLEDGED, UNKNOWN, Client, Order, Record, Side

PASSWORD = "secret"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    spec = DatabaseSpec("ORDERS", further_services=("shop",), passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD}, omf=True)
    database = Host(str(tmp_path_factory.mktemp("workload") / "host")).create(spec)
    listener = Listener("127.0.0.1", 0, [database])
    listener.start()
    with oracledb.connect(user="SYSTEM", password=PASSWORD, dsn=f"127.0.0.1:{listener.port}/orders") as connection:
        for name in ("app_data", "app_index"):
            connection.cursor().execute(f"CREATE TABLESPACE {name}")
    listener.stop()
    load(database, "workload_user.sql", {"WORKLOAD_PASSWORD": PASSWORD})
    yield database
    database.shutdown("ABORT")


class Place:
    """Two ways to the same database, as if it were two sides; what goes wrong at the first is planned."""

    def __init__(self, database: Database, path: pathlib.Path) -> None:
        self.faults = FaultPlan()
        self.listeners = [Listener("127.0.0.1", 0, [database], faults=self.faults), Listener("127.0.0.1", 0, [database])]
        for listener in self.listeners:
            listener.start()
        self.sides = [Side(name, f"127.0.0.1:{listener.port}/shop") for name, listener in zip(("source", "target"), self.listeners)]
        self.record = str(path / "record")

    def client(self, number: int) -> Client:
        return Client(number, 1, self.sides, PASSWORD, Record(self.record))

    def report(self, client: int) -> dict[str, object]:
        """Of one client, as every test has its own."""
        rows = [row for row in workload.rows_of(self.sides[1].dsn, PASSWORD) if row[0] == client]
        return workload.report([order for order in workload.read(self.record) if order.client == client], rows)

    def close(self) -> None:
        for listener in self.listeners:
            listener.stop()


@pytest.fixture()
def place(database: Database, tmp_path: pathlib.Path) -> Iterator[Place]:
    place = Place(database, tmp_path)
    yield place
    place.close()


def outcomes(place: Place) -> list[tuple[int, str, str]]:
    return [(order.number, order.side, order.outcome) for order in workload.read(place.record)]


def test_every_acknowledged_commit_is_recorded_and_is_there(place: Place) -> None:
    client = place.client(1)
    assert [client.order() for _ in range(5)] == [True] * 5
    found = place.report(1)
    assert (found["acknowledged"], found["found"], found["lost"], found["unknown"], found["unrecorded"]) == (5, 5, [], 0, 0)


def test_of_a_commit_without_an_answer_nobody_knows(place: Place) -> None:
    client = place.client(2)
    place.faults.add(Fault("reply", function="COMMIT", nth=2, drop=True))
    assert [client.order() for _ in range(4)] == [True, False, True, True]
    assert outcomes(place) == [(1, "source", ACKNOWLEDGED), (2, "source", UNKNOWN), (3, "target", ACKNOWLEDGED), (4, "target", ACKNOWLEDGED)]
    found = place.report(2)
    assert (found["acknowledged"], found["found"], found["unknown"], found["unknown_found"]) == (3, 3, 1, 1), "this one was committed"


def test_a_commit_that_never_arrived_is_in_doubt_as_well(place: Place) -> None:
    client = place.client(3)
    place.faults.add(Fault("call", function="COMMIT", nth=1, drop=True))
    assert [client.order() for _ in range(2)] == [False, True]
    found = place.report(3)
    assert (found["unknown"], found["unknown_found"], found["acknowledged"], found["lost"]) == (1, 0, 1, [])


@pytest.mark.parametrize("number, fault", [
    (4, Fault("call", function="COMMIT", code=2091)), (5, Fault("call", statement="INSERT", code=16000)), (6, Fault("connect", code=12514))],
    ids=["rolled back", "read only", "no service"])
def test_what_was_refused_is_tried_again_at_the_other_side_under_its_number(place: Place, number: int, fault: Fault) -> None:
    client = place.client(number)
    place.faults.add(fault)
    assert [client.order() for _ in range(3)] == [False, True, True]
    assert outcomes(place) == [(1, "target", ACKNOWLEDGED), (2, "target", ACKNOWLEDGED)]


def test_a_lost_row_is_named_and_a_row_that_nobody_recorded_is_counted() -> None:
    orders = [Order(1, 1, "source", ACKNOWLEDGED, 1.0), Order(1, 2, "source", ACKNOWLEDGED, 2.0), Order(1, 3, "source", UNKNOWN, 3.0)]
    found = workload.report(orders, [(1, 1), (9, 9)])
    assert found["lost"] == [(1, 2)] and found["unrecorded"] == 1 and found["unknown_found"] == 0


def test_downtime_is_from_the_last_acknowledgement_here_to_the_first_there() -> None:
    orders = [Order(1, 1, "source", ACKNOWLEDGED, 10.0), Order(2, 1, "source", ACKNOWLEDGED, 10.5), Order(2, 2, "source", UNKNOWN, 11.0),
              Order(1, 2, "target", ACKNOWLEDGED, 14.25), Order(2, 3, "target", ACKNOWLEDGED, 14.0), Order(1, 3, "source", ACKNOWLEDGED, 20.0)]
    there, back = workload.report(orders, [])["changes"]
    assert (there["from"], there["to"], there["downtime"]) == ("source", "target", 3.5)
    assert (back["from"], back["to"], back["downtime"]) == ("target", "source", 5.75)


def test_a_side_that_goes_is_left_and_a_record_is_continued(database: Database, tmp_path: pathlib.Path) -> None:
    place = Place(database, tmp_path)
    for listeners, side in ((place.listeners, "source"), (place.listeners[1:], "target")):
        stop = threading.Event()
        running = threading.Thread(target=workload.run, args=(place.sides, PASSWORD, place.record), kwargs={
            "clients": 5, "rate": 50.0, "stop": stop})
        running.start()
        deadline = time.monotonic() + 60
        while {order.client for order in workload.read(place.record) if order.side == side} != set(range(1, 6)) and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        running.join()
        if listeners is place.listeners:
            place.listeners[0].stop()
    orders = workload.read(place.record)
    place.close()
    assert {order.side for order in orders} == {"source", "target"}
    assert len({(order.client, order.number) for order in orders}) == len(orders), "no number twice"
    for client in range(1, 6):
        numbers = [order.number for order in orders if order.client == client]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_half_written_last_line_is_left_out(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "record"
    path.write_text(json.dumps({"client": 1, "number": 1, "side": "source", "outcome": ACKNOWLEDGED, "at": 1.0}) + '\n{"client": 1, "num')
    assert [order.number for order in workload.read(str(path))] == [1]


def test_the_source_of_a_physical_migration_has_the_table() -> None:
    source, placeholder = topologies()["physical"].members
    assert "workload_user.sql" in source.scripts and placeholder.scripts == ()
    assert placeholder.spec.name == source.spec.name and placeholder.spec.db_unique_name != source.spec.db_unique_name
    assert placeholder.spec.platform_id == source.spec.platform_id
