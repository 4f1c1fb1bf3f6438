# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL*Plus: runs scripts of SQL, PL/SQL and its own commands.

Output and exit codes as in the User's Guide: errors do not end a script unless WHENEVER says so, SP2- messages are no SQL
errors, EXIT takes its code modulo 256, an unended statement is not run.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from oralab.errors import OraError
from oralab.sql import bind_names
from oralab.tools.sqlplus_link import Answer, Failure, Link, Variable
from oralab.tools.sqlplus_output import ColumnFormat, HtmlTable, Settings, Table, marked_up, said
from oralab.tools.sqlplus_reader import Item, Reader
from oralab.values import DataType

SUCCESS, FAILURE, WARNING = 0, 1, 2
_WORDS = {"SUCCESS": SUCCESS, "FAILURE": FAILURE, "WARNING": WARNING}
Connector = Callable[[str], Link]


class _Exit(Exception):
    def __init__(self, code: int, commit: bool) -> None:
        super().__init__(code)
        self.code = code % 256
        self.commit = commit


class SqlPlus:
    """One run of SQL*Plus. ``connector`` makes a link of a connect string as CONNECT takes it, raising OraError.

    ``home`` is the ORACLE_HOME, which a question mark in the name of a script stands for (documented).
    """

    def __init__(self, out: TextIO, connector: Connector, *, silent: bool = False, home: str = "") -> None:
        self.home = home
        self.out = out
        self.connector = connector
        self.silent = silent
        self.link: Link | None = None
        self.settings = Settings()
        self.formats: dict[str, ColumnFormat] = {}
        self.variables: dict[str, str] = {}
        self.errors: list[Failure] = []
        """Every Oracle error of the run, in order."""
        self._reader = Reader()
        self._buffer: tuple[str, str] = ("", "")
        self._variables: dict[str, Variable] = {}
        self._on_sql_error: tuple[str, str] | None = None
        self._on_os_error: tuple[str, str] | None = None
        self._last_code = 0
        self._input: Iterator[str] = iter(())

    # --- running ---

    def run(self, lines: Iterable[str]) -> int:
        """Run a script to its end or to EXIT; the exit code."""
        self._input = iter(lines)
        try:
            self._prompt()
            self._script(self._input)
            raise _Exit(SUCCESS, self.settings.exitcommit)
        except _Exit as ending:
            if self.link is not None:
                self.link.close(commit=ending.commit)
                if not self.silent:
                    self.say("Disconnected from Oracle Database")
            return ending.code

    def _script(self, lines: Iterator[str]) -> None:
        for line in lines:
            text = self._substituted(line)
            if self.settings.echo and not self.silent:
                self.say(text.rstrip("\r\n"))
            for item in self._reader.feed(text):
                self._do(item)
            self._prompt()
        for item in self._reader.end():
            self._do(item)

    def _prompt(self) -> None:
        if not self.silent:
            number = self._reader.prompt_number
            self.out.write(f"{number:3d}  " if number else "SQL> ")

    def say(self, text: str = "") -> None:
        if self.settings.termout:
            self.out.write(marked_up(text, self.settings) + "\n<br>\n" if self.settings.markup else text + "\n")

    def _substituted(self, line: str) -> str:
        mark = self.settings.define
        if not mark or mark not in line:
            return line

        def value(found: re.Match[str]) -> str:
            name = found.group(2).upper()
            if name not in self.variables:
                self.out.write(f"Enter value for {found.group(2).lower()}: ")
                answer = next(self._input, "").rstrip("\r\n")
                if found.group(1) != mark * 2:
                    return answer
                self.variables[name] = answer
            return self.variables[name]

        return re.sub(rf"({re.escape(mark)}{{1,2}})(\w+)\.?", value, line)

    def _do(self, item: Item) -> None:
        if item.kind in ("sql", "plsql"):
            self._buffer = (item.kind, item.text)
            self._execute(item.text, item.kind)
        elif item.kind == "kept":
            self._buffer = ("plsql" if re.match(r"\s*(BEGIN|DECLARE)", item.text, re.IGNORECASE) else "sql", item.text)
        elif item.kind == "run":
            if not self._buffer[1]:
                self.say("SP2-0103: Nothing in SQL buffer to run.")
            else:
                self._execute(self._buffer[1], self._buffer[0])
        elif item.kind == "unknown":
            self.say(f'SP2-0734: unknown command beginning "{item.text[:10]}{"..." if len(item.text) > 10 else ""}" - rest of '
                     'line ignored.')
        else:
            handler = _HANDLERS.get(item.kind)
            if handler is None:
                self.say(f"SP2-0158: unknown command {item.kind} (lab: not simulated)")
            else:
                handler(self, item.text)

    # --- statements ---

    def _execute(self, text: str, kind: str) -> None:
        if self.link is None:
            self.say("SP2-0640: Not connected")
            return
        names = list(dict.fromkeys(bind_names(text))) if self._variables else []
        undeclared = [name for name in names if name not in self._variables]
        if undeclared:
            self.say(f'SP2-0552: Bind variable "{undeclared[0]}" not declared.')
            return
        given = {"variables": {name: self._variables[name] for name in names}} if names else {}
        answer = self.link.execute(text, output=self.settings.serveroutput, **given)
        for name, value in answer.out.items():
            self._variables[name] = dataclasses.replace(self._variables[name], value=value)
        if answer.columns is not None:
            self._rows(answer)
        for line in answer.output:
            self.say(line)
        if answer.error is not None:
            self._error(answer.error, text)
            return
        self._last_code = 0
        if answer.columns is None and self.settings.feedback:
            self._feedback(answer, text)
        if self.settings.autocommit and answer.kind == "dml":
            self.link.execute("COMMIT")
            self.say("Commit complete.")

    def _feedback(self, answer: Answer, text: str) -> None:
        sentence = said(text, answer.rowcount)
        if answer.warning:
            sentence = f"Warning: {sentence.rstrip('.')} with compilation errors."
        self.say()
        self.say(sentence)
        self.say()

    def _rows(self, answer: Answer) -> None:
        settings = self.settings
        columns = answer.columns or []
        form = HtmlTable if settings.markup else Table
        table = form([column.name for column in columns], [column.type for column in columns], settings, self.formats)
        heading = table.heading() if settings.heading and settings.pagesize else []
        used = 0
        between = 0 if settings.markup else settings.newpage
        self._print(table.opening() if answer.rows else [])
        for row in answer.rows:
            lines = table.row(row)
            high = 1 if settings.markup else len(lines)
            if settings.pagesize and (used == 0 or used + high > settings.pagesize - settings.newpage):
                self._print([""] * between + heading)
                used = 1 if settings.markup else len(heading)
            self._print(lines)
            used += high
        self._print(table.closing() if answer.rows else [])
        if answer.error is None and settings.feedback and (not answer.rows or len(answer.rows) >= settings.feedback):
            count = len(answer.rows)
            self.say()
            self.say("no rows selected" if not count else f"{count} row{'' if count == 1 else 's'} selected.")
        if answer.error is None and settings.pagesize:
            self.say()

    def _print(self, lines: Iterable[str]) -> None:
        """Lines as they are."""
        self.out.writelines(line + "\n" for line in lines if self.settings.termout)

    def _error(self, error: Failure, text: str) -> None:
        self.errors.append(error)
        self._last_code = error.code
        before = text[:error.offset]
        number = before.count("\n")
        lines = text.split("\n")
        column = error.offset - (before.rfind("\n") + 1)
        self.say(lines[number] if number < len(lines) else "")
        self.say(" " * max(column, 0) + "*")
        self.say(f"ERROR at line {number + 1}:")
        self.say(error.text)
        self.say()
        self.say()
        self._whenever(self._on_sql_error)

    def _whenever(self, action: tuple[str, str] | None) -> None:
        if action is not None:
            what, ending = action
            if what == "CONTINUE":
                if ending in ("COMMIT", "ROLLBACK") and self.link is not None:
                    self.link.execute(ending)
                return
            raise _Exit(self._code(what), ending != "ROLLBACK")

    def _code(self, word: str) -> int:
        if word.upper() in ("SQL.SQLCODE", "SQL.PNO"):
            return self._last_code
        if word.upper() in _WORDS:
            return _WORDS[word.upper()]
        if re.fullmatch(r"-?\d+", word):
            return int(word)
        self.say(f'SP2-0584: EXIT variable "{word}" was non-numeric')
        return FAILURE

    # --- commands ---

    def connect(self, text: str) -> bool:
        """CONNECT; whether it succeeded."""
        if self.link is not None:
            self.link.close(commit=True)
            self.link = None
        try:
            self.link = self.connector(text)
        except OraError as error:
            failure = Failure.of(error)
            self.errors.append(failure)
            self._last_code = failure.code
            self.say("ERROR:")
            self.say(failure.text)
            self.say()
            self.say()
            return False
        return True

    def do_connect(self, text: str) -> None:
        had = self.link is not None
        if self.connect(text):
            self.say(connected(self.link))
            return
        if had:
            self.say("Warning: You are no longer connected to ORACLE.")
        self._whenever(self._on_sql_error)

    def do_disconnect(self, text: str) -> None:
        if self.link is not None:
            self.link.close(commit=True)
            self.link = None

    def do_exit(self, text: str) -> None:
        words = text.split()
        commit = self.settings.exitcommit
        if words and words[-1].upper() in ("COMMIT", "ROLLBACK"):
            commit = words.pop().upper() == "COMMIT"
        raise _Exit(self._code(words[0]) if words else SUCCESS, commit)

    def do_whenever(self, text: str) -> None:
        words = text.upper().split()
        if len(words) < 2 or words[0] not in ("SQLERROR", "OSERROR") or words[1] not in ("EXIT", "CONTINUE"):
            self.say("SP2-0044: For a list of known commands enter HELP")
            return
        ending = words[-1] if words[-1] in ("COMMIT", "ROLLBACK", "NONE") else ""
        rest = words[2:len(words) - bool(ending)]
        action: tuple[str, str] | None
        if words[1] == "CONTINUE":
            action = ("CONTINUE", ending)
        else:
            action = (rest[0] if rest else "SUCCESS", ending)
        if words[0] == "SQLERROR":
            self._on_sql_error = action
        else:
            self._on_os_error = action

    def do_prompt(self, text: str) -> None:
        self.say(text)

    def do_remark(self, text: str) -> None:
        """A remark."""

    def do_execute(self, text: str) -> None:
        self._execute(f"BEGIN {text.rstrip(';')}; END;", "plsql")

    def do_variable(self, text: str) -> None:
        """VARIABLE name type: a bind variable, NULL at first. The types that a script needs for calls."""
        found = re.fullmatch(r"(\w+)\s+(NUMBER|CLOB|(VARCHAR2)\s*\((\d+)\))", text.strip(), re.IGNORECASE)
        if found is None:
            self.say(f"SP2-0158: unknown VARIABLE form {text} (lab: not simulated)")
            return
        if found[4] and int(found[4]) > _LONGEST_VARIABLE:
            self.say(f"SP2-0676: Bind variable length cannot exceed {_LONGEST_VARIABLE} bytes")
            return
        kind = DataType("VARCHAR2", int(found[4])) if found[4] else DataType(found[2].upper())
        self._variables[found[1].upper()] = Variable(kind)

    def do_clear(self, text: str) -> None:
        """CLEAR COLUMNS, BREAKS, COMPUTES: says so."""
        what = text.upper()
        found = next((word for word in ("COLUMNS", "BREAKS", "COMPUTES", "BUFFER", "SQL", "SCREEN", "TIMING") if what and word.startswith(what)), None)
        if found is None:
            self.say("SP2-0154: missing CLEAR option" if not what else f'SP2-0158: unknown CLEAR option "{text}"')
            return
        if found == "COLUMNS":
            self.formats.clear()
        if found in ("COLUMNS", "BREAKS", "COMPUTES"):
            self.say(f"{found.lower()} cleared")

    def _markup(self, words: list[str]) -> None:
        """SET MARKUP HTML {ON | OFF} and its clauses. HEAD, BODY and TABLE are for those who look at it."""
        if not words or words[0].upper() != "HTML":
            self.say("SP2-0158: unknown SET MARKUP option (lab: only HTML is simulated)")
            return
        at = 1
        if len(words) > 1 and words[1].upper() in ("ON", "OFF"):
            self.settings.markup = words[1].upper() == "ON"
            at = 2
        while at < len(words):
            name, value = words[at].upper(), words[at + 1].upper() if at + 1 < len(words) else ""
            if name in ("ENTMAP", "SPOOL", "PREFORMAT", "PRE") and value in ("ON", "OFF"):
                if name == "ENTMAP":
                    self.settings.entmap = value == "ON"
                elif value == "ON":
                    self.say(f"SP2-0158: SET MARKUP HTML {name} ON (lab: not simulated)")
            elif name not in ("HEAD", "BODY", "TABLE"):
                self.say(f'SP2-0158: unknown SET MARKUP HTML option "{name.lower()}"')
                return
            at += 2

    def do_set(self, text: str) -> None:
        words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", text)
        while words:
            name = words.pop(0).upper()
            found = next((names for names in _SETTINGS if name in names), None)
            if found is None:
                if name in _IGNORED:
                    words = words[1:]
                    continue
                self.say(f'SP2-0158: unknown SET option "{name.lower()}"')
                return
            if found[0] == "MARKUP":
                self._markup(words)
                return
            if not words:
                self.say(f"SP2-0268: {found[0].lower()} option not a valid number")
                return
            value = words.pop(0)
            if found[0] == "SERVEROUTPUT":
                words = []
                if value.upper() == "ON" and self.link is not None:
                    self.link.execute("BEGIN DBMS_OUTPUT.ENABLE(NULL); END;")
            self._set(found[0], value)

    def _set(self, name: str, value: str) -> None:
        settings, upper = self.settings, value.upper()
        attribute = name.lower()
        if name == "SQLBLANKLINES":
            self._reader.blank_lines = upper == "ON"
        elif name == "FEEDBACK":
            settings.feedback = {"ON": 6, "OFF": 0, "ONLY": 6}.get(upper, int(value) if value.isdigit() else 6)
        elif name == "DEFINE":
            settings.define = {"ON": "&", "OFF": ""}.get(upper, value.strip("'"))
        elif name == "TERMOUT":
            settings.termout = True   # only scripts run by @ are silenced by it, and the lab's callers want to see errors
        elif name == "UNDERLINE":
            settings.underline = {"ON": "-", "OFF": ""}.get(upper, value.strip("'"))
        elif isinstance(getattr(settings, attribute), bool):
            setattr(settings, attribute, upper not in ("OFF", "NONE"))
        elif isinstance(getattr(settings, attribute), int):
            if upper == "NONE":
                value = "0"
            if not value.isdigit():
                self.say(f"SP2-0268: {attribute} option not a valid number")
                return
            low, high = _RANGES.get(name, (0, 2_000_000_000))
            if not low <= int(value) <= high:
                self.say(f"SP2-0267: {attribute} option {value} out of range ({low} through {high})")
                return
            setattr(settings, attribute, int(value))
        else:
            setattr(settings, attribute, value.strip("'\""))

    def do_column(self, text: str) -> None:
        words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", text)
        form = self.formats.setdefault(words[0].upper(), ColumnFormat()) if words else ColumnFormat()
        at = 1
        while at < len(words):
            word = words[at].upper()
            following = words[at + 1] if at + 1 < len(words) else ""
            if word in ("FORMAT", "FOR"):
                found = re.fullmatch(r"[Aa](\d+)", following)
                form.width = int(found.group(1)) if found else len(following) + 1
                at += 2
            elif word in ("HEADING", "HEA"):
                form.heading = following.strip("'\"")
                at += 2
            elif word in ("NOPRINT", "NOPRI"):
                form.hidden = True
                at += 1
            elif word in ("NEW_VALUE", "NEW_V"):
                self.say("SP2-0158: unknown COLUMN option \"new_value\" (lab: not simulated)")
                at += 2
            else:
                at += 1

    def do_define(self, text: str) -> None:
        name, equals, value = text.partition("=")
        if equals:
            self.variables[name.strip().upper()] = value.strip().strip("'\"")
        else:
            found = self.variables.get(name.strip().upper())
            self.say(f'SP2-0135: symbol {name.strip().lower()} is UNDEFINED' if found is None
                     else f'DEFINE {name.strip().upper():<15} = "{found}" (CHAR)')

    def do_undefine(self, text: str) -> None:
        for name in text.split():
            self.variables.pop(name.upper(), None)

    def do_start(self, text: str) -> None:
        path = text.split()[0].strip("'\"").replace("?", self.home) if text.split() else ""
        try:
            with open(path if "." in path.rsplit("/", 1)[-1] else path + ".sql", encoding="utf-8") as file:
                lines = file.readlines()
        except OSError:
            self.say(f'SP2-0310: unable to open file "{path}"')
            self._whenever(self._on_os_error)
            return
        self._script(iter(lines))

    def do_show(self, text: str) -> None:
        words = text.upper().split()
        if words[:1] == ["USER"]:
            self.say(f'USER is "{self.link.user if self.link else ""}"')
        elif words[:1] in (["PARAMETER"], ["PARAMETERS"]):
            pattern = (words[1] if len(words) > 1 else "").lower().replace("'", "''")
            self._execute("SELECT name, DECODE(type, 1, 'boolean', 2, 'string', 3, 'integer', 4, 'file', 6, 'big integer') type, "
                          f"display_value value FROM v$parameter WHERE name LIKE '%{pattern}%' ORDER BY name", "sql")
        elif words[:1] in (["ERRORS"], ["ERR"]):
            self._execute("SELECT line || '/' || position \"LINE/COL\", text error FROM user_errors ORDER BY sequence", "sql")
        else:
            self.say(f'SP2-0158: unknown SHOW option "{text}"')

    def do_archive(self, text: str) -> None:
        if text.upper() != "LOG LIST" or self.link is None:
            self.say("SP2-0718: illegal ARCHIVE LOG option" if self.link else "SP2-0640: Not connected")
            return
        mode = self.link.execute("SELECT log_mode FROM v$database")
        logs = self.link.execute("SELECT MIN(sequence#), MAX(sequence#) FROM v$log WHERE thread# = (SELECT thread# FROM v$instance)")
        places = self.link.execute("SELECT destination FROM v$archive_dest WHERE destination IS NOT NULL ORDER BY dest_id")
        if mode.error or logs.error:
            self._error(mode.error or logs.error, "ARCHIVE LOG LIST")  # type: ignore[arg-type]
            return
        archiving = mode.rows[0][0] == "ARCHIVELOG"
        self.say(f"{'Database log mode':<31}{'Archive Mode' if archiving else 'No Archive Mode'}")
        self.say(f"{'Automatic archival':<31}{'Enabled' if archiving else 'Disabled'}")
        self.say(f"{'Archive destination':<31}{places.rows[0][0]}")
        self.say(f"{'Oldest online log sequence':<31}{logs.rows[0][0]}")
        if archiving:
            self.say(f"{'Next log sequence to archive':<31}{logs.rows[0][1]}")
        self.say(f"{'Current log sequence':<31}{logs.rows[0][1]}")

    def do_recover(self, text: str) -> None:
        """ALTER DATABASE RECOVER with the same clauses (documented)."""
        if self.link is None:
            self.say("SP2-0640: Not connected")
            return
        answer = self.link.execute(f"ALTER DATABASE RECOVER {text}")
        if answer.error is not None:
            self._error(answer.error, f"RECOVER {text}")
        else:
            self.say("Media recovery complete.")

    def do_startup(self, text: str) -> None:
        self._instance("STARTUP", text)

    def do_shutdown(self, text: str) -> None:
        self._instance("SHUTDOWN", text)

    def _instance(self, verb: str, text: str) -> None:
        if self.link is None:
            self.say("SP2-0640: Not connected")
            return
        try:
            for line in self.link.instance(verb, " ".join(text.split())):
                self.say(line)
        except OraError as error:
            failure = Failure.of(error)
            self.errors.append(failure)
            self._last_code = failure.code
            self.say(failure.text)
            self._whenever(self._on_sql_error)


def connected(link: Link | None) -> str:
    idle = getattr(link, "idle", False)
    return "Connected to an idle instance." if idle else "Connected."


_SETTINGS = (("PAGESIZE", "PAGES"), ("LINESIZE", "LIN", "LINES"), ("HEADING", "HEA", "HEAD"), ("FEEDBACK", "FEED"), ("NUMWIDTH", "NUM"),
             ("NUMFORMAT", "NUMF"), ("LONG",), ("LONGCHUNKSIZE", "LONGC"), ("COLSEP",), ("NULL",), ("NEWPAGE", "NEWP"), ("WRAP", "WRA"),
             ("TRIMOUT", "TRIM"), ("SERVEROUTPUT", "SERVEROUT"), ("DEFINE", "DEF"), ("VERIFY", "VER"), ("ECHO",), ("TIMING", "TIMI"),
             ("TERMOUT", "TERM"), ("AUTOCOMMIT", "AUTO"), ("EXITCOMMIT", "EXITC"), ("SQLBLANKLINES", "SQLBL"), ("UNDERLINE", "UND"), ("MARKUP", "MARK"))
_IGNORED = {"TRIMSPOOL", "TRIMS", "TAB", "SQLPROMPT", "SQLP", "ARRAYSIZE", "ARRAY", "RECSEP", "EMBEDDED", "SHOWMODE", "SQLNUMBER", "CONCAT",
            "ESCAPE", "SQLTERMINATOR", "BLOCKTERMINATOR", "TIME", "SUFFIX", "APPINFO", "ERRORLOGGING", "XQUERY", "LOBOFFSET",
            "COPYCOMMIT", "FLUSH", "STATEMENTCACHE", "HEADSEP", "HEADS"}
"""SET variables that change nothing of what the lab prints."""
_RANGES = {"NUMWIDTH": (2, 50), "LINESIZE": (1, 32767), "PAGESIZE": (0, 50000)}
"""Smallest and greatest value (documented)."""
_LONGEST_VARIABLE = 4000
_HANDLERS: dict[str, Callable[[SqlPlus, str], None]] = {
    "CONNECT": SqlPlus.do_connect, "DISCONNECT": SqlPlus.do_disconnect, "EXIT": SqlPlus.do_exit, "WHENEVER": SqlPlus.do_whenever,
    "PROMPT": SqlPlus.do_prompt, "REMARK": SqlPlus.do_remark, "EXECUTE": SqlPlus.do_execute, "SET": SqlPlus.do_set,
    "COLUMN": SqlPlus.do_column, "DEFINE": SqlPlus.do_define, "UNDEFINE": SqlPlus.do_undefine, "@": SqlPlus.do_start,
    "SHOW": SqlPlus.do_show, "ARCHIVE": SqlPlus.do_archive, "STARTUP": SqlPlus.do_startup, "RECOVER": SqlPlus.do_recover, "SHUTDOWN": SqlPlus.do_shutdown,
    "CLEAR": SqlPlus.do_clear, "VARIABLE": SqlPlus.do_variable, "TTITLE": SqlPlus.do_remark, "BTITLE": SqlPlus.do_remark, "TIMING": SqlPlus.do_remark,
}
