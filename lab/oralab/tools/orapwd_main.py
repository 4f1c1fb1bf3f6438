# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``orapwd``: makes and describes password files.

Arguments are documented, and so are the rules for passwords in files of format 12.2 (the wording of all but the length is assumed). The question for
the password and the answer on standard input are from transcripts, as are OPW-00029 and what ``describe`` prints; the texts of
OPW-00001 and OPW-00005 are known to DBAs. Exit codes are assumed.
"""
from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping, Sequence

from oralab.catalog import passwords
from oralab.net.auth import make_verifier

_ARGUMENTS = ("file", "password", "entries", "force", "asm", "dbuniquename", "format", "sysbackup", "sysdg", "syskm", "delete", "input_file")
_ACCOUNTS = {"sysbackup": "SYSBACKUP", "sysdg": "SYSDG", "syskm": "SYSKM"}
_DEFAULT_FORMAT = "12.2"
_SHORTEST = 8
_USAGE = """Usage 1: orapwd file=<fname> force=<y/n> asm=<y/n>
           dbuniquename=<dbname> format=<12/12.2>
           delete=<y/n> input_file=<input-fname>
           sysbackup=<y/n> sysdg=<y/n> syskm=<y/n>
           password=<password> entries=<n>

Usage 2: orapwd describe file=<fname>

There must be no spaces around the equal-to (=) character."""


class _Failure(Exception):
    """What is printed."""


def _parsed(arguments: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for argument in arguments:
        name, equal, value = argument.partition("=")
        if not equal or name.lower() not in _ARGUMENTS:
            raise _Failure(_USAGE)
        found[name.lower()] = value
    if not found.get("file"):
        raise _Failure(_USAGE)
    for name in ("asm", "dbuniquename", "delete"):
        if found.get(name, "n").lower() not in ("n", "no") or found["file"].startswith("+"):
            raise _Failure(f"{_USAGE}\n(lab: not simulated: password files in ASM)")
    return found


def _yes(found: Mapping[str, str], name: str) -> bool:
    return found.get(name, "n").lower() in ("y", "yes")


def _asked(account: str) -> str:
    """A password from the terminal, or from standard input when that is none."""
    if sys.stdin.isatty():
        return getpass.getpass(f"\nEnter password for {account}: ")
    print(f"\nEnter password for {account}: ")
    return sys.stdin.readline().rstrip("\n")


def _complex(account: str, password: str) -> None:
    """The rules of format 12.2."""
    lacking = ""
    if len(password) < _SHORTEST:
        lacking = f"Password must contain at least {_SHORTEST} characters."
    elif not any(letter.isalpha() for letter in password):
        lacking = "Password must contain at least 1 letter."
    elif not any(letter.isdigit() for letter in password):
        lacking = "Password must contain at least 1 digit."
    elif all(letter.isalnum() for letter in password):
        lacking = "Password must contain at least 1 special character."
    elif password.upper() in (account, account[::-1]) or "ORACLE" in password.upper():
        lacking = "Password is too simple."
    if lacking:
        raise _Failure(f"\nOPW-00029: Password complexity failed for {account} user : {lacking}")


def _entries(found: Mapping[str, str], form: str) -> passwords.Entries:
    if "input_file" in found:
        try:
            return passwords.read(found["input_file"])[1]
        except (OSError, passwords.Invalid):
            raise _Failure(f"\nOPW-00001: Unable to open password-file {found['input_file']}") from None
    if form == "legacy" and any(_yes(found, name) for name in _ACCOUNTS):
        raise _Failure(_USAGE)
    wanted = {"SYS": {"SYSDBA", "SYSOPER"}, **{account: {account} for name, account in _ACCOUNTS.items() if _yes(found, name)}}
    entries: passwords.Entries = {}
    for account, held in wanted.items():
        password = found["password"].strip('"') if account == "SYS" and found.get("password") else _asked(account)
        if form == "12.2":
            _complex(account, password)
        entries[account] = (make_verifier(password), held)
    return entries


def run(arguments: Sequence[str]) -> None:
    """One command line. Raises _Failure."""
    if arguments and arguments[0].lower() == "describe":
        path = _parsed(arguments[1:])["file"]
        try:
            print(f"Password file Description : format={passwords.read(path)[0]}")
        except (OSError, passwords.Invalid):
            raise _Failure(f"\nOPW-00001: Unable to open password-file {path}") from None
        return
    found = _parsed(arguments)
    path, form = found["file"], found.get("format", _DEFAULT_FORMAT)
    if form not in passwords.FORMATS or not found.get("entries", "1").isdigit():
        raise _Failure(_USAGE)
    if os.path.exists(path) and not _yes(found, "force"):
        raise _Failure("\nOPW-00005: File with same name exists - please delete or rename")
    entries = _entries(found, form)
    try:
        passwords.write(path, entries, form)
    except OSError:
        raise _Failure(f"\nOPW-00001: Unable to open password-file {path}") from None


def main() -> int:
    try:
        run(sys.argv[1:])
    except _Failure as failure:
        print(failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
