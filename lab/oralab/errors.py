# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which the lab refuses something: an Oracle error with Oracle's code."""
from __future__ import annotations


class OraError(Exception):
    """An ORA-nnnnn error as the client sees it.

    ``message`` is the text after the code; further lines of an error stack follow in ``stack`` and carry their own
    codes (``OraError(39123, "...", stack=["ORA-29342: user X does not exist in the database"])``).
    ``offset`` is the position in the statement, for parse errors.
    """

    def __init__(self, code: int, message: str, *, offset: int = 0, stack: list[str] | None = None) -> None:
        self.code = code
        self.message = message
        self.offset = offset
        self.stack = list(stack or [])
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The whole message as SQL*Plus would print it."""
        return "\n".join([f"ORA-{self.code:05d}: {self.message}", *self.stack])

    def under(self, code: int, message: str) -> OraError:
        """The same failure wrapped in an outer error (ORA-39123 over ORA-29342)."""
        return OraError(code, message, stack=self.text.split("\n"))


def not_simulated(what: str) -> OraError:
    """Real Oracle knows ``what``, the lab does not. Never ORA-00600: the driver would close the connection."""
    return OraError(3001, f"unimplemented feature (lab: not simulated: {what})")


class Disconnect(Exception):
    """The server process is gone: the listener drops the connection without an answer."""
