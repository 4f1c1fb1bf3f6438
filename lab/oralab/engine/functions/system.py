# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that tell about session and database: SYS_CONTEXT, USERENV, SYS_GUID and the like."""
from __future__ import annotations

import uuid
from typing import Any, Final

from oralab.engine.functions.registry import builtin
from oralab.engine.types import BLOB, CLOB, NUMBER, varchar
from oralab.errors import OraError
from oralab.values import Bfile, DataType


@builtin("SYS_GUID", "", DataType("RAW", 16), context=True)
def sys_guid(x: Any) -> bytes:
    return uuid.uuid4().bytes


@builtin("SYS_CONTEXT", "S S ?N", varchar(256), context=True)
def sys_context(x: Any, namespace: str, parameter: str, length: Any = 256) -> str | None:
    """USERENV and SYS_SESSION_ROLES; application contexts set through DBMS_SESSION.SET_CONTEXT. ORA-02003."""
    space, name = namespace.upper(), parameter.upper()
    if space == "USERENV":
        values = x.session.userenv()
        if name not in values:
            raise OraError(2003, "invalid USERENV parameter")
        value = values[name]
    elif space == "SYS_SESSION_ROLES":
        value = "TRUE" if name in x.session.roles else "FALSE"
    else:
        value = x.session.contexts.get((space, name))
    return None if value is None else str(value)[:int(length)] or None


_USERENV: Final = {"SESSIONID": "SESSIONID", "SID": "SID", "LANG": "LANG", "LANGUAGE": "LANGUAGE", "TERMINAL": "TERMINAL",
                   "ENTRYID": "ENTRYID", "ISDBA": "ISDBA", "CLIENT_INFO": "CLIENT_INFO", "INSTANCE": "INSTANCE",
                   "SCHEMAID": "CURRENT_SCHEMAID"}


@builtin("USERENV", "S", varchar(64), context=True)
def userenv(x: Any, parameter: str) -> Any:
    name = _USERENV.get(parameter.upper())
    if name is None:
        raise OraError(2003, "invalid USERENV parameter")
    return x.session.userenv().get(name)


@builtin("EMPTY_CLOB", "", CLOB)
def empty_clob() -> str:
    return ""


@builtin("EMPTY_BLOB", "", BLOB)
def empty_blob() -> bytes:
    return b""


@builtin("BFILENAME", "S S", DataType("BFILE"))
def bfilename(directory: str, filename: str) -> Bfile:
    return Bfile(directory, filename)


@builtin("SCN_TO_TIMESTAMP", "N", DataType("TIMESTAMP", scale=9), context=True)
def scn_to_timestamp(x: Any, scn: Any) -> Any:
    from oralab.values import Timestamp
    moment = x.session.database.store.scn_to_time(int(scn))
    if moment is None:
        raise OraError(8181, "specified number is not a valid system change number")
    return Timestamp(moment.replace(microsecond=0, tzinfo=None), moment.microsecond * 1000)


@builtin("TIMESTAMP_TO_SCN", "T", NUMBER, context=True)
def timestamp_to_scn(x: Any, moment: Any) -> Any:
    scn = x.session.database.store.time_to_scn(moment.moment)
    if scn is None:
        raise OraError(8180, "no snapshot found based on specified time")
    return scn


@builtin("CON_NAME_TO_ID", "S", NUMBER, context=True)
def con_name_to_id(x: Any, name: str) -> int | None:
    container = x.session.userenv()
    return int(container["CON_ID"]) if container["CON_NAME"] == name.upper() else None
