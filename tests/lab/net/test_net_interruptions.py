# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that do not end as they began: breaks, timeouts, vanished clients, injected faults."""
from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time

import oracledb
import pytest
from fake_database import column, echo, full_code, query, wait_for
from oralab.api import Outcome
from oralab.errors import Disconnect, OraError
from oralab.net.faults import Fault

SLEEP = "begin sleep; end;"
ONE = "select 1 from dual"
TIMEOUT = 500
"""Milliseconds; the driver gives the answer to its break as many."""


@pytest.fixture(autouse=True)
def statements(lab) -> None:
    def sleep(session, binds, values, batch):
        session.events.append("sleeps")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if session.cancelled():
                session.events.append("cancelled")
                raise OraError(1013, "user requested cancel of current operation")
            time.sleep(0.005)
        return Outcome()
    lab.database.teach(SLEEP, sleep)
    lab.database.teach(ONE, query([column("ONE", "NUMBER")], [(1,)]))


def test_call_timeout_stops_the_call_and_keeps_the_session(lab, connection) -> None:
    connection.call_timeout = TIMEOUT
    with pytest.raises(oracledb.DatabaseError) as failed:
        connection.cursor().execute(SLEEP)
    assert full_code(failed) == "DPY-4024"
    connection.call_timeout = 0
    assert lab.session.events[-1] == "cancelled"
    assert connection.cursor().execute(ONE).fetchone() == (1,)


def test_cancel_stops_the_call_and_keeps_the_session(lab, connection) -> None:
    def cancel() -> None:
        wait_for(lambda: "sleeps" in lab.session.events)
        connection.cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(oracledb.DatabaseError) as failed:
        connection.cursor().execute(SLEEP)
    assert full_code(failed) == "ORA-01013"
    assert connection.cursor().execute(ONE).fetchone() == (1,)


def test_cancel_that_comes_too_late(lab, connection) -> None:
    cursor = connection.cursor()
    for attempt in range(30):
        timer = threading.Timer(0.0007 * (attempt % 5), connection.cancel)
        timer.start()
        try:
            for _ in range(4):
                cursor.execute(ONE).fetchone()
            timer.join()
            cursor.execute(ONE).fetchone()
        except oracledb.DatabaseError as error:
            assert error.args[0].full_code == "ORA-01013"
            timer.join()
    for _ in range(3):
        try:
            assert cursor.execute(ONE).fetchone() == (1,)
        except oracledb.DatabaseError as error:
            assert error.args[0].full_code == "ORA-01013"
    assert cursor.execute(ONE).fetchone() == (1,)


def test_call_of_a_vanished_client_runs_to_its_end(lab) -> None:
    vanished, done, sql = threading.Event(), threading.Event(), "begin long_work; end;"

    def work(session, binds, values, batch):
        session.events.append("started")
        assert vanished.wait(60)
        for _ in range(10):
            assert not session.cancelled()
            time.sleep(0.01)
        session.events.append("finished")
        done.set()
        return Outcome()

    lab.database.teach(sql, work)
    connection = lab.connect()
    session = lab.session
    thread = threading.Thread(target=lambda: pytest.raises(oracledb.Error, connection.cursor().execute, sql))
    thread.start()
    wait_for(lambda: "started" in session.events)
    lab.listener.disconnect(lab.database, session.sid)
    assert not session.closed
    vanished.set()
    assert done.wait(60)
    wait_for(lambda: session.closed)
    thread.join()


def test_session_killed_by_the_database(lab, connection) -> None:
    def die(*arguments):
        raise Disconnect
    with pytest.raises(oracledb.DatabaseError) as failed:
        connection.cursor().execute(lab.database.teach("begin die; end;", die))
    assert full_code(failed) == "DPY-4011"
    wait_for(lambda: lab.session.closed)


def test_aborted_instance_drops_only_its_sessions(lab, connection) -> None:
    with lab.connect(dsn=lab.dsn("other_svc")) as other:
        assert lab.listener.disconnect(lab.database) == 1
        with pytest.raises(oracledb.DatabaseError):
            connection.ping()
        other.ping()


def test_stopped_listener_refuses(lab) -> None:
    lab.listener.stop()
    with pytest.raises(oracledb.DatabaseError) as refused:
        lab.connect(retry_count=0)
    assert full_code(refused) in ("DPY-6005", "DPY-6000")


def test_garbage_is_dropped(lab, connection) -> None:
    for garbage in (b"GET / HTTP/1.1\r\n\r\n" + b"x" * 100, struct.pack(">HHBBH", 60000, 0, 99, 0, 0), b"\0" * 64, b""):
        with socket.create_connection(("127.0.0.1", lab.listener.port), timeout=300) as sock:
            sock.sendall(garbage)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(100) == b""
    connection.ping()


def test_calls_that_are_not_simulated(lab, connection) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-03001(.|\n)*not simulated"):
        connection.tpc_begin(connection.xid(1, "a", "b"))
    assert connection.cursor().execute(ONE).fetchone() == (1,)


# -- faults

def test_refused_and_dropped_at_connect(lab) -> None:
    lab.faults.add(Fault("connect", code=12516))
    with pytest.raises(oracledb.DatabaseError, match="12516"):
        lab.connect()
    lab.faults.add(Fault("connect", service="fake", drop=True))
    with pytest.raises(oracledb.DatabaseError):
        lab.connect(retry_count=0)
    lab.connect().close()


def test_nth_call_dropped_before_it_runs(lab, connection) -> None:
    lab.faults.add(Fault("call", function="EXECUTE", nth=3, drop=True))
    cursor = connection.cursor()
    cursor.execute(ONE)
    cursor.execute(ONE)
    with pytest.raises(oracledb.DatabaseError) as failed:
        cursor.execute(ONE)
    assert full_code(failed) == "DPY-4011"
    assert lab.session.events.count(("execute", ONE)) == 2


def test_commit_in_doubt(lab, connection) -> None:
    lab.faults.add(Fault("reply", function="COMMIT", drop=True))
    with pytest.raises(oracledb.DatabaseError):
        connection.commit()
    assert lab.session.events[-1] == "commit"


def test_statement_answered_with_an_error_and_a_delay(lab, connection) -> None:
    lab.faults.add(Fault("call", statement="from dual", code=1555, message="snapshot too old", delay=0.1, times=2))
    cursor = connection.cursor()
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(oracledb.DatabaseError, match="ORA-01555: snapshot too old"):
            cursor.execute(ONE)
        assert time.monotonic() - begun >= 0.1
    assert cursor.execute(ONE).fetchone() == (1,)


# -- many at once

def test_many_threads(lab) -> None:
    sql, failures = lab.database.teach("select :1 from dual", echo("NUMBER")), []

    def work() -> None:
        try:
            with lab.connect() as connection:
                cursor = connection.cursor()
                for number in range(20):
                    assert cursor.execute(sql, [number]).fetchone() == (number,)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_asyncio_client(lab) -> None:
    sql = lab.database.teach("select :1 from dual", echo("CLOB"))

    async def work(number: int) -> str:
        async with oracledb.connect_async(user="scott", password="tiger", dsn=lab.dsn(), sdu=512) as connection:
            with connection.cursor() as cursor:
                await cursor.execute(sql, [f"{number}é" * 1000])
                (lob,), = await cursor.fetchall()
                text = await lob.read()
            connection.call_timeout = TIMEOUT
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                await connection.cursor().execute(SLEEP)
            return text

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(work(number) for number in range(5)))

    assert asyncio.run(all_of_them()) == [f"{number}é" * 1000 for number in range(5)]
