# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SYS_CONTEXT('USERENV', ...) tells of a session."""
from __future__ import annotations

from typing import Any

from oralab.catalog import model


def userenv(session: Any) -> dict[str, Any]:
    """Values by parameter (documented: SYS_CONTEXT); None where the session has no such thing."""
    spec, logon = session.database.spec, session.logon
    administrator = bool(session.privilege)
    values: dict[str, Any] = {
        "SESSION_USER": session.user, "CURRENT_USER": session.user, "CURRENT_SCHEMA": session.schema, "SESSION_USERID": session.user_id,
        "CURRENT_USERID": session.user_id, "CURRENT_SCHEMAID": getattr(session.catalog.get(model.User, session.schema), "user_id", 0),
        "AUTHENTICATED_IDENTITY": logon.proxy_user or session.user, "AUTHENTICATION_METHOD": "OS" if logon.os_authenticated else "PASSWORD",
        "PROXY_USER": logon.proxy_user, "SESSIONID": 4294967295 if administrator else 100000 + session.sid, "SID": session.sid,
        "INSTANCE": session.instance.number, "INSTANCE_NAME": session.instance.name, "DB_NAME": session.container if spec.is_cdb else spec.name,
        "DB_UNIQUE_NAME": spec.db_unique_name, "DB_DOMAIN": spec.domain or None, "CDB_NAME": spec.name if spec.is_cdb else None,
        "CDB_DOMAIN": spec.domain or None, "CON_NAME": session.container, "CON_ID": session.database.container(session) or 0,
        "SERVICE_NAME": logon.service, "SERVER_HOST": spec.host, "HOST": logon.machine or None, "OS_USER": logon.os_user or None,
        "TERMINAL": logon.terminal or "unknown", "MODULE": session.module or logon.program or None, "ACTION": session.action or None,
        "CLIENT_IDENTIFIER": session.client_identifier or None, "CLIENT_INFO": session.client_info or None,
        "CLIENT_PROGRAM_NAME": logon.program or None,
        "ISDBA": "TRUE" if session.user == "SYS" or "DBA" in session.roles else "FALSE", "IP_ADDRESS": "127.0.0.1",
        "NETWORK_PROTOCOL": "tcp",
        "LANG": "US", "LANGUAGE": f"{spec.language}_{spec.territory}.{spec.character_set}", "ENTRYID": None, "STATEMENTID": None,
        "DATABASE_ROLE": session.database.store.control.role if session.database.state in ("MOUNTED", "OPEN") else "PRIMARY",
        "FG_JOB_ID": None, "BG_JOB_ID": None, "POLICY_INVOKER": None, "CURRENT_EDITION_NAME": "ORA$BASE",
        "SESSION_EDITION_NAME": "ORA$BASE", "CURRENT_SQL": session.sql_text[:256] or None, "EXTERNAL_NAME": None,
        "ENTERPRISE_IDENTITY": None, "GLOBAL_UID": None, "GLOBAL_CONTEXT_MEMORY": 0, "DBLINK_INFO": None, "SCHEDULER_JOB": "N",
        "PLATFORM_SLASH": "/", "ORACLE_HOME": spec.oracle_home, "IS_APPLY_SERVER": "FALSE", "IS_DG_ROLLING_UPGRADE": "FALSE"}
    if session.database.release != "12.1":
        values["CLOUD_SERVICE"] = None
    for name in ("LANGUAGE", "TERRITORY", "CURRENCY", "CALENDAR", "DATE_FORMAT", "DATE_LANGUAGE", "SORT"):
        values.setdefault(f"NLS_{name}", session.nls.settings[f"NLS_{name}"])
    return values
