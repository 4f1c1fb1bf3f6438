# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TNS packets: framing, connect, accept, refuse, and the dance of break and reset markers."""
from __future__ import annotations

import re
import select
import socket
import struct
import time
from typing import Final

CONNECT, ACCEPT, REFUSE, DATA, MARKER = 1, 2, 4, 6, 12
MARKER_BREAK, MARKER_RESET = 1, 2
MARKER_SIZE: Final = 11
DATA_FLAG_EOF: Final = 0x0040
PROTOCOL_VERSION: Final = 318        # what 12.2 to 21c servers speak
LARGE_LENGTHS_FROM: Final = 315      # lengths have 32 bits after ACCEPT
NO_ENCRYPTION: Final = 0x04          # native network encryption is switched off
SDU_RANGE: Final = (512, 2_097_152)
POLL_INTERVAL: Final = 0.002         # seconds between two looks for a break while a call runs


class Closed(Exception):
    """The client said goodbye, vanished, or talks no Oracle Net."""


class Break(Exception):
    """The client sent a break where a request was expected."""


class Packets:
    """One client's connection as a stream of packets."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._large = False
        self._sdu = 8192
        self._client_sdu = 8192
        self._client_version = PROTOCOL_VERSION
        self._polled = 0.0
        self.connect_data = ""

    # -- reading

    def _receive(self) -> None:
        try:
            data = self._sock.recv(65536)
        except OSError as error:
            raise Closed from error
        if not data:
            raise Closed
        self._buffer += data

    def _send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise Closed from error

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _read(self) -> tuple[int, bytes]:
        head = self._take(8)
        size = int.from_bytes(head[:4] if self._large else head[:2], "big")
        if not 8 <= size <= SDU_RANGE[1] + 8:
            raise Closed
        return head[4], self._take(size - 8)

    def read_data(self) -> bytes:
        """The content of the next data packet. Raises ``Break`` or ``Closed``."""
        while True:
            kind, body = self._read()
            if kind == DATA:
                if int.from_bytes(body[:2], "big") & DATA_FLAG_EOF:
                    raise Closed
                return body[2:]
            if kind != MARKER:
                raise Closed
            if body[2] != MARKER_RESET:
                raise Break
            self._send_marker(MARKER_RESET)

    # -- writing

    def _packet(self, kind: int, body: bytes) -> bytes:
        size = len(body) + 8
        head = struct.pack(">I", size) if self._large else struct.pack(">HH", size, 0)
        return head + bytes((kind, 0, 0, 0)) + body

    def send_data(self, payload: bytes) -> None:
        """Send a reply, split into packets of the agreed size."""
        room = self._sdu - 10
        self._send(b"".join(self._packet(DATA, b"\0\0" + payload[start:start + room])
                            for start in range(0, len(payload), room)))

    def _send_marker(self, kind: int) -> None:
        self._send(self._packet(MARKER, bytes((1, 0, kind))))

    # -- break

    def break_pending(self) -> bool:
        """Whether the client wants the running call to stop; looks at the socket at most every two milliseconds.

        A client that vanished does not stop the call: as in Oracle it runs to its end first.
        """
        if not self._buffer:
            now = time.monotonic()
            if now - self._polled < POLL_INTERVAL:
                return False
            self._polled = now
            try:
                readable, _, _ = select.select([self._sock], [], [], 0)
                if not readable:
                    return False
                self._receive()
            except (Closed, OSError, ValueError):
                return False
        return self._break_arrived()

    def _break_arrived(self) -> bool:
        packet = self._buffer[:MARKER_SIZE]
        return len(packet) == MARKER_SIZE and packet[4] == MARKER and packet[-1] != MARKER_RESET

    def take_break(self) -> None:
        """Answer the break that ``break_pending`` saw while the call ran, if there was one."""
        if self._break_arrived():
            self._read()
            self.finish_break()

    def finish_break(self) -> None:
        """Answer a break that was read; the error ORA-01013 follows as an ordinary reply.

        Break and reset go out together: newer drivers send their own reset at once, older ones after seeing ours.
        """
        self._send_marker(MARKER_BREAK)
        self._send_marker(MARKER_RESET)
        while True:
            kind, body = self._read()
            if kind == MARKER and body[2] == MARKER_RESET:
                return

    # -- connect

    def read_connect(self) -> None:
        """Read CONNECT; its description stands in ``connect_data`` afterwards."""
        kind, body = self._read()
        if kind != CONNECT or len(body) < 20:
            raise Closed
        self._client_version, _, _, sdu = struct.unpack(">HHHH", body[:8])
        length, offset = struct.unpack(">HH", body[16:20])
        self._client_sdu = int.from_bytes(body[50:54], "big") if len(body) >= 54 else sdu
        data = body[offset - 8:offset - 8 + length]
        if len(data) < length:      # beyond 230 bytes the description has packets of its own
            data = b""
        while len(data) < length:
            data += self._read()[1][2:]
        self.connect_data = data.decode()

    def connect_field(self, name: str) -> str:
        """A value of the connect description such as SERVICE_NAME, or an empty string."""
        found = re.search(rf"\(\s*{name}\s*=\s*([^()]*)\)", self.connect_data, re.IGNORECASE)
        return found.group(1).strip() if found else ""

    def accept(self) -> None:
        """Take the connection, with the session data unit that the client asked for and without out-of-band breaks."""
        self._sdu = max(SDU_RANGE[0], min(self._client_sdu, SDU_RANGE[1]))
        version = min(PROTOCOL_VERSION, self._client_version)
        small = min(self._sdu, 0xFFFF)
        body = struct.pack(">HHHHHHHBBQIIBI", version, 0, small, small, 1, 0, 45, NO_ENCRYPTION, NO_ENCRYPTION, 0,
                           self._sdu, self._sdu, 0, 0)
        self._send(self._packet(ACCEPT, body))
        self._large = version >= LARGE_LENGTHS_FROM

    def refuse(self, code: int) -> None:
        """Refuse the connection as a listener does, with a TNS error number."""
        text = (f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={code})"
                f"(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))").encode()
        self._send(self._packet(REFUSE, b"\x22\0" + struct.pack(">H", len(text)) + text))
