# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server process as its client sees it: requests and their answers, one after the other."""
from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Callable
from typing import Any, Final

from oralab.api import Database, Session
from oralab.errors import Disconnect, OraError, not_simulated
from oralab.net import logon, reply
from oralab.net.execute import Executor
from oralab.net.faults import Call, Faults, Prepared
from oralab.net.lob import Lobs
from oralab.net.packet import Break, Closed, Packets
from oralab.net.reply import EndOfCall
from oralab.net.requests import ExecuteRequest, RequestReader
from oralab.net.wire import Reader

PROTOCOL, DATA_TYPES, FUNCTION, PIGGYBACK = 1, 2, 3, 17
CURRENT_SCHEMA: Final = "current_schema"
END_TO_END: Final = (       # attributes in the order of their message, and the unused fields after each
    ("client_identifier", ""), ("module", ""), ("action", "bubu"), ("client_info", "bubu"), ("dbop", ""),
)

Handler = tuple[str, Callable[[Reader], Any], Callable[[Any], bytes]]     # name, how to read, how to answer


def internal_error(error: Exception) -> OraError:
    """How a fault of the lab itself looks to a client; never ORA-00600, on which drivers close the connection."""
    return OraError(604, "error occurred at recursive SQL level 1", stack=[f"lab: internal error: {error!r}"])


def _nothing(reader: Reader) -> None:
    """Read a request that has no body."""


@dataclasses.dataclass(slots=True)
class ServerProcess:
    """Serves one connection from its acceptance to its end."""

    packets: Packets
    database: Database
    service: str
    faults: Faults
    logger: logging.Logger
    session: Session | None = None
    calls: int = 0
    _field_version: int = 0
    _user: str = ""
    _running: bool = True
    _authentication: logon.Authentication = dataclasses.field(init=False)
    _lobs: Lobs = dataclasses.field(default_factory=Lobs)
    _executor: Executor | None = None
    _functions: dict[int, Handler] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self._field_version = logon.field_version(self.database.version)
        self._authentication = logon.Authentication(self.database, self.service)
        self._functions = {
            function: ("LOGON", functools.partial(logon.AuthRequest.read, function), self._authenticate)
            for function in (logon.AUTH_PHASE_ONE, logon.AUTH_PHASE_TWO)}

    def serve(self) -> None:
        """Answer requests until the client leaves; then close its session."""
        try:
            while self._running:
                try:
                    answer = self._next()
                except OraError as error:
                    answer = self._failed(error)
                except Break:
                    answer = self._broken()
                except (Closed, Disconnect):
                    raise
                except Exception as error:
                    self.logger.exception("call %d of a session of %s failed", self.calls, self._user)
                    answer = self._failed(internal_error(error))
                self.packets.take_break()
                self.packets.send_data(answer)
        except (Closed, Disconnect):
            self.logger.debug("connection of %s ended", self._user)
        finally:
            if self.session is not None:
                self.session.close()

    # -- endings

    def _end(self, error: OraError | None = None) -> bytes:
        return EndOfCall(error).encode(self.session is not None and self.session.in_transaction)

    def _failed(self, error: OraError) -> bytes:
        if self.session is None:
            self._running = False       # a failed logon is final
        return self._end(error)

    def _broken(self) -> bytes:
        self.packets.finish_break()
        return self._end(reply.USER_CANCEL)

    # -- requests

    def _next(self) -> bytes:
        reader = Reader(self.packets.read_data(), self.packets.read_data)
        message = reader.u8()
        if message == PROTOCOL:
            return logon.protocol(reader, self._field_version)
        if message == DATA_TYPES:
            answer, self._field_version = logon.data_types(reader, self._field_version)
            return answer
        attributes: dict[str, str] = {}
        while message == PIGGYBACK:
            self._piggyback(reader, attributes)
            message = reader.u8()
        if message != FUNCTION:
            raise Closed
        return self._function(reader, attributes)

    def _function(self, reader: Reader, attributes: dict[str, str]) -> bytes:
        function = reader.u8()
        reader.skip("b")
        self.calls += 1
        if function not in self._functions:
            reader.drain()
            raise not_simulated(f"call {function}") if self.session else Closed
        name, read, answer = self._functions[function]
        request = read(reader)
        statement = (request.sql or "") if isinstance(request, ExecuteRequest) else ""
        call = Call(self.service, self._user, self.calls, name, statement)
        try:
            self.faults.on_call(call)
        except Prepared:
            if self.session is not None:
                self.session.prepare()
            raise
        if self.session is not None:
            self.session.count("SQL*Net roundtrips to/from client")
            if attributes:
                self.session.set_attributes(attributes)
        answered = answer(request)
        self.faults.on_reply(call)
        return answered

    def _authenticate(self, request: logon.AuthRequest) -> bytes:
        try:
            answer = self._authentication.answer(request)
        finally:
            opened = self._authentication.session
            if self.session is None and opened is not None:
                self._open(opened)
        return answer

    def _open(self, session: Session) -> None:
        session.cancelled = self.packets.break_pending
        executor = Executor(session, self._field_version, self._lobs)
        requests = RequestReader(self._field_version, self._lobs, executor.described)
        self.session, self._user, self._executor = session, session.user, executor
        self._functions |= {
            94: ("EXECUTE", requests.execute, executor.execute),
            4: ("EXECUTE", lambda reader: requests.reexecute(reader, False), executor.execute),
            78: ("EXECUTE", lambda reader: requests.reexecute(reader, True), executor.execute),
            5: ("FETCH", lambda reader: (reader.ub(), reader.ub()), lambda request: executor.fetch(*request)),
            14: ("COMMIT", _nothing, lambda _: self._done(session.commit)),
            15: ("ROLLBACK", _nothing, lambda _: self._done(session.rollback)),
            96: ("LOB", self._lobs.read, lambda request: self._lobs.answer(request) + self._end()),
            147: ("PING", _nothing, lambda _: self._end()),
            9: ("LOGOFF", _nothing, lambda _: self._end()),
        }

    def _done(self, action: Callable[[], None]) -> bytes:
        action()
        return self._end()

    # -- what clients send along with a call

    def _piggyback(self, reader: Reader, attributes: dict[str, str]) -> None:
        function = reader.u8()
        reader.skip("b")
        read = _PIGGYBACKS.get(function)
        if read is None or self._executor is None:
            raise Closed        # nothing says where such a message ends
        read(self, reader, attributes)

    def _close_cursors(self, reader: Reader, attributes: dict[str, str]) -> None:
        reader.skip("b")
        numbers = [reader.ub() for _ in range(reader.ub())]
        if self._executor is not None:
            self._executor.close(numbers)

    def _current_schema(self, reader: Reader, attributes: dict[str, str]) -> None:
        reader.skip("b")
        attributes[CURRENT_SCHEMA] = logon.identifier(reader.text())

    def _end_to_end(self, reader: Reader, attributes: dict[str, str]) -> None:
        reader.skip("bbu")
        sent = []
        for name, unused in END_TO_END:
            sent.append((name, reader.u8(), reader.ub()))
            reader.skip(unused)
        for name, pointer, size in sent:
            # An attribute set to an empty string comes with a length byte of zero, one set to None with nothing; no message
            # begins with zero.
            if pointer:
                attributes[name] = (reader.clr() or b"").decode() if size or reader.peek() == 0 else ""

    def _free_lobs(self, reader: Reader, attributes: dict[str, str]) -> None:
        self._lobs.free(self._lobs.read_free(reader))

    def _key_values(self, reader: Reader, attributes: dict[str, str]) -> None:
        """Keys of a namespace, which drivers set about themselves; nothing in the lab asks for them."""
        reader.skip("bub")
        count = reader.ub()
        reader.skip("ub")
        reader.clr()
        for _ in range(count):
            reader.dalc()
            reader.dalc()
            reader.skip("u")


_PIGGYBACKS: Final[dict[int, Callable[[ServerProcess, Reader, dict[str, str]], None]]] = {
    105: ServerProcess._close_cursors,
    152: ServerProcess._current_schema,
    135: ServerProcess._end_to_end,
    96: ServerProcess._free_lobs,
    154: ServerProcess._key_values,
}
