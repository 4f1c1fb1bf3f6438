# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements made of parts, so that a secret is never part of a text that is shown."""

from __future__ import annotations

import shlex
import typing as t

__metaclass__ = type

MASK = "********"


class Secret:
    """A value that the server must see and nobody else."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return MASK


class Statement:
    """A SQL statement, PL/SQL block or tool script: literal parts and secrets in order, with bind values.

    ``Statement("ALTER USER ", identifier(name), " IDENTIFIED BY ", Secret(quoted))``. Bind values are shown unless they
    are wrapped in :class:`Secret`.
    """

    def __init__(self, *parts: t.Union[str, Secret], **binds: t.Any) -> None:
        self.parts = parts
        self.binds = binds

    def text(self) -> str:
        """What the server gets."""
        return "".join(part.value if isinstance(part, Secret) else part for part in self.parts)

    def values(self) -> t.Dict[str, t.Any]:
        """Bind values as the server gets them."""
        return {name: value.value if isinstance(value, Secret) else value for name, value in self.binds.items()}

    def __str__(self) -> str:
        shown = "".join(MASK if isinstance(part, Secret) else part for part in self.parts)
        if not self.binds:
            return shown
        return "{0}  -- {1}".format(shown, ", ".join("{0}={1!r}".format(*item) for item in sorted(self.binds.items())))


class Command(Statement):
    """A command for the database server's shell, which only a session on the server executes (see ``session_sqlplus``).

    :arg argv: program below ORACLE_HOME/bin, or its path, and its arguments; no secrets.
    :arg stdin: what it reads; shown too, unless ``shown`` says otherwise.
    :arg shown: what stands for it in results, where the command itself says little.
    """

    def __init__(self, argv: t.Sequence[str], stdin: t.Optional[Statement] = None, shown: t.Optional[str] = None) -> None:
        line = " ".join(shlex.quote(word) for word in argv) if shown is None else shown
        super().__init__(line, *(("\n",) + stdin.parts if stdin is not None and shown is None else ()))
        self.argv = list(argv)
        self.stdin = stdin
