# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the first message of a client to its session: negotiation of protocol and types, then authentication."""
from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import Final

from oralab.api import Database, Logon, Session
from oralab.errors import OraError, not_simulated
from oralab.net import reply
from oralab.net.auth import Challenge, fake_verifier
from oralab.net.packet import Closed
from oralab.net.wire import Reader, clr

AL32UTF8: Final = 873
AL16UTF16: Final = 2000
FIELD_VERSIONS: Final = {(12, 1): 7, (12, 2): 8, (18, 0): 11}       # release -> what its messages contain
FIELD_VERSION_19: Final = 12
FIELD_VERSION: Final = 7            # index of the field version among the capabilities
# No explicit request boundaries, no end-of-response messages, no pipelining, no sessionless transactions, no 32K
# strings: a default 19c. Drivers do not look at the other capabilities, which are not known of a real server (assumed).
COMPILE_CAPABILITIES: Final = {
    0: 6, 1: 1, 2: 1, 3: 1, 4: 0xEF, 5: 0x0F, 6: 1, 8: 1, 9: 1, 15: 0x29, 16: 0x90, 17: 3, 18: 7, 19: 3, 21: 1,
    23: 0xCF, 26: 4, 27: 1, 31: 0x10, 34: 12, 37: 0xB8, 39: 8, 40: 0x04, 42: 0x05, 44: 0,
}
RUNTIME_CAPABILITIES: Final = bytes((2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0))
CHANGE_PASSWORD: Final = 0x2
PRIVILEGES: Final = {
    0x20: "SYSDBA", 0x40: "SYSOPER", 0x400000: "SYSASM", 0x1000000: "SYSBACKUP", 0x2000000: "SYSDG", 0x4000000: "SYSKM",
    0x8000000: "SYSRAC",
}
SIMULATED_PRIVILEGES: Final = frozenset(("", "SYSDBA", "SYSOPER", "SYSBACKUP", "SYSDG", "SYSKM"))
AUTH_PHASE_ONE, AUTH_PHASE_TWO = 118, 115


def field_version(version: tuple[int, int, int, int, int]) -> int:
    """The field version of a release."""
    return FIELD_VERSIONS.get(version[:2], FIELD_VERSION_19)


def version_number(version: tuple[int, int, int, int, int]) -> int:
    """AUTH_VERSION_NO; its layout changed with 18c."""
    first, second, third, fourth, fifth = version
    if first >= 18:
        return first << 24 | second << 16 | third << 12 | fourth << 4 | fifth
    return first << 24 | second << 20 | third << 12 | fourth << 8 | fifth


def protocol(reader: Reader, server_field_version: int) -> bytes:
    """Answer PROTOCOL: character sets and capabilities."""
    reader.terminated()         # accepted versions, then the name of the driver
    reader.terminated()
    capabilities = bytearray(max(COMPILE_CAPABILITIES) + 1)
    for position, value in COMPILE_CAPABILITIES.items():
        capabilities[position] = value
    capabilities[FIELD_VERSION] = server_field_version
    form = bytes((1, 1, 1, 1, 1, 0, 0, 0, 0)) + AL16UTF16.to_bytes(2, "big")
    return b"".join((
        b"\1\6\0x86_64/Linux 2.4.xx\0", AL32UTF8.to_bytes(2, "little"), b"\1\0\0",
        len(form).to_bytes(2, "big"), form, clr(bytes(capabilities)), clr(RUNTIME_CAPABILITIES),
    ))


def data_types(reader: Reader, server_field_version: int) -> tuple[bytes, int]:
    """Answer DATA TYPES with the client's own table; also the field version on which both sides agree."""
    reader.raw(5)               # character sets, flags
    capabilities = reader.clr() or b""
    reader.clr()
    table = bytearray()
    while kind := reader.u16():
        converted = reader.u16()
        table += kind.to_bytes(2, "big") + converted.to_bytes(2, "big") + (reader.raw(4) if converted else b"")
    if len(capabilities) <= FIELD_VERSION:
        raise Closed
    return b"\2" + table + b"\0\0", min(server_field_version, capabilities[FIELD_VERSION])


@dataclasses.dataclass(slots=True)
class AuthRequest:
    """One of the two calls of a logon, or a later change of the password."""

    function: int
    user: str
    mode: int
    values: dict[str, str]

    @classmethod
    def read(cls, function: int, reader: Reader) -> AuthRequest:
        """Take the call apart."""
        has_user = reader.u8()
        reader.skip("u")
        mode = reader.ub()
        reader.skip("b")
        pairs = reader.ub()
        reader.skip("bb")
        user = (reader.clr() or b"").decode() if has_user else ""
        values = {}
        for _ in range(pairs):
            key = reader.text().rstrip("\0")
            values[key] = reader.text()
            reader.skip("u")
        return cls(function, user, mode, values)


def identifier(name: str) -> str:
    """A name as SQL reads it: exact in double quotes, otherwise in upper case."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name.upper()


class Authentication:
    """The two calls of one logon. A failure is final: the connection closes after its answer."""

    def __init__(self, database: Database, service: str) -> None:
        self._database = database
        self._service = service
        self._challenge: Challenge | None = None
        self._known = False
        self._user = ""
        self._client: dict[str, str] = {}
        self.session: Session | None = None

    def answer(self, request: AuthRequest) -> bytes:
        """Answer the next call; ``session`` is set once the logon succeeded."""
        if request.function == AUTH_PHASE_ONE:
            return self._challenged(request)
        if self.session is not None:
            return self._change_password(self.session, request)
        return self._logged_on(request)

    def _challenged(self, request: AuthRequest) -> bytes:
        self._user = identifier(request.user)
        self._client = request.values
        verifier = self._database.verifier(self._user, _privilege(request.mode))
        self._known = verifier is not None
        self._challenge = Challenge(verifier or fake_verifier(self._user))
        identity = hashlib.md5(self._database.sid_name().encode(), usedforsecurity=False).hexdigest().upper()
        return reply.parameters([*self._challenge.pairs(), ("AUTH_GLOBALLY_UNIQUE_DBID\0", identity, 0)])

    def _logged_on(self, request: AuthRequest) -> bytes:
        values = request.values
        challenge = self._challenge
        proof = values.get("AUTH_SESSKEY", ""), values.get("AUTH_PBKDF2_SPEEDY_KEY", "")
        if challenge is None or not challenge.verify(*proof):
            if self._known:
                self._database.failed_logon(self._user)
            raise OraError(1017, "invalid username/password; logon denied")
        new = values.get("AUTH_NEWPASSWORD", "") if request.mode & CHANGE_PASSWORD else ""
        session = self._database.logon(self._logon(request, challenge.password(new) if new else ""))
        self.session = session
        if new:
            session.change_password(challenge.password(values["AUTH_PASSWORD"]), challenge.password(new))
        number = version_number(self._database.version)
        attributes = {
            "AUTH_SVR_RESPONSE": challenge.server_response(), "AUTH_VERSION_STRING": "- Production",
            "AUTH_VERSION_SQL": "25", "AUTH_VERSION_NO": str(number), "AUTH_XACTION_TRAITS": "3",
            "AUTH_VERSION_STATUS": "0",
            "AUTH_SESSION_ID": str(session.sid), "AUTH_SERIAL_NUM": str(session.serial), "AUTH_INSTANCE_NO": "1",
            "AUTH_INSTANCENAME": self._database.sid_name(), "AUTH_SC_INSTANCE_NAME": self._database.sid_name(),
            "AUTH_SC_SERVICE_NAME": self._service, "AUTH_SC_DB_DOMAIN": "", "AUTH_MAX_OPEN_CURSORS": "300",
            "AUTH_MAX_IDEN_LENGTH": "30" if self._database.version < (12, 2) else "128",
        } | session.attributes()
        return reply.parameters([(key, value, 0) for key, value in attributes.items()])

    def _logon(self, request: AuthRequest, new_password: str) -> Logon:
        client = request.values.get("PROXY_CLIENT_NAME", "")
        zone = re.search(r"TIME_ZONE\s*=\s*'?([^'\0 ]+)", request.values.get("AUTH_ALTER_SESSION", ""))
        return Logon(
            user=identifier(client) if client else self._user, service=self._service,
            privilege=_privilege(request.mode), proxy_user=self._user if client else None,
            program=self._client.get("AUTH_PROGRAM_NM", ""), machine=self._client.get("AUTH_MACHINE", ""),
            os_user=self._client.get("AUTH_SID", ""),
            pid=self._client.get("AUTH_PID", ""), terminal=self._client.get("AUTH_TERMINAL", ""),
            driver=request.values.get("SESSION_CLIENT_DRIVER_NAME", ""), time_zone=zone.group(1) if zone else None, new_password=new_password)

    def _change_password(self, session: Session, request: AuthRequest) -> bytes:
        if self._challenge is None or not request.mode & CHANGE_PASSWORD:
            raise Closed
        old, new = (self._challenge.password(request.values[key]) for key in ("AUTH_PASSWORD", "AUTH_NEWPASSWORD"))
        session.change_password(old, new)
        return reply.parameters([])


def _privilege(mode: int) -> str:
    privilege = next((name for bit, name in PRIVILEGES.items() if mode & bit), "")
    if privilege not in SIMULATED_PRIVILEGES:
        raise not_simulated(f"connecting AS {privilege}")
    return privilege
