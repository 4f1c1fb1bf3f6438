# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance's side of SQL*Plus's local connections."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from oralab.catalog.instances import DOWN, ServerInstance
from oralab.errors import OraError
from oralab.tools.control import Hello
from oralab.tools.sqlplus_link import Answer, Failure, SessionLink, Variable

_STARTED = "ORACLE instance started."
_PFILE = re.compile(r"\bPFILE\s*=\s*('[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE)
_SHUTDOWN_MODES = {"": "NORMAL", "NORMAL": "NORMAL", "TRANSACTIONAL": "TRANSACTIONAL", "IMMEDIATE": "IMMEDIATE", "ABORT": "ABORT"}


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """``verb`` is EXECUTE, STARTUP, SHUTDOWN or CLOSE."""

    verb: str
    text: str = ""
    flag: bool = False
    variables: Mapping[str, Variable] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Welcome:
    """How the logon went. ``idle``: the instance is not started."""

    user: str = ""
    idle: bool = False
    failure: Failure | None = None


def serve(instance: ServerInstance, conversation: Connection, hello: Hello, listener: Any) -> None:
    """One conversation: the logon, then requests until CLOSE or until the tool is gone."""
    link: SessionLink | None = None
    try:
        if instance.state == DOWN:
            conversation.send(Welcome("SYS", idle=True))
        else:
            try:
                link = SessionLink(instance.logon(hello.logon()))
            except OraError as error:
                conversation.send(Welcome(failure=Failure.of(error)))
                return
            conversation.send(Welcome(link.user))
        while True:
            request: Request = conversation.recv()
            if request.verb == "CLOSE":
                if link is not None:
                    link.close(commit=request.flag)
                    link = None
                conversation.send(True)
                return
            if request.verb == "EXECUTE":
                conversation.send(_execute(link, request))
                if instance.state == DOWN:
                    link = None                 # DROP DATABASE ends the instance
                continue
            try:
                if request.verb == "STARTUP":
                    lines = startup(instance, request.text, listener)
                    link = SessionLink(instance.logon(hello.logon()))
                else:
                    lines = shutdown(instance, request.text, listener)
                    link = None
                conversation.send(lines)
            except OraError as error:
                conversation.send(Failure.of(error))
    finally:
        if link is not None:
            link.close(commit=False)


def _execute(link: SessionLink | None, request: Request) -> Answer:
    if link is None:
        return Answer(error=Failure(1034, "ORA-01034: ORACLE not available"))
    return link.execute(request.text, output=request.flag, variables=request.variables)


def startup(instance: ServerInstance, text: str, listener: Any) -> list[str]:
    """STARTUP [FORCE] [RESTRICT] [PFILE = file] [NOMOUNT | MOUNT | OPEN [READ ONLY] | UPGRADE]; what SQL*Plus says. Raises OraError."""
    named = _PFILE.search(text)
    pfile = named[1].strip("'\"") if named else ""
    words = _PFILE.sub(" ", text).upper().split()
    if "FORCE" in words and instance.state != DOWN:
        instance.shutdown("ABORT")
        listener.disconnect(instance)
    to = next((state for word, state in (("NOMOUNT", "STARTED"), ("MOUNT", "MOUNTED")) if word in words), "OPEN")
    upgrade = "UPGRADE" in words
    instance.startup("MOUNTED" if upgrade else to, restrict="RESTRICT" in words, read_only="READ" in words and "ONLY" in words, pfile=pfile)
    if upgrade:
        instance.open_upgrade()
    said = [_STARTED, "", *sga(instance)]
    if to != "STARTED":
        said.append("Database mounted.")
    if to == "OPEN":
        said.append("Database opened.")
    return said


def sga(instance: ServerInstance) -> list[str]:
    """The sizes that STARTUP shows, in proportion to SGA_TARGET."""
    total = int(instance.parameters.number("sga_target") or 0) or 838860800
    parts = {"Fixed Size": total // 280, "Variable Size": total * 7 // 10, "Redo Buffers": total // 150}
    parts["Database Buffers"] = total - sum(parts.values())
    order = ("Fixed Size", "Variable Size", "Database Buffers", "Redo Buffers")
    return [f"Total System Global Area {total:>11} bytes", *(f"{name:<20}{parts[name]:>16} bytes" for name in order)]


def shutdown(instance: ServerInstance, text: str, listener: Any) -> list[str]:
    """SHUTDOWN [mode]; what SQL*Plus says. Raises OraError."""
    mode = _SHUTDOWN_MODES.get(text.upper())
    if mode is None:
        raise OraError(922, "missing or invalid option")
    was = instance.state
    instance.shutdown(mode)
    listener.disconnect(instance)
    if mode == "ABORT":
        return ["ORACLE instance shut down."]
    said = {"OPEN": ["Database closed.", "Database dismounted."],
            "MOUNTED": ["ORA-01109: database not open", "", "", "Database dismounted."]}
    return [*said.get(was, ["ORA-01507: database not mounted", "", ""]), "ORACLE instance shut down."]
