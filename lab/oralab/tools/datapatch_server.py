# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance's side of datapatch: what the registry of the database has, and one action on one patch in one container.

Every action is a transaction of its own, so a datapatch that is killed leaves the ones before done (assumed).
"""
from __future__ import annotations

import dataclasses
import datetime
from multiprocessing.connection import Connection
from typing import Any

from oralab.catalog.instances import OPEN
from oralab.catalog.spec import Patch
from oralab.errors import OraError
from oralab.tools.control import Hello
from oralab.tools.sqlplus_link import Failure


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What datapatch asks of the database first. ``containers`` are the open ones by name, with their registered actions in order."""

    name: str
    release: str
    version: str
    role: str
    open_mode: str
    containers: dict[str, list[Patch]]


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """One action; ``patch.container`` says where."""

    patch: Patch


def serve(database: Any, conversation: Connection, hello: Hello) -> None:
    """Facts first, or why there are none; then an answer to every request: the patch as it is registered."""
    try:
        conversation.send(_facts(database, hello))
    except OraError as error:
        conversation.send(Failure.of(error))
        return
    while True:
        request: Request = conversation.recv()
        conversation.send(_act(database, request.patch))


def _facts(database: Any, hello: Hello) -> Facts:
    session = database.logon(hello.logon())
    try:
        role, open_mode = session.sql("SELECT database_role, open_mode FROM v$database")[0]
        containers = {}
        for (name,) in session.sql("SELECT name FROM v$containers WHERE open_mode <> 'MOUNTED'") if database.spec.is_cdb else [("",)]:
            containers[name] = database.plugged.get(name, database).patches(name)
        return Facts(database.spec.name, database.release, database.spec.version, role, open_mode if database.state == OPEN else "MOUNTED", containers)
    finally:
        session.close()


def _act(database: Any, patch: Patch) -> Patch:
    """Run the scripts of a patch; a failing one is registered WITH ERRORS."""
    database.store.faults.pause()
    failed = patch.patch_id in database.store.faults.failing_patches
    done = dataclasses.replace(patch, status="WITH ERRORS" if failed else "SUCCESS", action_time=datetime.datetime.now())
    database.plugged.get(patch.container, database).register_patch(done)
    return done
