# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The physical side: read consistency, locks, files of either byte order, recovery."""
from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from oralab.errors import OraError
from oralab.storage import PLATFORMS, KeyIndex, Record, Redo, Store, TableHandle, convert_datafile
from oralab.values import DataType

SOLARIS, LINUX = PLATFORMS[2], PLATFORMS[13]
TYPES = [DataType("NUMBER"), DataType("VARCHAR2", 4000), DataType("CLOB")]
NUMBER = 100


def make(directory: pathlib.Path, platform: int = 13, name: str = "SRC", dbid: int = 1) -> Store:
    store = Store.create(str(directory), name=name, dbid=dbid, platform=platform)
    store.create_tablespace("APP", [(str(directory / "app01.dbf"), 4 << 20, True, 1 << 30, 1 << 20)])
    store.create_segment(NUMBER, "APP", TYPES)
    return store


def table(store: Store) -> TableHandle:
    return store.table({None: NUMBER})


def fill(store: Store, count: int = 300, start: int = 0) -> TableHandle:
    handle = table(store)
    transaction = store.begin()
    for number in range(start, start + count):
        handle.insert(transaction, (number, "Größe " * (number % 9) + str(number), "日本語" * 3000 if number % 97 == 0 else None))
    store.commit(transaction)
    return handle


def rows(store: Store, handle: TableHandle | None = None) -> list[tuple[object, ...]]:
    return sorted((row for _, row in (handle or table(store)).scan(store.snapshot())), key=str)


def code(call: object, *arguments: object, **named: object) -> int:
    with pytest.raises(OraError) as caught:
        call(*arguments, **named)   # type: ignore[operator]
    return caught.value.code


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what another thread does; fails after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_readers_see_what_was_committed_when_they_began(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 3)
    snapshot = store.snapshot()
    writer = store.begin()
    rid = next(iter(handle.scan(snapshot)))[0]
    handle.update(writer, rid, (0, "new", None))
    handle.insert(writer, (9, "nine", None))
    assert [row[1] for _, row in handle.scan(store.snapshot()) if row[0] in (0, 9)] == ["0"]
    assert {row[1] for _, row in handle.scan(store.snapshot(writer)) if row[0] in (0, 9)} == {"new", "nine"}
    scn = store.commit(writer)
    assert [row[1] for _, row in handle.scan(snapshot) if row[0] in (0, 9)] == ["0"]
    assert {row[1] for _, row in handle.scan(store.snapshot(scn=scn)) if row[0] in (0, 9)} == {"new", "nine"}
    assert code(store.snapshot, scn=scn + 100) == 8181


def test_rollback_to_savepoint_and_whole(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 2)
    transaction = store.begin()
    handle.insert(transaction, (5, "five", None))
    store.savepoint(transaction, "A")
    handle.insert(transaction, (6, "six", None))
    store.rollback(transaction, "A")
    assert {row[0] for _, row in handle.scan(store.snapshot(transaction))} == {0, 1, 5}
    store.rollback(transaction)
    assert {row[0] for _, row in handle.scan(store.snapshot())} == {0, 1}
    assert code(store.rollback, store.begin(), "NOWHERE") == 1086


def test_a_second_writer_waits_and_nowait_does_not(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 1)
    rid = next(iter(handle.scan(store.snapshot())))[0]
    first, second = store.begin(), store.begin()
    handle.update(first, rid, (0, "first", None))
    assert code(handle.lock, second, rid, 0) == 54
    assert code(handle.lock, second, rid, 0.1) == 30006
    assert code(handle.update, second, rid, (0, "x", None), cancelled=lambda: True) == 1013
    worker = threading.Thread(target=handle.update, args=(second, rid, (0, "second", None)))
    worker.start()
    wait_until(lambda: second.waiting_for is first)
    assert worker.is_alive()
    store.commit(first)
    worker.join(60)
    store.commit(second)
    assert rows(store) == [(0, "second", None)] or rows(store)[0][1] == "second"


def test_deadlock(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 2)
    one, two = [rid for rid, _ in handle.scan(store.snapshot())]
    first, second = store.begin(), store.begin()
    handle.delete(first, one)
    handle.delete(second, two)
    worker = threading.Thread(target=handle.delete, args=(first, two))
    worker.start()
    wait_until(lambda: first.waiting_for is second)
    assert code(handle.delete, second, one) == 60
    store.rollback(second)
    worker.join(60)
    assert not worker.is_alive()


def test_unique_keys(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 5)
    handle.add_index(KeyIndex(1, "APP.PK", lambda row: (row[0],), unique=True))
    transaction = store.begin()
    assert code(handle.insert, transaction, (3, "again", None)) == 1
    rid, _ = next(handle.lookup(handle.indexes[0], (3,), store.snapshot()))
    handle.delete(transaction, rid)
    handle.insert(transaction, (3, "again", None))
    assert [row[1] for _, row in handle.lookup(handle.indexes[0], (3,), store.snapshot(transaction))] == ["again"]
    assert [row[1] for _, row in handle.lookup(handle.indexes[0], (3,), store.snapshot())][0].endswith("3")
    store.rollback(transaction)
    assert len(rows(store)) == 5


def test_read_only_waits_for_what_is_open_and_freezes(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 3)
    writer = store.begin()
    handle.insert(writer, (50, "open", None))
    worker = threading.Thread(target=store.read_only, args=("APP",))
    worker.start()
    wait_until(lambda: store.tablespace_status("APP") == "READ ONLY")
    assert worker.is_alive()
    late = store.begin()
    assert code(handle.insert, late, (51, "late", None)) == 372
    store.commit(writer)
    worker.join(60)
    assert not worker.is_alive() and store.tablespace_status("APP") == "READ ONLY"
    frozen = store.datafiles("APP")[0].checkpoint_scn
    store.checkpoint()
    assert store.datafiles("APP")[0].checkpoint_scn == frozen and not store.read_header(store.datafiles("APP")[0].path).fuzzy
    assert code(store.read_only, "APP") == 1644


def test_rows_come_back_after_a_clean_close_and_after_a_kill(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 400)
    store.put("THING", ("A",), Decimal("1.5"))
    expected = rows(store)
    store.close()
    again = Store.open(str(tmp_path))
    assert rows(again) == expected and again.get("THING", ("A",)) == Decimal("1.5")
    fill(again, 50, start=1000)
    open_one = again.begin()
    table(again).insert(open_one, (7777, "never", None))
    again.put("THING", ("B",), "late")
    expected = rows(again)
    assert not any(row[0] == 7777 for row in expected)
    third = Store.open(str(tmp_path))     # nothing was closed: as after a kill
    assert rows(third) == expected and third.get("THING", ("B",)) == "late"


def test_a_killed_process_loses_no_commit(tmp_path: pathlib.Path) -> None:
    program = (
        "import sys, pathlib; sys.path[:0] = [sys.argv[2], sys.argv[3]]\n"
        "from test_storage import make, table\n"
        "store = make(pathlib.Path(sys.argv[1])); handle = table(store); n = 0\n"
        "while True:\n"
        "    t = store.begin(); handle.insert(t, (n, 'x', None)); store.commit(t); print(n, flush=True); n += 1\n"
        "    if n % 50 == 0: store.checkpoint()\n")
    here = pathlib.Path(__file__).parent
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(here), str(here.parents[2] / "lab")],
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 220:
            os.kill(process.pid, signal.SIGKILL)
            break
    said = [int(line), *map(int, process.stdout.read().split())]
    process.wait()
    found = [row[0] for row in rows(Store.open(str(tmp_path)))]
    assert set(range(max(said) + 1)) <= set(found) and len(found) == len(set(found))


def transport(tmp_path: pathlib.Path) -> tuple[Store, Store, dict[str, object], str]:
    (tmp_path / "s").mkdir()
    (tmp_path / "t").mkdir()
    source = make(tmp_path / "s", platform=2, dbid=11)
    fill(source, 500)
    source.read_only("APP")
    target = Store.create(str(tmp_path / "t"), name="TRG", dbid=22, platform=13)
    return source, target, source.describe_tablespaces(["APP"]), source.datafiles("APP")[0].path


def test_a_converted_file_brings_the_same_rows(tmp_path: pathlib.Path) -> None:
    source, target, descriptor, path = transport(tmp_path)
    convert_datafile(path, str(tmp_path / "app.dbf"), SOLARIS, LINUX)
    numbers = target.plug(descriptor, [str(tmp_path / "app.dbf")])
    assert rows(target, target.table({None: numbers[NUMBER]})) == rows(source)
    writer = target.begin()
    assert code(target.table({None: numbers[NUMBER]}).insert, writer, (1, "x", None)) == 372
    target.read_write("APP")
    target.table({None: numbers[NUMBER]}).insert(writer, (9999, "x", None))
    target.commit(writer)
    target.close()
    again = Store.open(str(tmp_path / "t"))
    assert len(rows(again, again.table({None: numbers[NUMBER]}))) == 501


def test_what_goes_wrong_with_files_is_refused(tmp_path: pathlib.Path) -> None:
    source, target, descriptor, path = transport(tmp_path)
    converted = str(tmp_path / "app.dbf")
    assert code(target.plug, descriptor, [path]) == 1565                                       # not converted
    convert_datafile(path, converted, SOLARIS, LINUX)
    assert code(convert_datafile, path, converted, SOLARIS, LINUX) == 19504                    # output exists
    assert code(convert_datafile, converted, converted + "2", SOLARIS, LINUX) == 19563         # converted twice
    assert code(convert_datafile, path + "x", converted + "2", SOLARIS, LINUX) == 19505        # no input
    assert code(target.plug, descriptor, []) == 19732                                          # one left out
    assert code(target.plug, descriptor, [converted + "x"]) == 1565                            # not there
    source.read_write("APP")
    source.read_only("APP")
    assert code(target.plug, source.describe_tablespaces(["APP"]), [converted]) == 19722       # of an earlier SCN
    assert code(target.plug, dict(descriptor, dbid=99), [converted]) == 19721                  # of another database
    target.plug(descriptor, [converted])
    target.drop_tablespace("APP")
    assert os.path.exists(converted)
    assert code(target.plug, descriptor, [converted]) == 19721                                 # its header is the target's now


def test_kept_read_only_a_file_may_be_plugged_in_again(tmp_path: pathlib.Path) -> None:
    _, target, descriptor, path = transport(tmp_path)
    convert_datafile(path, str(tmp_path / "app.dbf"), SOLARIS, LINUX)
    for _ in range(2):
        target.plug(descriptor, [str(tmp_path / "app.dbf")], keep_read_only=True)
        target.drop_tablespace("APP")


def test_damage_is_found(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 200)
    store.close()
    with open(tmp_path / "app01.dbf", "r+b") as file:
        file.seek(8192 + 200)
        file.write(b"\xde\xad\xbe\xef")
    assert code(Store.open, str(tmp_path)) == 1578


def test_a_full_tablespace_says_so(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    store.create_tablespace("SMALL", [(str(tmp_path / "small.dbf"), 64 << 10, False, 0, 0)])
    store.create_segment(200, "SMALL", TYPES)
    handle, transaction = store.table({None: 200}), store.begin()
    with pytest.raises(OraError) as caught:
        for number in range(1000):
            handle.insert(transaction, (number, "x" * 1000, None))
    assert caught.value.code in (1652, 1653)
    assert code(store.create_tablespace, "OTHER", [(str(tmp_path / "small.dbf"), 64 << 10, False, 0, 0)]) in (1537, 1119)


def test_threads_are_merged_by_scn_and_a_reset_begins_them_anew(tmp_path: pathlib.Path) -> None:
    redo = Redo(str(tmp_path), dbid=7, resetlogs_scn=1, scn=10)
    redo.enable(2, 11)
    for scn, thread in ((12, 1), (13, 2), (15, 1), (16, 2)):
        redo.write(Record(scn, 0.0, "CHECKPOINT"), thread)
        if scn == 13:
            assert redo.switch(1, 14).next_scn == 14
    redo.close()
    again = Redo(str(tmp_path), dbid=7, resetlogs_scn=1)
    assert [(record.scn, record.thread) for record in again.records()] == [(12, 1), (13, 2), (15, 1), (16, 2)]
    assert [record.scn for record in again.records(14)] == [15, 16]
    assert [(log.sequence, log.first_scn, log.next_scn) for log in again.logs(1)] == [(1, 10, 14), (2, 14, 0)]
    again.reset(20)
    assert list(again.records()) == [] and [(log.sequence, log.first_scn) for log in again.logs(2)] == [(1, 20)]
