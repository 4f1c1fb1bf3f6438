# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_OUTPUT, DBMS_APPLICATION_INFO and DBMS_SESSION: what a session says about itself (documented)."""
from __future__ import annotations

import collections
import dataclasses
import time
from typing import Any

from oralab.engine import links
from oralab.errors import OraError
from oralab.packages.registry import Package, Param, compile_error, signature

DBMS_OUTPUT = Package("DBMS_OUTPUT")
DBMS_APPLICATION_INFO = Package("DBMS_APPLICATION_INFO", constants={"SET_SESSION_LONGOPS_NOHINT": -1})
DBMS_SESSION = Package("DBMS_SESSION")


@dataclasses.dataclass(slots=True)
class _Buffer:
    enabled: bool = False
    limit: int | None = 20000
    size: int = 0
    lines: collections.deque[str] = dataclasses.field(default_factory=collections.deque)
    partial: str = ""


def _buffer(session: Any) -> _Buffer:
    found: _Buffer = session.package_state.setdefault("DBMS_OUTPUT", _Buffer())
    return found


@DBMS_OUTPUT.routine("ENABLE", [Param("buffer_size", "INTEGER", default=20000)])
def enable(session: Any, buffer_size: int | None) -> None:
    buffer = _buffer(session)
    buffer.enabled, buffer.limit = True, None if buffer_size is None else min(max(int(buffer_size), 2000), 1000000)


@DBMS_OUTPUT.routine("DISABLE")
def disable(session: Any) -> None:
    session.package_state["DBMS_OUTPUT"] = _Buffer()


@DBMS_OUTPUT.routine("PUT", [Param("item")])
def put(session: Any, item: str | None) -> None:
    buffer = _buffer(session)
    if not buffer.enabled or item is None:
        return
    buffer.partial += item
    buffer.size += len(item.encode())
    if len(buffer.partial.encode()) > 32767:
        raise OraError(20000, "ORU-10028: line length overflow, limit of 32767 bytes per line")
    if buffer.limit is not None and buffer.size > buffer.limit:
        raise OraError(20000, f"ORU-10027: buffer overflow, limit of {buffer.limit} bytes")


@DBMS_OUTPUT.routine("NEW_LINE")
def new_line(session: Any) -> None:
    buffer = _buffer(session)
    if buffer.enabled:
        buffer.lines.append(buffer.partial)
        buffer.partial = ""


@DBMS_OUTPUT.routine("PUT_LINE", [Param("item")])
def put_line(session: Any, item: str | None) -> None:
    put(session, item)
    new_line(session)


@DBMS_OUTPUT.routine("GET_LINE", [Param("line", "VARCHAR2", "OUT"), Param("status", "INTEGER", "OUT")])
def get_line(session: Any, line: None, status: None) -> dict[str, Any]:
    found = get_lines(session, None, 1)
    return {"line": found["lines"][0] if found["numlines"] else None, "status": 1 - found["numlines"]}


@DBMS_OUTPUT.routine("GET_LINES", [Param("lines", "CHARARR", "OUT"), Param("numlines", "INTEGER", "IN OUT")])
def get_lines(session: Any, lines: None, numlines: int) -> dict[str, Any]:
    buffer = _buffer(session)
    taken = [buffer.lines.popleft() for _ in range(min(int(numlines), len(buffer.lines)))]
    buffer.size -= sum(len(line.encode()) for line in taken)
    return {"lines": [line or None for line in taken], "numlines": len(taken)}


@DBMS_APPLICATION_INFO.routine("SET_MODULE", [Param("module_name"), Param("action_name")])
def set_module(session: Any, module_name: str | None, action_name: str | None) -> None:
    session.set_attributes({"module": (module_name or "")[:64], "action": (action_name or "")[:64]})


@DBMS_APPLICATION_INFO.routine("SET_ACTION", [Param("action_name")])
def set_action(session: Any, action_name: str | None) -> None:
    session.set_attributes({"action": (action_name or "")[:64]})


@DBMS_APPLICATION_INFO.routine("SET_CLIENT_INFO", [Param("client_info")])
def set_client_info(session: Any, client_info: str | None) -> None:
    session.set_attributes({"client_info": (client_info or "")[:64]})


@DBMS_APPLICATION_INFO.routine("READ_MODULE", [
    Param("module_name", "VARCHAR2", "OUT"), Param("action_name", "VARCHAR2", "OUT")])
def read_module(session: Any, module_name: None, action_name: None) -> dict[str, Any]:
    return {"module_name": session.module or None, "action_name": session.action or None}


@DBMS_APPLICATION_INFO.routine("READ_CLIENT_INFO", [Param("client_info", "VARCHAR2", "OUT")])
def read_client_info(session: Any, client_info: None) -> dict[str, Any]:
    return {"client_info": session.client_info or None}


@DBMS_APPLICATION_INFO.routine("SET_SESSION_LONGOPS", signature(
    "rindex IN OUT BINARY_INTEGER, slno IN OUT BINARY_INTEGER, op_name := NULL, target BINARY_INTEGER := 0, context BINARY_INTEGER := 0, "
    "sofar NUMBER := 0, totalwork NUMBER := 0, target_desc := unknown_target, units := NULL"))
def set_session_longops(session: Any, rindex: int, slno: int | None, op_name: str | None, target: int, context: int, sofar: Any,
                        totalwork: Any, target_desc: str | None, units: str | None) -> dict[str, Any]:
    """A row of V$SESSION_LONGOPS: a new one when ``rindex`` is SET_SESSION_LONGOPS_NOHINT."""
    rows = session.package_state.setdefault("SET_SESSION_LONGOPS", [])
    now = session.database.now()
    if not 0 <= rindex < len(rows):
        rows.append((now, op_name, target))
        rindex = len(rows) - 1
    started, name, place = rows[rindex]
    elapsed = int((now - started).total_seconds())
    remaining = round(elapsed * (totalwork - sofar) / sofar) if sofar and totalwork else None
    message = f"{op_name or name}: {target_desc} {target}: {sofar} out of {totalwork} {units or 'units'} done"
    session.database.longops[session.sid, f"{name}#{rindex}", place] = {
        "SID": session.sid, "SERIAL#": session.serial, "OPNAME": op_name or name, "TARGET": str(target), "TARGET_DESC": target_desc,
        "SOFAR": sofar, "TOTALWORK": totalwork, "UNITS": units, "START_TIME": started, "LAST_UPDATE_TIME": now,
        "TIME_REMAINING": remaining, "ELAPSED_SECONDS": elapsed, "CONTEXT": context, "MESSAGE": message, "USERNAME": session.user}
    return {"rindex": rindex, "slno": (slno or 0) + 1}


@DBMS_SESSION.routine("SET_IDENTIFIER", [Param("client_id")])
def set_identifier(session: Any, client_id: str | None) -> None:
    session.set_attributes({"client_identifier": (client_id or "")[:64]})


@DBMS_SESSION.routine("CLEAR_IDENTIFIER")
def clear_identifier(session: Any) -> None:
    session.set_attributes({"client_identifier": ""})


@DBMS_SESSION.routine("SET_NLS", [Param("param"), Param("value")])
def set_nls(session: Any, param: str, value: str) -> None:
    session.sql(f"ALTER SESSION SET {param} = {value}")


@DBMS_SESSION.routine("SET_ROLE", [Param("role_cmd")])
def set_role(session: Any, role_cmd: str) -> None:
    session.sql(f"SET ROLE {role_cmd}")


@DBMS_SESSION.routine("IS_ROLE_ENABLED", [Param("rolename")], "BOOLEAN")
def is_role_enabled(session: Any, rolename: str | None) -> bool:
    return (rolename or "").upper() in session.roles


@DBMS_SESSION.routine("UNIQUE_SESSION_ID", (), "VARCHAR2")
def unique_session_id(session: Any) -> str:
    return f"{session.sid:04X}{session.serial:04X}0001"


@DBMS_SESSION.routine("RESET_PACKAGE")
def reset_package(session: Any) -> None:
    session.package_state.clear()


@DBMS_SESSION.routine("SLEEP", [Param("seconds", "NUMBER")])
def sleep(session: Any, seconds: Any) -> None:
    """Since 18c; earlier releases do not declare it."""
    if session.database.release == "12.1":
        raise compile_error("PLS-00302: component 'SLEEP' must be declared")
    pause(session, seconds)


def pause(session: Any, seconds: Any) -> None:
    """Sleep that a cancel ends with ORA-01013."""
    end = time.monotonic() + float(seconds or 0)
    while (left := end - time.monotonic()) > 0:
        if session.cancelled():
            raise OraError(1013, "user requested cancel of current operation")
        time.sleep(min(left, 0.05))


@DBMS_SESSION.routine("CLOSE_DATABASE_LINK", [Param("dblink")])
def close_database_link(session: Any, dblink: str) -> None:
    """As ALTER SESSION CLOSE DATABASE LINK (documented)."""
    links.close(session, links.spelt(dblink))
