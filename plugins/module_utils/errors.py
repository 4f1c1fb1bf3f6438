# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One way to fail: an error with fields, raised in drivers and turned into a result in one place."""

from __future__ import annotations

import re
import typing as t

__metaclass__ = type

CODE = re.compile(r"\b(?:ORA|DPY|DPI|RMAN|TNS|PLS|SP2|UDE|UDI|LRM|DBF)-\d{3,5}\b")

#: What to do next, by code. Sources: Oracle Database Error Messages, python-oracledb's documentation.
HINTS = {
    "DPY-3010": "The database is older than 12.1, which python-oracledb reaches in thick mode only: set driver_mode=thick and "
                "driver_lib_dir to an Oracle Client 19c (its libraries still connect to 11.2).",
    "DPY-3001": "The database demands native network encryption, which thin mode does not have: set driver_mode=thick, or use "
                "TLS (a tcps address), or relax SQLNET.ENCRYPTION_SERVER on the server.",
    "ORA-12660": "The database demands native network encryption or checksums, which thin mode does not have: set "
                 "driver_mode=thick, or use TLS (a tcps address).",
    "DPY-3015": "This account has only an old (10G) password verifier. Set its password again with "
                "SQLNET.ALLOWED_LOGON_VERSION_SERVER at 11 or higher, or use driver_mode=thick.",
    "DPY-6005": "Nothing answers at this address. Check host, port and firewall, and that the listener runs (lsnrctl status).",
    "DPY-4011": "The connection broke in the middle of a call. Run the task again: it observes first and repeats only what is missing.",
    "DPY-4024": "The call took longer than call_timeout. Run the task again: it observes first and repeats only what is missing.",
    "ORA-01017": "User name or password is wrong. For an administrative privilege the account must be in the password file.",
    "ORA-01031": "The account lacks a privilege. docs/privileges.md has the GRANT statements for each workflow.",
    "ORA-00942": "The object does not exist or the account may not see it. docs/privileges.md has the GRANT statements.",
    "ORA-28000": "The account is locked. Unlock it with ALTER USER ... ACCOUNT UNLOCK.",
    "ORA-28001": "The password has expired. Set a new one with ALTER USER ... IDENTIFIED BY.",
    "ORA-01033": "The instance is starting or stopping. Run again when it is open.",
    "ORA-01034": "The instance is not running.",
    "ORA-12505": "The listener does not know this SID. Prefer a service name.",
    "ORA-12514": "The listener does not know the service. Compare service_name with 'lsnrctl services'; a closed PDB registers none.",
    "ORA-12528": "The instance is not open, so its listener blocks new connections: a static listener entry is needed to reach it.",
    "ORA-12541": "Nothing listens at this address. Start the listener, or correct host and port.",
    "ORA-01536": "Give the account more quota: ALTER USER ... QUOTA ... ON tablespace.",
    "ORA-01950": "Give the account quota on its tablespace: ALTER USER ... QUOTA ... ON tablespace.",
    "ORA-00301": "The file cannot be made. Where it is there already (ORA-27038), remove it, or take it with reuse=true; otherwise look at the directory.",
    "ORA-00372": "The tablespace is read only.",
    "ORA-00257": "The archiver has no room. Free some in the destination of archived logs, or set a larger recovery area.",
    "ORA-00258": "Logs are archived in ARCHIVELOG mode only (module archivelog).",
    "ORA-00265": "The database was not shut down cleanly. Open it, shut it down with SHUTDOWN IMMEDIATE, and run this again.",
    "ORA-01126": "The database must be mounted, and open in no instance. On RAC stop all instances first (manager=srvctl).",
    "ORA-01153": "Recovery runs already: Redo Apply (module redo_apply, state=stopped), or a RECOVER of somebody else.",
    "ORA-01219": "The database is mounted and not open, where only fixed views can be asked.",
    "ORA-01261": "The directory is not there, or the server may not use it.",
    "ORA-16136": "Redo Apply is not running, so there is nothing to cancel.",
    "ORA-16464": "Run the task for the standby: this is said by a database in another role.",
    "ORA-16465": "Only an open primary is switched over. Run the task again: it observes first and goes on from there.",
    "ORA-16471": "The primary gave up its role and the standby could not take it over. Run the task again: it finishes the switchover.",
    "ORA-19502": "The file could not be written: its disk is full or fails. Make room there and run the task again: it goes on with what is missing.",
    "ORA-19504": "The file could not be made. Look at its directory: whose it is, and whether there is room. Then run the task again.",
    "ORA-19802": "Set DB_RECOVERY_FILE_DEST_SIZE before DB_RECOVERY_FILE_DEST.",
    "ORA-19809": "The recovery area is full. Give it more (module recovery_area), or back up and delete archived logs.",
    "ORA-32001": "The instance was started without an spfile. Make one with CREATE SPFILE and restart it.",
    "ORA-32018": "Name each instance by its SID, connected to that instance, or change the spfile alone (scope=spfile).",
    "KBHS-00713": "The object storage was not reached. Look at its address, the network and a proxy, then run the task again.",
    "KBHS-00715": "The object storage answered with an error. Unauthorized: renew the credentials (module cloud_backup_module) or the rights of their user; "
                  "anything else is its own trouble. Then run the task again.",
}


def codes(text: str) -> t.List[str]:
    """Every error code in a text, in order of appearance, each once."""
    return list(dict.fromkeys(CODE.findall(text)))


class DbferryError(Exception):
    """What was tried, what was answered, what to do next.

    :arg message: one sentence for a tired person.
    :arg code: the code that the database or tool answered with (ORA-01126, RMAN-06059), or a DBF code of our own.
    :arg statement: what was issued, secrets masked.
    :arg hint: what to do next; by default looked up by code.
    :arg details: further fields of the failed result (findings, the last state seen).
    """

    def __init__(self, message: str, code: t.Optional[str] = None, statement: t.Optional[str] = None,
                 hint: t.Optional[str] = None, details: t.Optional[t.Dict[str, t.Any]] = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.statement = statement
        self.hint = hint or HINTS.get(code or "")
        self.details = dict(details or {})

    def result(self) -> t.Dict[str, t.Any]:
        """The arguments of a failure. It is ``finished``: an until loop ends at once on bad news."""
        message = self.message.rstrip()
        text = message if not self.hint else "{0}{1} {2}".format(message, "" if message.endswith((".", "!", "?")) else ".", self.hint)
        found = dict(self.details, msg=text, finished=True)
        for name in ("code", "statement", "hint"):
            value = getattr(self, name)
            if value:
                found[name] = value
        return found


class Refused(DbferryError):
    """The arguments or the state of the database do not allow what was asked for; nothing was changed."""


#: What stands in the way: a code of ours, what it is, and what to do about it.
Finding = t.Tuple[str, str, str]


def refuse(findings: t.Sequence[Finding]) -> None:
    """Refuse with all of the findings at once, under the code of the first; without any there is nothing to refuse."""
    if findings:
        raise Refused(" ".join(what for dummy, what, hint in findings), code=findings[0][0], hint=" ".join(hint for dummy, what, hint in findings))


class Lost(DbferryError):
    """The connection is gone; whether the last call took effect is not known."""
