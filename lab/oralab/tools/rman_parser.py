# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager's command language: splitting input into commands, and reading one.

Grammar as in the Backup and Recovery Reference, for the commands the lab has. What cannot be read is a syntax error
(RMAN-00558 with RMAN-01009 and RMAN-01007), and nothing of that command runs.
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from oralab.tools import rman_commands as commands
from oralab.tools.rman_commands import Command, Scope


class SyntaxFault(Exception):
    """RMAN-00558 and what follows; ``lines`` are the lines of the error stack."""

    def __init__(self, *lines: str) -> None:
        self.lines = ["RMAN-00558: error encountered while parsing input commands", *lines]
        super().__init__(self.lines[-1])


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is word, number, single (quoted), double, or the punctuation itself."""

    kind: str
    text: str
    line: int
    column: int
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


_TOKEN = re.compile(r"""(?P<space>\s+|\#[^\n]*|--[^\n]*)|'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<open>['"])
    |(?P<number>\d+(?![\w$#]))|(?P<word>[\w$#][\w$#.\[\]-]*)|(?P<mark>[;,{}()=/@%:<>*+|.\\?&!^~`\[\]-])""", re.VERBOSE)
_LINE_COMMANDS = ("CONNECT", "EXIT", "QUIT", "@")
"""Commands that end with their line when no semicolon does."""
_SQL = ("SELECT", "INSERT", "UPDATE", "DELETE FROM", "ALTER SYSTEM", "ALTER DATABASE", "ALTER TABLESPACE", "ALTER SESSION", "ALTER USER",
        "CREATE RESTORE", "CREATE TABLE", "CREATE DIRECTORY", "DROP", "GRANT", "REVOKE", "COMMIT", "ROLLBACK", "DESCRIBE", "TRUNCATE",
        "PURGE", "ALTER TABLE")
"""How statements begin that RMAN hands to SQL (12.1 and later)."""
_NOT_IN_RUN = ("RUN", "CONNECT", "EXIT", "QUIT", "SPOOL", "@", "end")
_NOT_SIMULATED = ("RESTORE", "RECOVER", "DUPLICATE", "SWITCH", "CATALOG", "CHANGE", "REPORT", "FLASHBACK", "IMPORT", "EXPORT", "HOST",
                  "RESET", "RESYNC", "TRANSPORT", "UPGRADE", "REPAIR", "ADVISE", "SEND", "PRINT", "EXECUTE", "REGISTER", "UNREGISTER")
_STARTERS = ("advise, allocate, alter, analyze, associate statistics, audit, backup, begin, @, call, catalog, change, comment, commit, "
             "configure, connect, convert, copy, create, crosscheck, declare, delete, describe, disassociate statistics, drop, duplicate, "
             "exit, explain plan, flashback, flashback table, grant, grant, host, import, insert, list, lock, merge, mount, noaudit, open, "
             "print, purge, quit, recover, register, release, rename, repair, replace, report, reset, restore, resync, revoke, revoke, "
             "rollback, run, savepoint, select, send, set, show, shutdown, spool, startup, switch, transport, truncate, "
             "unregister, update, "
             "upgrade, validate, {, ")


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text; the last one may be of kind ``open``, a quote that was not closed."""
    line, line_start, position = 1, 0, 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            yield Token(text[position], text[position], line, position - line_start + 1, position, position + 1)
            position += 1
            continue
        kind = found.lastgroup or "mark"
        if kind != "space":
            value = found.group(kind)
            yield Token(value if kind == "mark" else kind, value, line, position - line_start + 1, position, found.end())
        line += text.count("\n", position, found.end())
        line_start = max(line_start, text.rfind("\n", 0, found.end()) + 1)
        position = found.end()


def split(text: str) -> tuple[str, str] | None:
    """The first whole command of a text and what follows it, or None when the text does not hold a whole one yet."""
    depth, first, started = 0, "", 0
    last_line = 0
    for token in tokens(text):
        if token.kind == "open":
            return None
        if not first:
            if token.kind == ";":
                return text[started:token.end], text[token.end:]
            first, started, last_line = token.word or token.kind, token.start, token.line
        elif first in _LINE_COMMANDS and token.line > last_line:
            end = text.index("\n", started)
            return text[started:end], text[end:]
        if token.kind == "{":
            depth += 1
        elif token.kind == "}":
            depth -= 1
            if depth <= 0:
                return text[started:token.end], text[token.end:]
        elif token.kind == ";" and depth == 0:
            return text[started:token.end], text[token.end:]
    if first in _LINE_COMMANDS and "\n" in text[started:]:
        end = text.index("\n", started)
        return text[started:end], text[end:]
    return None


def parse(text: str, file: str = "standard input", first_line: int = 1) -> Command | None:
    """Read one command; None for an empty one. ``first_line`` is where the text begins in ``file``. Raises ``SyntaxFault``."""
    reader = _Reader(text, file, first_line)
    if reader.peek().kind in (";", "end"):
        return None
    command = reader.command()
    reader.accept(";")
    if reader.peek().kind != "end":
        reader.unexpected(";")
    return command


class _Reader:
    def __init__(self, text: str, file: str, first_line: int) -> None:
        self.text = text
        self.file = file
        self.first_line = first_line
        self.tokens = list(tokens(text))
        last = self.tokens[-1] if self.tokens else Token("end", "", 1, 1, 0, 0)
        self.tokens.append(Token("end", "end-of-file", last.line, last.column + len(last.text), len(text), len(text)))
        self.position = 0

    # --- tokens ---

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def accept(self, *wanted: str) -> bool:
        """Take a sequence of words or marks if it stands here."""
        if all((self.peek(at).word or self.peek(at).kind) == word for at, word in enumerate(wanted)):
            self.position += len(wanted)
            return True
        return False

    def expect(self, wanted: str) -> Token:
        if (self.peek().word or self.peek().kind) != wanted:
            self.unexpected(wanted.lower())
        return self.next()

    def unexpected(self, expecting: str) -> NoReturn:
        token = self.peek()
        place = f"RMAN-01007: at line {self.first_line + token.line - 1} column {token.column} file: {self.file}"
        if token.kind == "open":
            raise SyntaxFault("RMAN-02001: unrecognized punctuation symbol \"" + token.text + '"', place)
        if token.kind == "word" and token.word not in _KEYWORDS:
            raise SyntaxFault(f'RMAN-01009: syntax error: found "identifier": expecting one of: "{expecting}"',
                              f"RMAN-01008: the bad identifier was: {token.text}", place)
        found = {"single": "single-quoted-string", "double": "double-quoted-string", "number": "integer"}.get(
            token.kind, token.text.lower())
        raise SyntaxFault(f'RMAN-01009: syntax error: found "{found}": expecting one of: "{expecting}"', place)

    def string(self) -> str:
        """A quoted string, or a bare word where the grammar allows one."""
        token = self.peek()
        if token.kind not in ("single", "double", "word"):
            self.unexpected("double-quoted-string, identifier, single-quoted-string")
        self.next()
        return token.text

    def quoted(self) -> str:
        if self.peek().kind not in ("single", "double"):
            self.unexpected("double-quoted-string, single-quoted-string")
        return self.next().text

    def name(self) -> str:
        """A tablespace's name: upper case unless double-quoted."""
        token = self.peek()
        text = self.string()
        return text if token.kind == "double" else text.upper()

    def integer(self) -> int:
        if self.peek().kind != "number":
            self.unexpected("integer")
        return int(self.next().text)

    def list_of(self, item: Callable[[], str]) -> tuple[str, ...]:
        found = [item()]
        while self.accept(","):
            found.append(item())
        return tuple(found)

    def rest(self) -> str:
        """The words up to the end of the command as written, without the semicolon."""
        start = self.peek().start
        while self.peek().kind not in (";", "end"):
            self.next()
        return self.text[start:self.peek().start].strip()

    # --- commands ---

    def command(self) -> Command:
        token = self.peek()
        sql = self._sql()
        if sql is not None:
            return sql
        reader = _COMMANDS.get(token.word or token.kind)
        if reader is not None:
            self.next()
            return reader(self)
        if token.word in _NOT_SIMULATED:
            self.rest()
            return commands.Unknown(token.word)
        self.unexpected(_STARTERS)

    def _sql(self) -> Command | None:
        words = f"{self.peek().word} {self.peek(1).word}"
        if any(words == start or words.startswith(start + " ") for start in _SQL):
            return commands.Sql(self.rest())
        return None

    def run(self) -> Command:
        self.expect("{")
        found: list[Command] = []
        while not self.accept("}"):
            if self.accept(";"):
                continue
            if (self.peek().word or self.peek().kind) in _NOT_IN_RUN:
                self.unexpected("allocate, alter, backup, convert, crosscheck, delete, execute, release, set, sql, validate, }")
            found.append(self.command())
            self.expect(";")
        return commands.Run(tuple(found))

    def connect(self) -> Command:
        self.expect("TARGET")
        text = self.rest()
        return connect(text)

    def script(self) -> Command:
        return commands.Script(self.rest().strip("'\""))

    def allocate(self) -> Command:
        self.expect("CHANNEL")
        channel = self.string()
        device, form = "DISK", ""
        while self.peek().kind not in (";", "end", "}"):
            if self.accept("DEVICE", "TYPE") or self.accept("TYPE"):
                self.accept("=")
                device = self.string().upper()
            elif self.accept("FORMAT"):
                self.accept("=")
                form = self.quoted()
            elif self.accept("MAXPIECESIZE") or self.accept("MAXOPENFILES") or self.accept("RATE"):
                self.next()
            else:
                self.unexpected("connect, device, format, maxopenfiles, maxpiecesize, parms, rate, type, ;")
        return commands.Allocate(channel, device, form)

    def release(self) -> Command:
        self.expect("CHANNEL")
        return commands.Release(self.string())

    def convert(self) -> Command:
        found: dict[str, object] = {}
        items: list[str] = []
        formats: list[str] = []
        kind = ""

        def named(kind_of: str, item: Callable[[], str]) -> None:
            nonlocal kind
            if kind not in ("", kind_of):
                self.unexpected("db_file_name_convert, format, from, parallelism, to, ;")
            kind = kind_of
            new = self.list_of(item)
            items.extend(new)
            form = ""
            # A FORMAT after a file list is the list's own when further lists or options may follow it (documented for CONVERT DATAFILE).
            if kind_of == "DATAFILE" and self.accept("FORMAT"):
                self.accept("=")
                form = self.quoted()
            formats.extend([form] * len(new))

        while self.peek().kind not in (";", "end", "}"):
            if self.accept("DATAFILE"):
                named("DATAFILE", self.quoted)
            elif self.accept("TABLESPACE"):
                named("TABLESPACE", self.name)
            elif self.accept("DATABASE"):
                kind = "DATABASE"
            else:
                self._convert_option(found)
        if not kind:
            self.unexpected("database, datafile, tablespace")
        return commands.Convert(kind, tuple(items), tuple(formats), **found)  # type: ignore[arg-type]

    def _convert_option(self, found: dict[str, object]) -> None:
        if self.accept("FROM", "PLATFORM"):
            self.accept("=")
            found["from_platform"] = self.quoted()
        elif self.accept("TO", "PLATFORM"):
            self.accept("=")
            found["to_platform"] = self.quoted()
        elif self.accept("FORMAT"):
            self.accept("=")
            found["format"] = self.quoted()
        elif self.accept("PARALLELISM"):
            self.accept("=")
            found["parallelism"] = self.integer()
        elif self.peek().word == "DB_FILE_NAME_CONVERT":
            found["name_convert"] = self.name_convert()
        else:
            self.unexpected("database, datafile, db_file_name_convert, format, from, parallelism, tablespace, to, ;")

    def name_convert(self) -> tuple[str, ...]:
        self.expect("DB_FILE_NAME_CONVERT")
        self.accept("=")
        bracketed = self.accept("(")
        pairs = self.list_of(self.quoted)
        if bracketed:
            self.expect(")")
        if len(pairs) % 2:
            raise SyntaxFault(f"RMAN-06588: number of patterns ({len(pairs)}) for DB_FILE_NAME_CONVERT should be even")
        return pairs

    def scope(self) -> Scope | None:
        if self.accept("DATABASE"):
            return Scope("DATABASE")
        if self.accept("TABLESPACE"):
            return Scope("TABLESPACE", self.list_of(self.name))
        if self.accept("DATAFILE"):
            return Scope("DATAFILE", self.list_of(self._file))
        return None

    def _file(self) -> str:
        return str(self.integer()) if self.peek().kind == "number" else self.quoted()

    def backup(self) -> Command:
        found: dict[str, object] = {}
        scope: Scope | None = None
        while self.peek().kind not in (";", "end", "}"):
            bracketed = self.accept("(")
            new = self.scope()
            if bracketed and new is None:
                self.unexpected("database, datafile, tablespace")
            if new is not None:
                if scope is not None:
                    self.unexpected(";")
                scope = new
                if bracketed:
                    while not self.accept(")"):
                        self._backup_option(found)
                continue
            if self.peek().word in ("ARCHIVELOG", "CURRENT", "BACKUPSET", "COPY", "SPFILE", "PLUGGABLE", "CONTROLFILECOPY",
                                    "DATAFILECOPY", "RECOVERY"):
                what = f"BACKUP {self.peek().word}"
                self.rest()
                return commands.Unknown(what)
            self._backup_option(found)
        if scope is None:
            self.unexpected("archivelog, backupset, copy, current, database, datafile, datafilecopy, recovery, spfile, tablespace")
        return commands.Backup(scope, **found)  # type: ignore[arg-type]

    def _backup_option(self, found: dict[str, object]) -> None:
        if self.accept("AS", "COPY"):
            found["as_copy"] = True
            found["reuse"] = self.accept("REUSE")
        elif self.accept("AS", "COMPRESSED", "BACKUPSET"):
            found["as_compressed"] = True
        elif self.accept("AS", "BACKUPSET"):
            found["as_copy"] = False
        elif self.accept("VALIDATE"):
            found["validate"] = True
        elif self.accept("CHECK", "LOGICAL"):
            found["check_logical"] = True
        elif self.accept("INCREMENTAL", "FROM", "SCN"):
            found["from_scn"] = self.integer()
        elif self.accept("INCREMENTAL"):
            self.expect("LEVEL")
            self.accept("=")
            if self.peek().text not in ("0", "1"):
                self.unexpected("0, 1")
            found["level"] = self.integer()
            found["cumulative"] = self.accept("CUMULATIVE")
        elif self.accept("CUMULATIVE"):
            found["cumulative"] = True
        elif self.accept("TAG"):
            self.accept("=")
            found["tag"] = self.tag()
        elif self.accept("FORMAT"):
            self.accept("=")
            found["format"] = self.quoted()
        elif self.accept("FILESPERSET"):
            self.accept("=")
            found["filesperset"] = self.integer()
        elif self.peek().word == "DB_FILE_NAME_CONVERT":
            found["name_convert"] = self.name_convert()
        elif self.accept("PLUS", "ARCHIVELOG"):
            found["plus_archivelog"] = True
        elif self.accept("INCLUDE", "CURRENT", "CONTROLFILE"):
            found["include_controlfile"] = True
        else:
            self.unexpected("archivelog, as, check, copy, cumulative, current, database, datafile, filesperset, format, full, include, "
                            "incremental, plus, tablespace, tag, validate, ;")

    def tag(self) -> str:
        """A tag has at most 30 characters and none of those that file names reserve (documented)."""
        tag = self.string().upper()
        if len(tag) > 30:
            raise SyntaxFault(f"RMAN-06739: tag name {tag} longer than 30 characters")
        if not re.fullmatch(r"[A-Z0-9_$#]+", tag):
            raise SyntaxFault(f"RMAN-06730: tag name {tag} contains invalid characters")
        return tag

    def validate(self) -> Command:
        logical = self.accept("CHECK", "LOGICAL")
        scope = self.scope()
        if scope is None:
            if self.peek().word in ("BACKUPSET", "COPY", "CURRENT", "SPFILE", "DATAFILECOPY", "ARCHIVELOG", "RECOVERY"):
                self.rest()
                return commands.Unknown("VALIDATE of anything but the database's datafiles")
            self.unexpected("archivelog, backupset, check, copy, current, database, datafile, tablespace")
        return commands.Validate(scope, self.accept("CHECK", "LOGICAL") or logical)

    def records(self, verb: str) -> Command:
        found: dict[str, object] = {}
        if verb == "DELETE":
            while self.peek().word in ("NOPROMPT", "EXPIRED", "OBSOLETE", "FORCE"):
                found[self.next().text.lower()] = True
        elif verb == "LIST" and self.accept("EXPIRED"):
            found["expired"] = True
        kinds = ("COPY", "BACKUP", "BACKUPSET", "DATAFILECOPY", "BACKUPPIECE")
        if found.get("obsolete"):
            kind = "BACKUP"
        elif self.peek().word in kinds:
            kind = self.next().word
        else:
            self.rest()
            return commands.Unknown(f"{verb} of anything but backups and copies of datafiles")
        while self.peek().kind not in (";", "end", "}"):
            if self.accept("OF"):
                scope = self.scope()
                if scope is None:
                    self.unexpected("database, datafile, tablespace")
                found["scope"] = scope
            elif self.accept("TAG"):
                self.accept("=")
                found["tag"] = self.string().upper()
            elif self.accept("SUMMARY"):
                found["summary"] = True
            elif self.accept("COMPLETED") or self.accept("DEVICE"):
                self.rest()
                return commands.Unknown(f"{verb} {kind} with COMPLETED or DEVICE")
            elif self.peek().kind in ("single", "double", "number"):
                found["items"] = self.list_of(lambda: self.next().text)
            else:
                self.unexpected("completed, device, of, summary, tag, ;")
        return commands.Records(verb, kind, **found)  # type: ignore[arg-type]

    def show(self) -> Command:
        return commands.Show(" ".join(self.rest().upper().split()))

    def configure(self) -> Command:
        text = " ".join(self.rest().split())
        for name in CONFIGURABLE:
            if text.upper().startswith(name + " "):
                value = text[len(name) + 1:]
                return commands.Configure(name, None if value.upper() == "CLEAR" else value)
        return commands.Unknown("CONFIGURE " + text)

    def sql(self) -> Command:
        token = self.peek()
        if token.kind == "open":
            self.unexpected("double-quoted-string, single-quoted-string")
        text = self.rest()
        mark = text[:1]
        if mark not in "'\"":
            return commands.Sql(text)
        return commands.Sql(text[1:-1].replace(mark * 2, mark), quoted=True)

    def set_option(self) -> Command:
        return commands.SetOption(tuple(self.rest().split()))

    def spool(self) -> Command:
        self.expect("LOG")
        if self.accept("OFF"):
            return commands.Spool("")
        self.expect("TO")
        return commands.Spool(self.string(), self.accept("APPEND"))

    def startup(self) -> Command:
        to, force = "OPEN", False
        while self.peek().kind not in (";", "end", "}"):
            if self.accept("FORCE"):
                force = True
            elif self.peek().word in ("NOMOUNT", "MOUNT"):
                to = self.next().word
            else:
                self.unexpected("dba, force, mount, nomount, pfile, upgrade, ;")
        return commands.Startup(to, force)

    def shutdown(self) -> Command:
        mode = self.next().word if self.peek().word in ("IMMEDIATE", "ABORT", "NORMAL", "TRANSACTIONAL") else "NORMAL"
        return commands.Shutdown(mode)


def connect(text: str) -> commands.Connect:
    """A connect string: ``/``, ``'/ AS SYSBACKUP'``, ``'"/ as sysbackup"'``, ``user/password@service AS SYSDBA``."""
    stripped = text.strip().rstrip(";").strip()
    while len(stripped) > 1 and stripped[0] in "'\"" and stripped[-1] == stripped[0]:
        stripped = stripped[1:-1].strip()
    found = re.fullmatch(r"(?P<user>[^/@\s]*)(?:/(?P<password>\"[^\"]*\"|[^@\s]*))?(?:@(?P<dsn>\"[^\"]*\"|\S+))?"
                         r"(?:\s+AS\s+(?P<privilege>SYSDBA|SYSBACKUP))?", stripped, re.IGNORECASE)
    if found is None or not stripped:
        raise SyntaxFault('RMAN-01009: syntax error: found "identifier": expecting one of: "double-quoted-string, single-quoted-string"')
    return commands.Connect((found["user"] or "").strip('"').upper(), (found["password"] or "").strip('"'),
                            (found["dsn"] or "").strip('"'), (found["privilege"] or "SYSDBA").upper())


CONFIGURABLE = ("RETENTION POLICY", "BACKUP OPTIMIZATION", "DEFAULT DEVICE TYPE", "CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK",
                "CONTROLFILE AUTOBACKUP", "DEVICE TYPE DISK", "DATAFILE BACKUP COPIES FOR DEVICE TYPE DISK",
                "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE DISK", "MAXSETSIZE", "ENCRYPTION FOR DATABASE", "ENCRYPTION ALGORITHM",
                "COMPRESSION ALGORITHM", "RMAN OUTPUT", "ARCHIVELOG DELETION POLICY", "SNAPSHOT CONTROLFILE NAME")
"""Names of persistent settings, in the order of SHOW ALL."""

_COMMANDS: dict[str, Callable[[_Reader], Command]] = {
    "@": _Reader.script, "RUN": _Reader.run, "CONNECT": _Reader.connect, "ALLOCATE": _Reader.allocate, "RELEASE": _Reader.release,
    "CONVERT": _Reader.convert, "BACKUP": _Reader.backup, "VALIDATE": _Reader.validate, "SHOW": _Reader.show,
    "CONFIGURE": _Reader.configure, "SQL": _Reader.sql, "SET": _Reader.set_option, "SPOOL": _Reader.spool,
    "STARTUP": _Reader.startup, "SHUTDOWN": _Reader.shutdown,
    "EXIT": lambda reader: commands.Exit(), "QUIT": lambda reader: commands.Exit(),
    "LIST": lambda reader: reader.records("LIST"), "DELETE": lambda reader: reader.records("DELETE"),
    "CROSSCHECK": lambda reader: reader.records("CROSSCHECK"),
}
_KEYWORDS = {*(word for word in re.findall(r"\w+", _STARTERS.upper())), *_NOT_SIMULATED, "DATAFILE", "TABLESPACE", "DATABASE", "FORMAT",
             "FROM", "TO", "PLATFORM", "PARALLELISM", "TAG", "LEVEL", "INCREMENTAL", "CHANNEL", "TARGET", "DEVICE", "TYPE", "COPY", "AS",
             "BACKUPSET", "LOG", "OF", "PLUS", "ARCHIVELOG", "CHECK", "LOGICAL", "DB_FILE_NAME_CONVERT"}
