# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``rman``: reads commands from standard input or a file, has the instance do them, and prints in Recovery Manager's style.

A command that cannot be parsed does not run at all. After an error the next command of standard input still runs, a command file
ends. The exit code is 1 after any error.
"""
from __future__ import annotations

import dataclasses
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.tools import control
from oralab.tools import rman_commands as commands
from oralab.tools.rman_link import NetworkConversation
from oralab.tools.rman_parser import connect, parse, split
from oralab.tools.rman_reader import SyntaxFault

BANNER = ("RMAN-00571: ===========================================================",
          "RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============",
          "RMAN-00571: ===========================================================")
_ARGUMENT = re.compile(r"(target|catalog|auxiliary|cmdfile|log|msglog|append|nocatalog|using)(?:=(.*))?", re.IGNORECASE | re.DOTALL)


class Rman:
    """One run. ``echo``: commands come from a file and are shown."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.failed = False
        self._target: Connection | NetworkConversation | None = None
        self._auxiliary: NetworkConversation | None = None
        self._directory: str | None = None
        self._out = sys.stdout
        self._spool: str = ""

    # --- printing ---

    def say(self, *lines: str) -> None:
        for line in lines:
            self._out.write(line + "\n")
        self._out.flush()

    def banner(self) -> None:
        self.say("", f"Recovery Manager: Release 19.0.0.0.0 - Production on {datetime.now():%a %b %e %H:%M:%S %Y}",
                 "Version 19.3.0.0.0", "",
                 "Copyright (c) 1982, 2019, Oracle and/or its affiliates.  All rights reserved.", "")

    def stack(self, *lines: str) -> None:
        self.failed = True
        self.say(*BANNER, *lines)

    # --- the target ---

    def connect(self, wanted: commands.Connect) -> bool:
        """CONNECT TARGET or AUXILIARY; whether it worked. An auxiliary is reached over Oracle Net only."""
        if (self._target if wanted.role == "TARGET" else self._auxiliary) is not None:
            self.stack(f"RMAN-03002: failure of connect command at {datetime.now():%m/%d/%Y %H:%M:%S}",
                       "RMAN-06030: target database is already connected")
            return False
        if wanted.dsn or wanted.role == "AUXILIARY":
            return self._over_net(wanted)
        if not self.environment.get("ORACLE_SID"):
            self.stack("RMAN-00554: initialization of internal recovery manager package failed", "RMAN-04005: error from target database: ",
                       "ORA-12162: TNS:net service name is incorrectly specified")
            return False
        self._directory = control.database_directory(self.environment)
        names = ("NLS_LANG", "NLS_DATE_FORMAT")
        hello = control.Hello("rman", wanted.privilege, "rman", os.getpid(),
                              {name: self.environment[name] for name in names if self.environment.get(name)})
        self._hello = hello
        if not self._open():
            self.say("connected to target database (not started)")
            return True
        assert self._target is not None
        verdict, detail = self._target.recv()
        if verdict == "refused":
            self._target = None
            self.stack("RMAN-00554: initialization of internal recovery manager package failed",
                       "RMAN-04005: error from target database: ", *detail)
            return False
        self.say(f"connected to target database{detail}")
        return True

    def _over_net(self, wanted: commands.Connect) -> bool:
        """RMAN-04005 or 04006 over what Oracle Net or the instance says."""
        said, code = wanted.role.lower(), "RMAN-04005" if wanted.role == "TARGET" else "RMAN-04006"
        try:
            if not wanted.dsn:
                raise not_simulated("RMAN connecting to an auxiliary instance without a password")
            conversation = NetworkConversation(wanted, self.environment)
            verdict, detail = conversation.recv()
            if verdict == "refused":
                raise OraError(int(detail[0][4:9]), detail[0][11:], stack=detail[1:])
        except OraError as error:
            self.stack("RMAN-00554: initialization of internal recovery manager package failed", f"{code}: error from {said} database: ",
                       *error.text.split("\n"))
            return False
        if wanted.role == "TARGET":
            self._target = conversation
        else:
            self._auxiliary = conversation
        self.say(f"connected to {said} database{detail}")
        return True

    # --- DUPLICATE ---

    def _duplicating(self, inner: Sequence[commands.Command]) -> bool:
        """A block with DUPLICATE, or that alone: each command goes to the instance that it is for. Whether it succeeded."""
        allocated: list[tuple[Any, str]] = []
        try:
            for command in inner:
                auxiliary = isinstance(command, commands.Duplicate) or isinstance(command, commands.Allocate) and command.auxiliary
                if isinstance(command, commands.Duplicate):
                    missing = self._unready()
                    if missing:
                        self.stack(f"RMAN-03002: failure of Duplicate Db command at {datetime.now():%m/%d/%Y %H:%M:%S}",
                                   *(["RMAN-05501: aborting duplication of target database"] if missing.startswith("RMAN-05") else []), missing)
                        return False
                    assert isinstance(self._target, NetworkConversation)
                    command = commands.DuplicateFrom(command, self._target.wanted.dsn, self._target.password_file())
                where = self._auxiliary if auxiliary else self._target
                if where is None:
                    self.stack(f"RMAN-03002: failure of allocate command at {datetime.now():%m/%d/%Y %H:%M:%S}",
                               "RMAN-06174: not connected to auxiliary database" if auxiliary else "RMAN-06171: not connected to target database")
                    return False
                if not self._have_done(where, command):
                    return False
                if isinstance(command, commands.Allocate):
                    allocated.append((where, command.channel))
            return True
        finally:
            for where, channel in allocated:
                self._have_done(where, commands.Release(channel))

    def _unready(self) -> str:
        """Why an active duplication cannot begin (transcripts); "" when it can."""
        if self._auxiliary is None:
            return "RMAN-06174: not connected to auxiliary database"
        if not isinstance(self._target, NetworkConversation):
            return "RMAN-05609: Must specify a username for target connection when using active duplicate"
        if self._target.wanted.password != self._auxiliary.wanted.password:
            return "RMAN-05614: Passwords for target and auxiliary connections must be the same when using active duplicate"
        return ""

    def _open(self) -> bool:
        if self._directory is None:
            return False
        try:
            self._target = control.connect(self._directory, self._hello)
        except OSError:
            return False
        return True

    def disconnect(self) -> None:
        for conversation in (self._target, self._auxiliary):
            if conversation is not None:
                conversation.close()

    # --- commands ---

    def run(self, command: commands.Command) -> bool:
        """Run one command; whether it succeeded."""
        if isinstance(command, commands.Connect):
            return self.connect(command)
        if isinstance(command, commands.Spool):
            return self._spool_to(command)
        if isinstance(command, commands.Script):
            return self._script(command.path)
        inner = command.commands if isinstance(command, commands.Run) else (command,)
        if any(isinstance(one, commands.Duplicate) for one in inner):
            return self._duplicating(inner)
        if self._target is None and isinstance(command, commands.Startup) and self._directory is not None:
            from oralab.hosts import restart
            restart(self._directory, to="DOWN")
            self._open()
            assert self._target is not None
            self._target.recv()
        if self._target is None:
            self.stack(f"RMAN-03002: failure of {type(command).__name__.lower()} command at {datetime.now():%m/%d/%Y %H:%M:%S}",
                       *(["RMAN-06403: could not obtain a fully authorized session", "ORA-01034: ORACLE not available"] if self._directory
                         else ["RMAN-06171: not connected to target database"]))
            return False
        return self._have_done(self._target, command)

    def _have_done(self, where: Connection | NetworkConversation, command: commands.Command) -> bool:
        """Have an instance run a command, and print what it says; whether it succeeded."""
        try:
            where.send(command)
            while True:
                kind, lines = where.recv()
                if kind == "end":
                    break
                self.say(*lines)
        except (OSError, EOFError):
            self._target = None
            self.stack("RMAN-00601: fatal error in recovery manager", "RMAN-03004: fatal error during execution of command",
                       "RMAN-10038: database session for channel default terminated unexpectedly")
            return False
        if lines:
            self.stack(*lines)
        return not lines

    def _spool_to(self, command: commands.Spool) -> bool:
        if self._spool:
            self._out.close()
            self._out = sys.stdout
        self._spool = command.path
        if command.path:
            self.say("", f"Spooling started in log file: {command.path}")
            self._out = open(command.path, "a" if command.append else "w", encoding="utf-8")   # noqa: SIM115 - open until SPOOL LOG OFF
        return True

    def _script(self, path: str) -> bool:
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.readlines()
        except OSError:
            self.stack(f"RMAN-00556: could not open CMDFILE \"{path}\"")
            return False
        return self.read(iter(lines), path)

    def read(self, lines: Iterator[str], file: str = "") -> bool:
        """Take commands until the input ends or EXIT; whether to go on. ``file`` is "" for standard input."""
        number, buffered = 0, ""
        self._prompt()
        for line in lines:
            number += 1
            buffered += line
            if file:
                self._out.write(line if line.endswith("\n") else line + "\n")
            while (parts := split(buffered)) is not None:
                text, buffered = parts
                first = number - text.count("\n") - buffered.rstrip("\n").count("\n")
                if not file or text.strip() not in ("", ";"):
                    self.say("")
                going = self._one(text, file, first)
                if going is None or (not going and file):
                    return False
                if not buffered.strip():
                    buffered = ""
                self._prompt()
            if buffered.strip():
                self._out.write(f"{buffered.count(chr(10)) + 1}> ")
            else:
                buffered = ""
        if buffered.strip():
            self.say("")
            if self._one(buffered + "\n", file, number) is None:
                return False
        if file:
            self.say("**end-of-file**")
        return True

    def _prompt(self) -> None:
        self._out.write("RMAN> ")

    def _one(self, text: str, file: str, line: int) -> bool | None:
        """Whether the command succeeded; None for EXIT."""
        try:
            command = parse(text, file or "standard input", line)
        except SyntaxFault as fault:
            self.stack(*fault.lines)
            self.say("")
            return False
        if isinstance(command, commands.Exit):
            return None
        done = command is None or self.run(command)
        self.say("")
        return done


def main() -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    rman = Rman(dict(os.environ))
    arguments = _arguments(sys.argv[1:])
    cmdfile, log = arguments.get("cmdfile"), arguments.get("log")
    if log:
        rman._out = open(log, "w", encoding="utf-8")   # noqa: SIM115 - open until the end
    rman.banner()
    for role in ("target", "auxiliary"):
        if role not in arguments:
            continue
        try:
            wanted = connect(arguments[role])
        except SyntaxFault as fault:
            rman.stack("RMAN-00552: syntax error in command line arguments", *fault.lines[1:])
            return 1
        if not rman.connect(dataclasses.replace(wanted, role=role.upper())):
            return 1
        rman.say("")
    if cmdfile is not None:
        try:
            with open(cmdfile, encoding="utf-8") as file:
                lines = file.readlines()
        except OSError:
            rman.stack("RMAN-00552: syntax error in command line arguments", f'RMAN-00556: could not open CMDFILE "{cmdfile}"')
            return 1
        rman.read(iter(lines), cmdfile)
    else:
        rman.read(iter(sys.stdin.readline, ""))
    rman.disconnect()
    rman.say("", "", "Recovery Manager complete.")
    return 1 if rman.failed else 0


def _arguments(words: list[str]) -> dict[str, str]:
    """``target X``, ``cmdfile X`` or ``@X``, ``log X``; with or without the equals sign."""
    found: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("@"):
            found["cmdfile"] = word[1:]
            continue
        parts = _ARGUMENT.fullmatch(word)
        if parts is None:
            continue
        name = {"msglog": "log"}.get(parts[1].lower(), parts[1].lower())
        if name in ("nocatalog", "append"):
            continue
        value = parts[2]
        if value is None and waiting:
            value = waiting.pop(0)
            if value == "=" and waiting:
                value = waiting.pop(0)
        found[name] = (value or "").strip("'") if name not in ("target", "auxiliary") else (value or "")
    return found


if __name__ == "__main__":
    sys.exit(main())
