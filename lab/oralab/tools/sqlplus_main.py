# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``sqlplus``: the command line, and the connections a script may make."""
from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from multiprocessing.connection import Connection
from types import MappingProxyType

from oralab.errors import OraError
from oralab.net import names
from oralab.tools import control
from oralab.tools.sqlplus import FAILURE, SqlPlus, connected
from oralab.tools.sqlplus_link import Answer, Failure, Link, NetLink, Variable
from oralab.tools.sqlplus_server import Request, Welcome

_USAGE = 'SP2-0306: Invalid option.\nUsage: CONN[ECT] [{logon|/|proxy} [AS {SYSDBA|SYSOPER|SYSASM|SYSBACKUP|SYSDG|SYSKM|SYSRAC}]]'
_LOGON = re.compile(r"(?P<user>\"[^\"]+\"|[^/@\s\"]*)(?:/(?P<password>\"[^\"]*\"|[^@\s]*))?(?:@(?P<dsn>\"[^\"]*\"|\S+))?"
                    r"(?:\s+AS\s+(?P<privilege>SYSDBA|SYSOPER|SYSBACKUP|SYSDG|SYSKM))?\s*", re.IGNORECASE)
_CODE = re.compile(r"ORA-(\d{5}): ")


class LocalLink:
    """A session of the instance that ORACLE_SID names, by operating-system authentication."""

    def __init__(self, environment: Mapping[str, str], privilege: str) -> None:
        self.user = "SYS"
        self.idle = True
        self._conversation: Connection | None = None
        self._environment = environment
        self._privilege = privilege
        self._directory = control.database_directory(environment)
        if self._directory is not None:
            self._open(self._directory)

    def _open(self, directory: str) -> None:
        names = ("ORACLE_SID", "NLS_LANG", "NLS_DATE_FORMAT")
        hello = control.Hello("sqlplus", self._privilege, "sqlplus", os.getpid(),
                              {name: self._environment[name] for name in names if name in self._environment})
        try:
            self._conversation = control.connect(directory, hello)
            welcome: Welcome = self._conversation.recv()
        except (OSError, EOFError):
            self._conversation = None
            return
        if welcome.failure is not None:
            raise _error(welcome.failure)
        self.user, self.idle = welcome.user, welcome.idle
        form = self._environment.get("NLS_DATE_FORMAT")
        if form and not self.idle:
            self.execute("ALTER SESSION SET NLS_DATE_FORMAT = '{}'".format(form.replace("'", "''")))

    def execute(self, text: str, *, output: bool = False, variables: Mapping[str, Variable] = MappingProxyType({})) -> Answer:
        if self._conversation is None:
            return Answer(error=Failure(1034, "ORA-01034: ORACLE not available"))
        try:
            self._conversation.send(Request("EXECUTE", text, output, dict(variables)))
            answer: Answer = self._conversation.recv()
            return answer
        except (OSError, EOFError):
            self._conversation = None
            return Answer(error=Failure(3113, "ORA-03113: end-of-file on communication channel"))

    def instance(self, verb: str, mode: str) -> list[str]:
        if self._conversation is None and verb == "STARTUP" and self._directory is not None:
            from oralab.hosts import restart
            restart(self._directory, to="DOWN")
            self._open(self._directory)
        if self._conversation is None:
            raise OraError(1034, "ORACLE not available")
        self._conversation.send(Request(verb, mode))
        answer = self._conversation.recv()
        if isinstance(answer, Failure):
            raise _error(answer)
        self.idle = verb == "SHUTDOWN"
        return list(answer)

    def close(self, *, commit: bool) -> None:
        if self._conversation is not None:
            try:
                self._conversation.send(Request("CLOSE", flag=commit))
                self._conversation.recv()
            except (OSError, EOFError):
                pass
            self._conversation.close()


def _error(failure: Failure) -> OraError:
    lines = failure.text.split("\n")
    return OraError(failure.code, _CODE.sub("", lines[0], count=1), offset=failure.offset, stack=lines[1:])


def connector(environment: Mapping[str, str]) -> Callable[[str], Link]:
    """What makes a link of a connect string in this environment."""
    def connect(text: str) -> Link:
        found = _LOGON.fullmatch(text.strip())
        if found is None:
            raise OraError(1017, "invalid username/password; logon denied")
        user, password, dsn = (found[name] or "" for name in ("user", "password", "dsn"))
        privilege = (found["privilege"] or "").upper()
        dsn = dsn.strip('"') or environment.get("TWO_TASK", "")
        if not user and not password:
            if not privilege or dsn:
                raise OraError(1017, "invalid username/password; logon denied")
            return LocalLink(environment, privilege)
        if not dsn:
            # A password without a service means the local instance over its bequeathed connection, which checks it like any other.
            from oralab.hosts import local_dsn
            dsn = local_dsn(environment) or ""
            if not dsn:
                raise OraError(12162, "TNS:net service name is incorrectly specified")
        return NetLink(user, password.strip('"'), names.resolve(dsn, environment.get("ORACLE_HOME", ""), environment), privilege)
    return connect


def main() -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    arguments, silent, once = sys.argv[1:], False, False
    environment = os.environ
    if not environment.get("ORACLE_HOME"):
        print("Error 6 initializing SQL*Plus\nSP2-0667: Message file sp1<lang>.msb not found\n"
              "SP2-0750: You may need to set ORACLE_HOME to your Oracle software directory")
        return FAILURE
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0).upper()
        if option in ("-S", "-SILENT"):
            silent = True
        elif option in ("-L", "-LOGON"):
            once = True
        elif option in ("-V", "-VERSION"):
            print("\nSQL*Plus: Release 19.0.0.0.0 - Production\nVersion 19.3.0.0.0\n")
            return 0
        else:
            print(_USAGE)
            return FAILURE
    logon: list[str] = []
    while arguments and not arguments[0].startswith("@"):
        logon.append(arguments.pop(0))
    plus = SqlPlus(sys.stdout, connector(environment), silent=silent, home=environment.get("ORACLE_HOME", ""))
    if not silent:
        plus.say(f"\nSQL*Plus: Release 19.0.0.0.0 - Production on {datetime.now():%a %b %e %H:%M:%S %Y}\nVersion 19.3.0.0.0\n\n"
                 "Copyright (c) 1982, 2019, Oracle.  All rights reserved.\n")
    text = " ".join(logon)
    if text.upper() != "/NOLOG":
        if not plus.connect(text):
            if once:
                print("SP2-0751: Unable to connect to Oracle.  Exiting SQL*Plus")
            else:
                print("SP2-0157: unable to CONNECT to ORACLE after 3 attempts, exiting SQL*Plus")
            return FAILURE
        if not silent:
            plus.say(connected(plus.link) + "\n")
    return plus.run(_lines(arguments))


def _lines(arguments: list[str]) -> Iterator[str]:
    """A script given by name is the input's first line; standard input follows it."""
    if arguments:
        yield " ".join(arguments) + "\n"
    yield from sys.stdin


if __name__ == "__main__":
    sys.exit(main())
