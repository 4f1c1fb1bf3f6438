# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files of Oracle Net, and what a connect identifier means.

A file is a row of ``NAME[, NAME...] = value``; a new one begins in the first column (documented, Net Services Reference, Syntax Rules). A name that is
defined twice has its last definition (assumed). Where files are is documented: in TNS_ADMIN, otherwise in ``$ORACLE_HOME/network/admin``.
"""
from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from oralab.errors import OraError

Value = str | list["Parameter"]
DEFAULT_PORT: Final = 1521
_TOKEN = re.compile(r"""\s+|(?:(?<=[\s()=])|^)\#[^\n]*|"[^"]*"|'[^']*'|[()=,]|[^()=,\s"']+""")
_EZCONNECT = re.compile(r"(?://)?(?P<host>\[[^\]]+\]|[\w.-]+)(?::(?P<port>\d+))?(?:/(?P<service>[\w.$#-]*)(?::(?P<server>\w+))?)?")


class Parameter(NamedTuple):
    """``name = value`` or, within a value, ``(name = value)``; names in upper case."""

    name: str
    value: Value

    def find(self, *path: str) -> Iterator[Parameter]:
        """The parameters below, at a path of names."""
        for below in self.value if isinstance(self.value, list) else ():
            if below.name == path[0]:
                if len(path) == 1:
                    yield below
                else:
                    yield from below.find(*path[1:])

    def text(self, *path: str) -> str:
        """The text at a path; empty without one."""
        return next((found.value for found in self.find(*path) if isinstance(found.value, str)), "")

    def __str__(self) -> str:
        inner = "".join(map(str, self.value)) if isinstance(self.value, list) else self.value
        return f"({self.name}={inner})" if self.name else f"({inner})"


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] else text


def _tokens(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if not token.isspace() and not token.startswith("#")]


def _nested(tokens: list[str], place: int) -> tuple[list[Parameter], int]:
    """The groups from an opening parenthesis on, and the place behind them. ValueError when one is not closed."""
    found = []
    while place < len(tokens) and tokens[place] == "(":
        words, place = [], place + 1
        while place < len(tokens) and tokens[place] not in "()=":
            words.append(tokens[place])
            place += 1
        if tokens[place:place + 1] == ["="]:
            if tokens[place + 1:place + 2] == ["("]:
                value: Value
                value, place = _nested(tokens, place + 1)
            else:
                start = place = place + 1
                while place < len(tokens) and tokens[place] not in "()":
                    place += 1
                value = _unquoted(" ".join(tokens[start:place]))
            found.append(Parameter(" ".join(words).upper(), value))
        else:
            found.append(Parameter("", "".join(words)))
        if tokens[place:place + 1] != [")"]:
            raise ValueError("a parenthesis is not closed")
        place += 1
    return found, place


def descriptor(text: str) -> list[Parameter]:
    """A connect descriptor. ValueError when it cannot be read."""
    tokens = _tokens(text)
    found, place = _nested(tokens, 0)
    if not found or place != len(tokens):
        raise ValueError("no connect descriptor")
    return found


def parse(text: str) -> dict[str, Value]:
    """A configuration file: name in upper case -> value. What cannot be read is left out, as Oracle Net passes over it (assumed)."""
    found: dict[str, Value] = {}
    for chunk in re.split(r"\n(?=[^\s()#])", "\n" + text.replace("\r", "")):
        tokens = _tokens(chunk)
        if "=" not in tokens:
            continue
        at = tokens.index("=")
        names = [token.upper() for token in tokens[:at] if token != ","]
        try:
            value, end = _nested(tokens, at + 1)
        except ValueError:
            continue
        if end != len(tokens) and value:
            continue
        for name in names:
            found[name] = value or _unquoted("".join(tokens[at + 1:]))
    return found


def admin_directory(oracle_home: str, environment: Mapping[str, str] | None = None) -> str:
    """TNS_ADMIN, or what stands for it."""
    return (os.environ if environment is None else environment).get("TNS_ADMIN") or os.path.join(oracle_home, "network", "admin")


def read(path: str) -> dict[str, Value]:
    """A file with what it includes; empty when it is not there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = parse(file.read())
    except OSError:
        return {}
    included = found.pop("IFILE", None)
    return {**read(included), **found} if isinstance(included, str) and included != path else found


class Static(NamedTuple):
    """A SID_DESC of listener.ora: a service that is there whatever the instance does."""

    service: str
    sid: str
    oracle_home: str


def static_services(admin: str, listener: str) -> list[Static]:
    """What stands in SID_LIST_<listener>."""
    value = read(os.path.join(admin, "listener.ora")).get(f"SID_LIST_{listener.upper()}", "")
    described = Parameter("", value).find("SID_LIST", "SID_DESC")
    return [Static(one.text("GLOBAL_DBNAME") or one.text("SID_NAME"), one.text("SID_NAME"), one.text("ORACLE_HOME"))
            for one in described if one.text("SID_NAME")]


def listener_address(admin: str, listener: str) -> tuple[str, int] | None:
    """Host and port of a listener in listener.ora; None when it does not stand there."""
    value = read(os.path.join(admin, "listener.ora")).get(listener.upper(), "")
    whole = Parameter("", value)
    paths = [("DESCRIPTION_LIST", "DESCRIPTION"), ("DESCRIPTION",), ()]
    for path in paths:
        for lists in ((), ("ADDRESS_LIST",)):
            for address in whole.find(*path, *lists, "ADDRESS"):
                if address.text("PROTOCOL").upper() == "TCP":
                    return address.text("HOST"), int(address.text("PORT") or DEFAULT_PORT)
    return None


def resolve(identifier: str, oracle_home: str, environment: Mapping[str, str] | None = None) -> str:
    """The connect descriptor that an identifier means: one itself, a name of tnsnames.ora, or host, port and service. ORA-12154 otherwise."""
    identifier = identifier.strip()
    if identifier.startswith("("):
        try:
            return "".join(map(str, descriptor(identifier)))
        except ValueError:
            raise _unresolved() from None
    admin = admin_directory(oracle_home, environment)
    profile = read(os.path.join(admin, "sqlnet.ora"))
    methods = profile.get("NAMES.DIRECTORY_PATH", [Parameter("", "TNSNAMES,EZCONNECT")])
    methods = methods if isinstance(methods, str) else ",".join(str(one.value) for one in methods)
    for method in methods.upper().strip("()").split(","):
        found = _RESOLVERS[method.strip()](identifier, admin, profile) if method.strip() in _RESOLVERS else None
        if found:
            return found
    raise _unresolved()


def _unresolved() -> OraError:
    return OraError(12154, "TNS:could not resolve the connect identifier specified")


def _by_name(identifier: str, admin: str, profile: Mapping[str, Value]) -> str | None:
    domain = profile.get("NAMES.DEFAULT_DOMAIN", "")
    name = identifier.upper()
    if isinstance(domain, str) and domain and "." not in name:
        name = f"{name}.{domain.upper()}"
    value = read(os.path.join(admin, "tnsnames.ora")).get(name)
    return "".join(map(str, value)) if isinstance(value, list) else None


def _by_place(identifier: str, admin: str, profile: Mapping[str, Value]) -> str | None:
    """Easy Connect. A lone word would be a host, which nobody here is called."""
    found = _EZCONNECT.fullmatch(identifier)
    if found is None or not (found["service"] or found["port"]):
        return None
    server = f"(SERVER={found['server'].upper()})" if found["server"] else ""
    return (f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={found['host'].strip('[]')})(PORT={found['port'] or DEFAULT_PORT}))"
            f"(CONNECT_DATA={server}(SERVICE_NAME={found['service'] or ''})))")


_RESOLVERS: Final = {"TNSNAMES": _by_name, "EZCONNECT": _by_place, "HOSTNAME": _by_place}
