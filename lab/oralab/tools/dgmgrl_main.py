# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``dgmgrl``: the Data Guard broker's command line.

What it prints is from transcripts of 12.1 and 19c, as is that it exits with 0 after a command that failed, except for one that stood on its
own command line (1, assumed). Commands end at a semicolon or at the end of their line (known to DBAs).
"""
from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from oralab.errors import OraError
from oralab.tools import dgmgrl_reports
from oralab.tools.dgmgrl_link import Link, Local, Remote

NAME: Final = r"""('[^']*'|"[^"]*"|[\w$#.-]+)"""
VALUE: Final = r"""('[^']*'|"[^"]*"|[^\s;']+)"""


class Failed(Exception):
    """A command failed: what is printed before "Failed.", and what is after it."""

    def __init__(self, *lines: str, after: tuple[str, ...] = ()) -> None:
        super().__init__(*lines)
        self.after = after


def _text(word: str) -> str:
    """A name or value: exact in quotes, else in lower case (transcripts)."""
    return word[1:-1] if word[:1] in "'\"" else word.lower()


def _exact(word: str) -> str:
    return word[1:-1] if word[:1] in "'\"" else word


class Dgmgrl:
    """One run."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.link: Link | None = None
        self.logon: tuple[str, str] | None = None
        """User and password, with which other members are reached too."""
        self.failed = False

    def say(self, *lines: str) -> None:
        sys.stdout.write("".join(line + "\n" for line in lines))
        sys.stdout.flush()

    # --- connecting ---

    def connect(self, user: str, password: str, identifier: str) -> None:
        """CONNECT. With ``/`` as the Oracle owner, with a user through Oracle Net when an identifier is given."""
        self.disconnect()
        self.logon = (user, password) if user else None
        try:
            self.link = Remote(user, password, identifier, self.environment) if identifier else Local(self.environment)
        except OraError as error:
            raise Failed(*error.text.split("\n")) from None
        if self.link.name is None:
            self.say("Connected to an idle instance.")
        else:
            self.say(f'Connected to "{self.link.name}"', f"Connected as {self.link.privilege}.")

    def disconnect(self) -> None:
        link, self.link = self.link, None
        if link is not None:
            link.close()

    def ask(self, operation: str, **arguments: Any) -> Any:
        """A command for the broker. Failed with "Error: ORA-...", as the tool prints it."""
        if self.link is None:
            raise Failed("not logged on")
        try:
            return self.link.ask(operation, arguments)
        except OraError as error:
            raise Failed(*(f"Error: {line}" if number == 0 else line for number, line in enumerate(error.text.split("\n")))) from None

    # --- running ---

    def run(self, text: str) -> bool:
        """One command; False when it ends the run."""
        text = re.sub(r"""('[^']*'|"[^"]*")|\s+""", lambda found: found[1] or " ", text).strip()
        if not text or text.startswith(("#", "--")):
            return True
        if re.fullmatch(r"EXIT|QUIT", text, re.IGNORECASE):
            return False
        for pattern, command in COMMANDS:
            match = re.fullmatch(pattern, text, re.IGNORECASE)
            if match:
                try:
                    command(self, *match.groups())
                except Failed as failure:
                    self.failed = True
                    self.say(*map(str, failure.args), "", "Failed.", *failure.after)
                return True
        self.failed = True
        self.say(f"Unrecognized command \"{text.split()[0].lower()}\", try \"help\"")
        return True


# --- simple commands ---

def _connect(tool: Dgmgrl, user: str | None, password: str | None, identifier: str | None, privilege: str | None) -> None:
    tool.connect(_exact(user or ""), _exact(password or ""), _exact(identifier or ""))


def _create(tool: Dgmgrl, name: str, primary: str, identifier: str) -> None:
    tool.ask("create", name=_exact(name), primary=_text(primary), identifier=_exact(identifier))
    tool.say(f'Configuration "{_exact(name)}" created with primary database "{_text(primary)}"')


def _add(tool: Dgmgrl, name: str, identifier: str, kind: str | None) -> None:
    tool.ask("add", name=_text(name), identifier=_exact(identifier))
    tool.say(f'Database "{_text(name)}" added')


def _enable(tool: Dgmgrl, name: str | None) -> None:
    tool.ask("enable", name=_text(name) if name else None)
    tool.say("Enabled.")


def _disable(tool: Dgmgrl, name: str | None) -> None:
    tool.ask("disable", name=_text(name) if name else None)
    tool.say("Disabled.")


def _remove(tool: Dgmgrl, name: str | None, preserve: str | None) -> None:
    tool.ask("remove", name=_text(name) if name else None, preserve=bool(preserve))
    tool.say(f'Removed database "{_text(name)}" from the configuration' if name else "Removed configuration")


def _property(tool: Dgmgrl, name: str | None, key: str, value: str) -> None:
    key = tool.ask("property", name=_text(name) if name else None, key=_exact(key), value=_exact(value))
    tool.say(f'Property "{key.lower()}" updated')


def _state(tool: Dgmgrl, name: str, state: str) -> None:
    tool.ask("state", name=_text(name), state=_exact(state).upper())
    tool.say("Succeeded.")


def _mode(tool: Dgmgrl, mode: str) -> None:
    names = {"maxperformance": "MaxPerformance", "maxavailability": "MaxAvailability", "maxprotection": "MaxProtection"}
    tool.ask("mode", mode=names[mode.lower()])
    tool.say("Succeeded.")


def _show_configuration(tool: Dgmgrl, verbose: str | None) -> None:
    try:
        configuration, age = tool.ask("show")
    except Failed as failure:
        tool.failed = True
        tool.say(*(str(line).removeprefix("Error: ") for line in failure.args), "", "Configuration details cannot be determined by DGMGRL")
        return
    assert tool.link is not None
    tool.say(*dgmgrl_reports.configuration(configuration, age, tool.link.release, bool(verbose)))


def _show_database(tool: Dgmgrl, verbose: str | None, name: str, key: str | None) -> None:
    member, known, properties = tool.ask("database", name=_text(name))
    if key:
        wanted = _exact(key).lower()
        found = next(((spelt, value) for spelt, value in properties.items() if spelt.lower() == wanted), None)
        if found is None:
            raise Failed("Error: ORA-16540: invalid argument")
        tool.say(f"  {found[0]} = '{found[1]}'")
        return
    tool.say(*dgmgrl_reports.database(member, known, properties if verbose else None))


def _validate(tool: Dgmgrl, verbose: str | None, name: str) -> None:
    configuration, member, known, ready = tool.ask("validate", name=_text(name))
    reached = {}
    for one in {configuration.primary.name, member.name}:
        found = tool.ask("database", name=one)[2]["StaticConnectIdentifier"]
        reached[one] = tool.link is not None and _reaches(tool, found)
    tool.say(*dgmgrl_reports.validation(configuration, member, known, ready, reached))


def _reaches(tool: Dgmgrl, identifier: str) -> bool:
    """Whether a listener knows the static service; without a password only that can be said (assumed)."""
    try:
        Remote(*(tool.logon or ("", "")), identifier, tool.environment).close()
    except OraError as error:
        return error.code in (1017, 1031)
    return True


# --- role changes ---

def _at(tool: Dgmgrl, name: str) -> tuple[Any, dict[str, str]]:
    """A member and its properties."""
    member, _, properties = tool.ask("database", name=name)
    return member, properties


def _go_to(tool: Dgmgrl, member: Any) -> None:
    """Connect to a member with the user and password of this run. ORA-01017 without any, as after ``CONNECT /`` (known to DBAs)."""
    release = tool.link.release if tool.link else ""
    if release == "12.1":
        tool.say(f'Operation requires a connection to instance "{member.instance}" on database "{member.name}"',
                 f'Connecting to instance "{member.instance}"...')
    else:
        tool.say(f'Operation requires a connection to database "{member.name}"', "Connecting ...")
    logon = tool.logon
    try:
        link = Remote(*(logon or ("", "")), member.identifier, tool.environment)
    except OraError as error:
        raise Failed(*error.text.split("\n"), after=(
            "", "Please complete the following steps to finish switchover:",
            f'\tconnect to instance "{member.instance}" of database "{member.name}"')) from None
    tool.say(*([] if release == "12.1" else [f'Connected to "{link.name}"']), f"Connected as {link.privilege}.")
    tool.disconnect()
    tool.link, tool.logon = link, logon


def _switchover(tool: Dgmgrl, name: str) -> None:
    """The roles change at once; then the new primary is opened, and the old one's instance is started by its static service (transcripts)."""
    tool.say("Performing switchover NOW, please wait...")
    configuration, _ = tool.ask("show")
    target = configuration.find(_text(name))
    if target is None:
        raise Failed("Error: ORA-16596: member not part of the Oracle Data Guard broker configuration")
    old = configuration.primary
    if target is old or target.role != "PHYSICAL STANDBY":
        raise Failed("Error: ORA-16558: database specified for switchover is not a standby database")
    if not target.enabled:
        raise Failed("Error: ORA-16541: database is not enabled")
    _, properties = _at(tool, old.name)
    known = tool.ask("validate", name=target.name)[2]
    was_open = bool(known[target.name]) and known[target.name]["state"] == "OPEN"
    primary = tool.link if tool.link is not None and str(tool.link.name).lower() == old.name.lower() else None
    if primary is None:
        try:
            primary = Remote(*(tool.logon or ("", "")), old.identifier, tool.environment)
        except OraError as error:
            raise Failed(*error.text.split("\n")) from None
    else:
        tool.link = None
        _reconnect(tool, target, primary)
    try:
        primary.ask("switchover", {"name": target.name})
    except OraError as error:
        raise Failed(f"Error: {error.text}") from None
    finally:
        primary.close()
    tool.say(f'New primary database "{target.name}" is opening...')
    tool.ask("open", failed_over=False)
    _start(tool, old, properties["StaticConnectIdentifier"], was_open)
    tool.say(f'Switchover succeeded, new primary is "{target.name}"')


def _reconnect(tool: Dgmgrl, target: Any, primary: Link) -> None:
    """The run goes on at the target, and gives the primary its last command by the way."""
    try:
        _go_to(tool, target)
    except Failed:
        tool.link = primary
        raise


def _start(tool: Dgmgrl, old: Any, identifier: str, was_open: bool) -> None:
    """Start an instance that is down, and mount it. What is left to do is told when it is not reached."""
    tool.say(f'Operation requires start up of instance "{old.instance}" on database "{old.name}"', f'Starting instance "{old.instance}"...')
    steps = ("Warning: You are no longer connected to ORACLE.", "", "Please complete the following steps to finish switchover:",
             f'\tstart up and mount instance "{old.instance}" of database "{old.name}"')
    here, logon = tool.link, tool.logon or ("", "")
    try:
        idle = Remote(*logon, identifier, tool.environment)
        if idle.name is None:
            tool.say("Connected to an idle instance.")
            idle = Remote(*logon, identifier, tool.environment, starting=True)
            tool.say("ORACLE instance started.")
        idle.sql("ALTER DATABASE MOUNT")
        tool.say(f'Connected to "{old.name}"', "Database mounted.")
        if was_open:
            idle.sql("ALTER DATABASE OPEN")
            tool.say("Database opened.")
        idle.close()
    except OraError as error:
        tool.disconnect()
        raise Failed(f"Unable to connect to database using {identifier}", *error.text.split("\n"), after=steps) from None
    tool.link = here
    tool.say(f'Connected to "{old.name}"')


def _failover(tool: Dgmgrl, name: str, immediate: str | None) -> None:
    """At the standby itself: the primary may be gone."""
    tool.say("Performing failover NOW, please wait...")
    assert tool.link is not None
    if tool.ask("who")["name"].lower() != _text(name).lower():
        raise Failed("Error: ORA-16600: not connected to target standby database")
    tool.ask("failover", name=_text(name), immediate=bool(immediate))
    tool.say(f'Failover succeeded, new primary is "{_text(name)}"')


def _instance(tool: Dgmgrl, member: Any, properties: dict[str, str]) -> Remote:
    """A member's instance, mounted, whatever it was before."""
    logon = tool.logon or ("", "")
    try:
        link = Remote(*logon, properties["StaticConnectIdentifier"], tool.environment)
        if link.name is None:
            link = Remote(*logon, properties["StaticConnectIdentifier"], tool.environment, starting=True)
        state = link.sql("SELECT status FROM v$instance")[0][0]
        if state == "OPEN":
            raise OraError(1126, "database must be mounted in this instance and not open in any instance")
        if state == "STARTED":
            link.sql("ALTER DATABASE MOUNT")
        return link
    except OraError as error:
        raise Failed(f"Unable to connect to database using {properties['StaticConnectIdentifier']}", *error.text.split("\n")) from None


def _reinstate(tool: Dgmgrl, name: str) -> None:
    """The former primary goes back to where the new one took over, and follows it (documented).

    ORA-16653 while its instance is down (transcript), or when it cannot be flashed back. That it answers the same when it is connected to the
    database itself, from where nobody can (documented), is assumed.
    """
    tool.say(f'Reinstating database "{_text(name)}", please wait...')
    member, properties = _at(tool, _text(name))
    primary = tool.ask("show")[0].primary
    refused = Failed("Error: ORA-16653: failed to reinstate database", after=(f'Reinstatement of database "{member.name}" failed',))
    here = tool.link is not None and str(tool.link.name).lower() == member.name.lower()
    if here or _is_down(tool, properties):
        raise refused
    link = _instance(tool, member, properties)
    try:
        there = Remote(*(tool.logon or ("", "")), primary.identifier, tool.environment)
        scn = there.sql("SELECT standby_became_primary_scn FROM v$database")[0][0]
        there.close()
        link.sql(f"FLASHBACK DATABASE TO SCN {scn}")
        link.sql("ALTER DATABASE CONVERT TO PHYSICAL STANDBY")
        _bounce(tool, link, properties)
        _patiently(lambda: tool.ask("reinstated", name=member.name, role="PHYSICAL STANDBY"))
    except OraError:
        raise refused from None
    tool.say(f'Reinstatement of database "{member.name}" succeeded')


def _is_down(tool: Dgmgrl, properties: dict[str, str]) -> bool:
    """Whether no instance answers by the static service. One that is not reached at all tells why when it is needed."""
    try:
        link = Remote(*(tool.logon or ("", "")), properties["StaticConnectIdentifier"], tool.environment)
    except OraError:
        return False
    idle = link.name is None
    link.close()
    return idle


def _bounce(tool: Dgmgrl, link: Remote, properties: dict[str, str]) -> None:
    """Stop the instance and mount the database anew."""
    link.shutdown()
    made = Remote(*(tool.logon or ("", "")), properties["StaticConnectIdentifier"], tool.environment, starting=True)
    made.sql("ALTER DATABASE MOUNT")
    made.close()


def _patiently(work: Callable[[], Any]) -> None:
    """The member's monitor has just been started."""
    deadline = time.monotonic() + 60
    while True:
        try:
            work()
            return
        except Failed as failure:
            if "ORA-16525" not in str(failure.args[0]) or time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def _convert(tool: Dgmgrl, name: str, to: str) -> None:
    """CONVERT DATABASE name TO SNAPSHOT STANDBY | PHYSICAL STANDBY; the broker stops apply, restarts and opens as needed (documented)."""
    tool.say(f'Converting database "{_text(name)}" to a {to.capitalize()} Standby database, please wait...')
    member, properties = _at(tool, _text(name))
    try:
        there = Remote(*(tool.logon or ("", "")), member.identifier, tool.environment)
        if to.upper() == "SNAPSHOT":
            if there.sql("SELECT COUNT(*) FROM v$managed_standby WHERE process = 'MRP0'")[0][0]:
                there.sql("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE CANCEL")
            there.sql("ALTER DATABASE CONVERT TO SNAPSHOT STANDBY")
            there.sql("ALTER DATABASE OPEN")
            there.close()
        else:
            there.shutdown()
            link = Remote(*(tool.logon or ("", "")), properties["StaticConnectIdentifier"], tool.environment, starting=True)
            link.sql("ALTER DATABASE MOUNT")
            link.sql("ALTER DATABASE CONVERT TO PHYSICAL STANDBY")
            _bounce(tool, link, properties)
        _patiently(lambda: tool.ask("reinstated", name=member.name, role=f"{to.upper()} STANDBY"))
    except OraError as error:
        raise Failed(f"Error: {error.text}", f'Failed to convert database "{member.name}"') from None
    tool.say(f'Database "{member.name}" converted successfully')


COMMANDS: Final[list[tuple[str, Callable[..., None]]]] = [
    (r"""CONNECT (?:/|("[^"]*"|[^/@\s]+)/("[^"]*"|[^@\s]+)(?:@('[^']*'|"[^"]*"|\S+))?)( AS (?:SYSDBA|SYSDG))?""", _connect),
    (rf"CREATE CONFIGURATION {NAME} AS PRIMARY DATABASE IS {NAME} CONNECT IDENTIFIER IS {VALUE}", _create),
    (rf"ADD DATABASE {NAME} AS CONNECT IDENTIFIER IS {VALUE}(?: MAINTAINED AS (PHYSICAL|LOGICAL|SNAPSHOT))?", _add),
    (rf"ENABLE (?:CONFIGURATION|DATABASE {NAME})", _enable), (rf"DISABLE (?:CONFIGURATION|DATABASE {NAME})", _disable),
    (rf"REMOVE (?:CONFIGURATION|DATABASE {NAME})( PRESERVE DESTINATIONS)?", _remove),
    (rf"EDIT (?:CONFIGURATION|DATABASE {NAME}) SET PROPERTY {NAME} ?= ?{VALUE}", _property),
    (rf"EDIT DATABASE {NAME} SET STATE ?= ?{NAME}", _state),
    (r"EDIT CONFIGURATION SET PROTECTION MODE AS (MaxPerformance|MaxAvailability|MaxProtection)", _mode),
    (r"SHOW CONFIGURATION( VERBOSE)?", _show_configuration), (rf"SHOW DATABASE( VERBOSE)? {NAME}(?: {NAME})?", _show_database),
    (rf"VALIDATE DATABASE( VERBOSE)? {NAME}", _validate), (rf"SWITCHOVER TO {NAME}", _switchover),
    (rf"FAILOVER TO {NAME}( IMMEDIATE)?", _failover), (rf"REINSTATE DATABASE {NAME}", _reinstate),
    (rf"CONVERT DATABASE {NAME} TO (SNAPSHOT|PHYSICAL) STANDBY", _convert)]


def _commands(stream: Any) -> Iterator[str]:
    """Commands of standard input: one a line, or up to a semicolon that stands in no quotes."""
    for line in stream:
        yield from re.findall(r"(?:'[^']*'|\"[^\"]*\"|[^;])+", line.rstrip("\n"))


def _banner(environment: dict[str, str]) -> list[str]:
    return ["DGMGRL for Linux: Release 19.0.0.0.0 - Production on " + time.strftime("%a %b %e %H:%M:%S %Y"), "Version 19.3.0.0.0", "",
            "Copyright (c) 1982, 2019, Oracle and/or its affiliates.  All rights reserved.", "", 'Welcome to DGMGRL, type "help" for information.']


def main() -> int:
    arguments = sys.argv[1:]
    environment = dict(os.environ)
    silent = bool(arguments) and arguments[0].lower() == "-silent"
    arguments = arguments[1:] if silent else arguments
    tool = Dgmgrl(environment)
    if not silent:
        tool.say(*_banner(environment))
    if arguments and not arguments[0].startswith("/nolog"):
        tool.run("CONNECT " + arguments[0])
    if len(arguments) > 1:
        if tool.link is not None:
            for command in _commands([" ".join(arguments[1:])]):
                tool.run(command)
        return 1 if tool.failed else 0
    for command in _commands(sys.stdin):
        if not tool.run(command):
            break
    tool.disconnect()
    return 0


if __name__ == "__main__":
    sys.exit(main())
