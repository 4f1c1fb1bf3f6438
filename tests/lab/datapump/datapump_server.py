# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server whose statements do just enough for a job to run: tables come and go, rows are kept, DDL is written down."""
from __future__ import annotations

import contextlib
import datetime
import functools
import re
import types
from typing import Any

from oralab.api import Outcome, Result
from oralab.catalog import model
from oralab.catalog.catalog import Catalog
from oralab.catalog.privileges import Privileges
from oralab.catalog.spec import DatabaseSpec
from oralab.storage.faults import Faults
from oralab.values import DataType


class Store:
    dbid = 4711

    def __init__(self):
        self.number = 1000
        self.faults = Faults()
        self.read_only = set()
        self.plugged = None
        self.refuses = None

    @contextlib.contextmanager
    def ddl(self):
        yield

    def put(self, *record):
        pass

    remove = put

    def next_object_id(self):
        self.number += 1
        return self.number

    def begin(self, session):
        return None

    rollback = commit = begin

    def current_scn(self):
        return self.number

    def segment_bytes(self, number):
        return 65536

    def datafiles(self, tablespace):
        return []

    def tablespace_status(self, name):
        return "READ ONLY" if name in self.read_only else "ONLINE"

    def describe_tablespaces(self, names):
        return {"names": names}

    def plug(self, description, files, *, rename, keep_read_only):
        self.plugged = (description, files, rename)
        if self.refuses:
            raise self.refuses
        return {number: number + 50000 for number in range(1, 10)}


class Database:
    state = "OPEN"

    def __init__(self, **spec):
        self.spec = DatabaseSpec("LAB", **spec)
        self.release = self.spec.release
        self.store = Store()
        self.attributes = types.SimpleNamespace(time_zone=self.spec.time_zone)
        self.timezone_file = self.spec.timezone_file
        self.catalog = Catalog(self.store, self.release, self)
        self.catalog.privileges = Privileges(self.catalog)
        self.datapump = None
        self.longops = {}
        self.rows = {}
        self.executed = []
        self.ddl = self.segments = self
        self.refuses = {}
        """Start of a statement -> the error it fails with."""

    def now(self):
        return datetime.datetime(2026, 1, 2, 3, 4, 5)

    def check_quota(self, owner, tablespace):
        pass

    def partition_of(self, session, table, row):
        return None

    def handle(self, session, table):
        return types.SimpleNamespace(insert=functools.partial(self.insert, table.owner, table.name))

    def insert(self, owner, name, transaction, row, partition):
        if "load" in self.refuses:
            raise self.refuses["load"]
        self.rows.setdefault((owner, name), []).append(row)

    def keep(self, *records):
        with self.catalog.change() as change:
            for record in records:
                change.save(record)


class Session:
    closed = False
    privilege = ""
    sid, serial = 7, 11

    def __init__(self, database, logon):
        self.database, self.user, self.schema = database, logon.user, logon.user
        self.roles = {"DATAPUMP_EXP_FULL_DATABASE", "DATAPUMP_IMP_FULL_DATABASE"}
        self.package_state: dict[str, Any] = {}

    def set_attributes(self, attributes):
        pass

    def cancelled(self):
        return False

    def parse(self, text):
        return text

    def sql(self, text, binds=()):
        return self.execute(text, [], [[]])

    def execute(self, text, binds, rows, **more):
        database, catalog = self.database, self.database.catalog
        database.executed.append(text)
        for start, error in database.refuses.items():
            if text.startswith(start):
                raise error
        if match := re.match(r'SELECT (.*?) FROM "(.*?)"."(.*?)"', text):
            return Outcome(result=Result([], iter(database.rows[match[2], match[3]])))
        if match := re.match(r'INSERT INTO "(.*?)"."(.*?)"', text):
            database.rows.setdefault((match[1], match[2]), []).extend(rows)
        elif match := re.match(r'CREATE TABLE "(.*?)"."(.*?)"', text):
            columns = [model.Column(name=name, type=DataType("NUMBER")) for name in re.findall(r'[(,] ?"(.*?)" [A-Z]', text)]
            database.keep(model.Table(owner=match[1], name=match[2], columns=columns))
        elif match := re.match(r'COMMENT ON TABLE "(.*?)"."(.*?)" IS \'(.*)\'', text):
            with catalog.change() as change:
                change.edit(catalog.get(model.Table, match[1], match[2])).comment = match[3]
        elif match := re.match(r'DROP TABLE "(.*?)"."(.*?)"', text):
            with catalog.change() as change:
                change.remove(catalog.get(model.Table, match[1], match[2]))
        return Outcome()

    def commit(self):
        pass

    def rollback(self):
        pass

    def close(self):
        self.closed = True
