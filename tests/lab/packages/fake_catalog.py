# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalog without a database behind it, for packages that only read and write records."""
from __future__ import annotations

import contextlib
import datetime
import types
from collections.abc import Iterator
from typing import Any

from oralab.catalog import model
from oralab.catalog.catalog import Catalog
from oralab.catalog.privileges import Privileges
from oralab.packages import registry
from oralab.storage.faults import Faults
from oralab.values import Bfile, DataType


class NoStore:
    """Keeps nothing: a change is published by the catalog itself."""

    block_size = 8192

    def __init__(self) -> None:
        self.last_id = 20000

    def snapshot(self) -> None:
        return None

    def segment_bytes(self, number: int) -> int:
        return 16384

    @contextlib.contextmanager
    def ddl(self) -> Iterator[None]:
        yield

    def put(self, kind: str, key: tuple[str, ...], record: Any) -> None:
        pass

    def remove(self, kind: str, key: tuple[str, ...]) -> None:
        pass

    def next_object_id(self) -> int:
        self.last_id += 1
        return self.last_id


class FakeParameters:
    job_queue_processes = 10

    def number(self, name: str) -> int:
        return int(getattr(self, name))


class FakeDatabase:
    release = "19"
    state = "OPEN"
    read_only = restricted = False

    def __init__(self) -> None:
        self.parameters = FakeParameters()
        self.longops: dict[Any, Any] = {}
        self.spec = types.SimpleNamespace(platform_id=13, db_unique_name="FAKE", disk_groups=())
        self.store = types.SimpleNamespace(faults=Faults())
        self.catalog = Catalog(NoStore(), self.release, self)
        self.catalog.privileges = Privileges(self.catalog)

    def now(self) -> datetime.datetime:
        return datetime.datetime.now()


class FakeSession:
    privilege = ""
    sid, serial = 17, 4711
    module = action = client_info = ""

    def __init__(self, database: FakeDatabase, user: str) -> None:
        self.database, self.user, self.schema = database, user, user
        self.roles: set[str] = set()
        self.package_state: dict[str, Any] = {}
        self.commits = 0
        self.executed: list[str] = []
        self.work: Any = None

    def sql(self, text: str, binds: Any = ()) -> list[Any]:
        self.executed.append(text)
        if self.work:
            self.work(self, text, binds)
        return []

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        pass

    def cancelled(self) -> bool:
        return False

    def poll(self) -> None:
        pass

    def commit(self) -> None:
        self.commits += 1

    def set_attributes(self, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)

    def call(self, name: str, *args: Any, **named: Any) -> registry.Answer:
        package, routine = name.split(".")
        bound = registry.bind(package, routine, len(args), list(named), [type_of(value) for value in (*args, *named.values())])
        return bound.invoke(self, [*args, *named.values()])


def type_of(value: Any) -> str | None:
    return {str: "CLOB", bytes: "BLOB", bool: "BOOLEAN", int: "NUMBER", Bfile: "BFILE"}.get(type(value))


def table(name: str, tablespace: str = "DATA", **more: Any) -> model.Table:
    columns = more.pop("columns", [model.Column(name="ID", type=DataType("NUMBER", precision=10, scale=0))])
    return model.Table(owner="HR", name=name, columns=columns, tablespace=tablespace, **more)


def index(name: str, base: str, tablespace: str = "DATA", **more: Any) -> model.Index:
    columns = more.pop("columns", [model.IndexColumn(name="ID")])
    return model.Index(owner="HR", name=name, table_owner="HR", table_name=base, columns=columns, tablespace=tablespace, **more)
