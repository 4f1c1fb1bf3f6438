# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not be lost, read too early or written too late, whatever happens in between."""
from __future__ import annotations

import datetime
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import pytest
from oralab.errors import OraError
from oralab.storage import KeyIndex, RowChanged, Store, convert_datafile, flashback, incarnations
from oralab.storage.datafile import Journal
from oralab.values import BinaryFloat, DataType, IntervalDS, IntervalYM, Timestamp
from test_storage import LINUX, NUMBER, SOLARIS, TYPES, code, fill, make, rows, table, transport, wait_until

LONG = "日本語" * 3000


# --- reading ---

def test_a_rollback_during_a_scan_is_never_seen(tmp_path: pathlib.Path) -> None:
    fill(make(tmp_path), 3)
    store = Store.open(str(tmp_path))     # nothing is left of the undo of the rows' beginning
    handle, writer = table(store), store.begin()
    for rid, row in list(handle.scan(store.snapshot())):
        handle.update(writer, rid, (row[0], "dirty", None))
    reader = handle.scan(store.snapshot())
    seen = [next(reader)[1][1]]
    store.rollback(writer)
    seen += [row[1] for _, row in reader]
    assert "dirty" not in seen


def test_a_snapshot_taken_during_a_commit_does_not_see_it_later(tmp_path: pathlib.Path, monkeypatch) -> None:
    store = make(tmp_path)
    handle = table(store)
    writer, taken = store.begin(), []
    handle.insert(writer, (1, "x", None))
    write = store.redo.write
    monkeypatch.setattr(store.redo, "write", lambda *what: (taken.append(store.snapshot()), write(*what)))
    store.commit(writer)
    assert list(handle.scan(taken[0])) == [] and len(list(handle.scan(store.snapshot()))) == 1


def test_an_offline_tablespace_cannot_be_read(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 1)
    store.offline("APP")
    assert code(lambda: list(handle.scan(store.snapshot()))) == 376
    store.online("APP")
    assert len(rows(store)) == 1


# --- writing ---

def test_who_waited_for_a_row_does_not_write_into_a_tablespace_that_became_read_only(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 1)
    rid = next(iter(handle.scan(store.snapshot())))[0]
    first, second, caught = store.begin(), store.begin(), []
    handle.update(first, rid, (0, "first", None))

    def write() -> None:
        try:
            handle.update(second, rid, (0, "second", None))
        except OraError as error:
            caught.append(error.code)

    workers = [threading.Thread(target=write), threading.Thread(target=store.read_only, args=("APP",))]
    workers[0].start()
    wait_until(lambda: second.waiting_for is first)
    workers[1].start()
    wait_until(lambda: store.tablespace_status("APP") == "READ ONLY")
    store.commit(first)
    for worker in workers:
        worker.join(60)
    assert caught == [372] and rows(store)[0][1] == "first"


def test_a_row_that_changed_while_waiting_is_told(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 1)
    rid, row = next(iter(handle.scan(store.snapshot())))
    first, second = store.begin(), store.begin()
    handle.update(first, rid, (0, "first", None), seen=row)
    store.commit(first)
    with pytest.raises(RowChanged):
        handle.update(second, rid, (0, "second", None), seen=row)
    with pytest.raises(RowChanged):
        handle.delete(second, rid, seen=row)


def test_a_key_that_was_changed_long_ago_is_free(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    handle = fill(store, 1)
    handle.add_index(KeyIndex(1, "APP.PK", lambda row: (row[0],), unique=True))
    rid = next(iter(handle.scan(store.snapshot())))[0]
    first, second, third = store.begin(), store.begin(), store.begin()
    handle.update(first, rid, (1, "moved", None))
    store.commit(first)
    handle.update(second, rid, (1, "again", None))
    handle.insert(third, (0, "free", None), cancelled=lambda: True)


def test_a_failing_ddl_drops_and_makes_nothing(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    expected = rows(store, fill(store, 20))
    with pytest.raises(OraError), store.ddl():
        store.create_segment(300, "APP", TYPES)
        store.drop_segment(NUMBER)
        raise OraError(1, "no")
    assert rows(store) == expected and 300 not in store.segments
    with store.ddl():
        store.drop_segment(NUMBER)
    assert NUMBER not in Store.open(str(tmp_path)).segments


def test_a_dropped_column_does_not_spoil_the_table(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 30)
    store.checkpoint()
    fill(store, 10, start=100)
    store.set_types(NUMBER, [DataType("VARCHAR2", 4000), *TYPES[1:]])
    fill_late = store.begin()
    table(store).insert(fill_late, (None, "late", None))
    store.commit(fill_late)
    expected = rows(store)
    store.checkpoint()
    assert len(expected) == 41 and {row[0] for row in expected} == {None}
    assert rows(Store.open(str(tmp_path))) == expected


# --- surviving ---

def test_an_unfinished_record_at_the_end_of_the_redo_hides_nothing(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 5)
    with open(store.redo.path(store.redo.sequence), "ab") as file:
        file.write(b"\x00\x10\x00\x00torn")
    again = Store.open(str(tmp_path))
    fill(again, 5, start=10)
    expected = rows(again)
    assert len(expected) == 10 and rows(Store.open(str(tmp_path))) == expected


def test_a_kill_between_two_blocks_of_a_checkpoint(tmp_path: pathlib.Path, monkeypatch) -> None:
    store = make(tmp_path)
    handle = fill(store, 200)
    store.put("THING", ("A",), "x" * 50000)
    store.checkpoint()
    writer = store.begin()
    for rid, row in list(handle.scan(store.snapshot())):
        handle.update(writer, rid, (row[0], "wider " * 50, LONG if row[0] % 5 == 0 else None))
    store.commit(writer)
    store.put("THING", ("A",), "y" * 90000)
    expected = rows(store)

    class Killed(Exception):
        pass

    whole = Journal.apply

    def torn(journal: Journal) -> None:
        journal.images = journal.images[::2]
        whole(journal)
        raise Killed

    monkeypatch.setattr(Journal, "apply", torn)
    with pytest.raises(Killed):
        store.checkpoint()
    monkeypatch.undo()
    again = Store.open(str(tmp_path))
    assert rows(again) == expected and again.get("THING", ("A",)) == "y" * 90000


def test_a_kill_at_any_moment(tmp_path: pathlib.Path) -> None:
    program = (
        "import sys, pathlib; sys.path[:0] = [sys.argv[2], sys.argv[3]]\n"
        "from test_storage import make, table\n"
        "store = make(pathlib.Path(sys.argv[1])); n = 0\n"
        "while True:\n"
        "    t = store.begin(); h = table(store)\n"
        "    for rid, row in list(h.scan(store.snapshot()))[-7:]: h.update(t, rid, (row[0], row[1] + 'y' * 400, row[2]))\n"
        "    h.insert(t, (n, 'x', 'L' * (n % 5 * 6000))); store.commit(t); print(n, flush=True); n += 1\n"
        "    if n % 3 == 0: store.checkpoint()\n")
    here = pathlib.Path(__file__).parent
    for turn in range(3):
        directory = tmp_path / str(turn)
        directory.mkdir()
        process = subprocess.Popen([sys.executable, "-c", program, str(directory), str(here), str(here.parents[2] / "lab")],
                                   stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 25:
                break
        time.sleep(random.random() / 10)
        os.kill(process.pid, signal.SIGKILL)
        said = [int(line), *map(int, process.stdout.read().split())]
        process.wait()
        found = {row[0]: row for row in rows(Store.open(str(directory)))}
        assert set(range(max(said) + 1)) <= set(found)
        assert all(row[2] == ("L" * (number % 5 * 6000)) for number, row in found.items())


def test_blocks_that_were_given_back_are_given_out_once(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 300)
    store.checkpoint()
    store.drop_segment(NUMBER)
    store.create_segment(200, "APP", TYPES)
    first = store.table({None: 200})
    writer = store.begin()
    for number in range(120):
        first.insert(writer, (number, "a" * 500, None))
    store.commit(writer)
    again = Store.open(str(tmp_path))                   # killed before a checkpoint
    again.create_segment(201, "APP", TYPES)
    second = again.table({None: 201})
    writer = again.begin()
    for number in range(300):
        second.insert(writer, (number, "b" * 500, LONG if number % 50 == 0 else None))
    again.commit(writer)
    again.close()
    last = Store.open(str(tmp_path))
    assert {row[1] for row in rows(last, last.table({None: 200}))} == {"a" * 500}
    assert len(rows(last, last.table({None: 200}))) == 120 and len(rows(last, last.table({None: 201}))) == 300


def test_files_are_identified_before_they_are_read(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 10)
    path = str(tmp_path / "app01.dbf")
    store.checkpoint()
    shutil.copyfile(path, path + ".old")
    store.close()
    shutil.copyfile(path, path + ".new")
    shutil.copyfile(path + ".old", path)
    assert code(Store.open, str(tmp_path)) == 1113
    other = tmp_path / "other"
    other.mkdir()
    make(other, dbid=77).close()
    shutil.copyfile(other / "app01.dbf", path)
    assert code(Store.open, str(tmp_path)) == 1122
    os.unlink(path)
    assert code(Store.open, str(tmp_path)) == 1157
    shutil.copyfile(path + ".new", path)
    assert len(rows(Store.open(str(tmp_path)))) == 10
    os.unlink(tmp_path / "control01.ctl")
    assert code(Store.open, str(tmp_path)) == 205


# --- faults ---

def test_a_full_disk_fails_the_checkpoint_and_loses_nothing(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    fill(store, 50)
    scn = store.datafiles("APP")[0].checkpoint_scn
    store.faults.full_paths = [str(tmp_path / "app01")]
    assert code(store.checkpoint) == 19502
    assert store.datafiles("APP")[0].checkpoint_scn == scn
    store.write_control()
    assert len(rows(Store.open(str(tmp_path)))) == 50
    store.faults.full_paths = []
    store.checkpoint()
    store.close()
    assert len(rows(Store.open(str(tmp_path)))) == 50


def test_a_tablespace_without_space_and_a_write_that_fails_once(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    store.faults.full_tablespaces = {"APP"}
    assert code(table(store).insert, store.begin(), (1, "x", None)) == 1653
    store.faults.full_tablespaces = set()
    fill(store, 1)
    store.faults.fail_write = 1
    assert code(store.checkpoint) == 19502
    store.checkpoint()


# --- transport ---

ALL_TYPES = [
    (DataType("NUMBER"), Decimal("-123456789012345678901234567890.12345678")), (DataType("NUMBER", precision=38, scale=0), 10 ** 38 - 1),
    (DataType("FLOAT"), Decimal("0.001")), (DataType("BINARY_FLOAT"), BinaryFloat(1.5)), (DataType("BINARY_DOUBLE"), -2.25e300),
    (DataType("VARCHAR2", 100), "Größe"), (DataType("NVARCHAR2", 100), "日本語"), (DataType("CHAR", 5), "ab   "),
    (DataType("NCHAR", 3), "語  "),
    (DataType("CLOB"), LONG), (DataType("NCLOB"), ""), (DataType("BLOB"), bytes(range(256)) * 100), (DataType("RAW", 16), b"\x00\xff"),
    (DataType("LONG"), "long" * 5000), (DataType("DATE"), datetime.datetime(1, 1, 1)), (DataType("TIMESTAMP", scale=9),
    Timestamp(datetime.datetime(2026, 2, 28, 23, 59, 59), 999999999)),
    (DataType("TIMESTAMP WITH TIME ZONE", scale=6), Timestamp(datetime.datetime(2026, 7, 1, 12), 1000, "Europe/Berlin", 120)),
    (DataType("TIMESTAMP WITH TIME ZONE", scale=6), Timestamp(datetime.datetime(2026, 7, 1, 12), 0, "-05:30", -330)),
    (DataType("TIMESTAMP WITH LOCAL TIME ZONE", scale=0), Timestamp(datetime.datetime(2026, 7, 1, 12))),
    (DataType("INTERVAL YEAR TO MONTH"), IntervalYM(-14)), (DataType("INTERVAL DAY TO SECOND"), IntervalDS(-86400_000000001)),
    (DataType("XMLTYPE"), "<a/>"), (DataType("NUMBER"), None)]


def test_every_type_arrives_in_the_other_byte_order_and_goes_on_from_there(tmp_path: pathlib.Path) -> None:
    types, row = [type_ for type_, _ in ALL_TYPES], tuple(value for _, value in ALL_TYPES)
    stores = []
    for number, platform in enumerate((2, 13, 6)):
        directory = tmp_path / str(number)
        directory.mkdir()
        stores.append(Store.create(str(directory), name=f"D{number}", dbid=100 + number, platform=platform))
    stores[0].create_tablespace("APP", [(str(tmp_path / "0/app.dbf"), 4 << 20, False, 0, 0)])
    for store in stores:
        store.create_segment(NUMBER, "APP" if store is stores[0] else "SYSTEM", types)   # the number is taken everywhere
    writer = stores[0].begin()
    table(stores[0]).insert(writer, row)
    stores[0].commit(writer)
    number = NUMBER
    for source, target in zip(stores, stores[1:]):
        source.read_only("APP")
        path = source.datafiles("APP")[0].path
        converted = os.path.join(target.directory, "app.dbf")
        convert_datafile(path, converted, source.platform, target.platform)
        number = target.plug(source.describe_tablespaces(["APP"]), [converted])[number]
        assert number != NUMBER
        assert rows(target, target.table({None: number})) == [row]
        target.close()
        stores[stores.index(target)] = target = Store.open(target.directory)
        assert rows(target, target.table({None: number})) == [row]
        target.read_write("APP")


def test_a_damaged_file_leaves_nothing_half_plugged(tmp_path: pathlib.Path) -> None:
    _, target, descriptor, path = transport(tmp_path)
    good, bad = str(tmp_path / "good.dbf"), str(tmp_path / "bad.dbf")
    convert_datafile(path, good, SOLARIS, LINUX)
    shutil.copyfile(good, bad)
    with open(bad, "r+b") as file:
        file.seek(8192 * 2 + 300)
        file.write(b"\xde\xad")
    before = len(target.datafiles())
    assert code(target.plug, descriptor, [bad]) == 1578
    assert "APP" not in [space.name for space in target.tablespaces()] and len(target.datafiles()) == before
    numbers = target.plug(descriptor, [good])
    assert len(rows(target, target.table({None: numbers[NUMBER]}))) == 500


# --- going back ---

def test_flashback_takes_the_whole_database_back(tmp_path: pathlib.Path) -> None:
    _, target, descriptor, path = transport(tmp_path)
    target.create_tablespace("OWN", [(str(tmp_path / "t/own.dbf"), 1 << 20, True, 1 << 30, 1 << 20)])
    target.create_segment(50, "OWN", TYPES)
    own = target.table({None: 50})
    writer = target.begin()
    own.insert(writer, (1, "before", LONG))
    target.commit(writer)
    target.put("THING", ("A",), "before")
    scn = target.create_restore_point("BEFORE_IMP")
    assert code(target.create_restore_point, "BEFORE_IMP") == 38778 and target.restore_point_bytes("BEFORE_IMP") > 0
    writer = target.begin()
    own.insert(writer, (2, "after", None))
    target.commit(writer)
    target.put("THING", ("A",), "after")
    convert_datafile(path, str(tmp_path / "app.dbf"), SOLARIS, LINUX)
    target.plug(descriptor, [str(tmp_path / "app.dbf")])
    target.read_write("APP")
    target.drop_tablespace("OWN", keep_files=False)
    target.close()
    target = Store.mount(str(tmp_path / "t"))
    flashback.to_restore_point(target, "BEFORE_IMP")
    assert code(target.open_files) == 1589 and code(flashback.to_scn, target, scn + 1000) == 38743
    incarnations.open_resetlogs(target)
    target.open_files()
    target.checkpoint()
    for store in (target, Store.open(str(tmp_path / "t"))):
        assert [row[1] for row in rows(store, store.table({None: 50}))] == ["before"] and store.get("THING", ("A",)) == "before"
        assert "APP" not in [space.name for space in store.tablespaces()] and store.resetlogs_scn > scn
        assert [(one.number, one.status) for one in incarnations.of(store.control)] == [(1, "PARENT"), (2, "CURRENT")]
    assert os.path.exists(tmp_path / "app.dbf") and code(incarnations.open_resetlogs, target) == 1139
    target.drop_restore_point("BEFORE_IMP")
    assert code(flashback.to_restore_point, target, "BEFORE_IMP") == 38780


def test_flashback_logging_reaches_every_scn(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    store.create_segment(50, "APP", TYPES[:2])
    flashback.begin_logging(store)
    scns = []
    for number in range(3):
        writer = store.begin()
        store.table({None: 50}).insert(writer, (number, "row"))
        scns.append(store.commit(writer))
    store.create_tablespace("LATER", [(str(tmp_path / "later.dbf"), 1 << 20, True, 1 << 30, 1 << 20)])
    after = store.current_scn()
    store.close()
    store = Store.mount(store.directory)
    for scn, found in ((after, 3), (scns[1], 2), (scns[0], 1)):
        flashback.to_scn(store, scn)
        store.open_files(writable=False)
        assert len(rows(store, store.table({None: 50}))) == found
        assert ("LATER" in [space.name for space in store.tablespaces()]) == (scn == after)
        store.unload()
    assert code(flashback.to_scn, store, 5) == 38729


# --- speed ---

def pace() -> float:
    """What a million steps of a loop cost here and now, in seconds of the processor."""
    started = time.process_time()
    sum(number for number in range(1_000_000))
    return time.process_time() - started


def test_a_hundred_thousand_rows(tmp_path: pathlib.Path) -> None:
    store = make(tmp_path)
    store.create_segment(400, "APP", TYPES[:2])
    handle = store.table({None: 400})
    handle.add_index(KeyIndex(1, "APP.PK", lambda row: (row[0],), unique=True))
    slowness = pace()
    started, writer = time.process_time(), store.begin()
    for number in range(100_000):
        handle.insert(writer, (number, f"name {number}"))
    store.commit(writer)
    loaded = time.process_time()
    assert sum(1 for _ in handle.scan(store.snapshot())) == 100_000
    scanned = time.process_time()
    slowness = max(slowness, pace())        # 0.05 on a machine of 2026
    assert loaded - started < 200 * slowness and scanned - loaded < 10 * slowness     # there, more than 200,000 rows a second
