# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backup module of a Recovery Appliance: its library, its wallet, and the way to the appliance (see ``oralab.appliance``).

RA_WALLET says where the wallet is and which of its credentials to take; the alias of a credential is the connect identifier of the appliance
(documented). The banner and the library's version are from transcripts. What the library says when it cannot log on is assumed: the code of Oracle Net
or of the appliance's database, as a client with the same wallet would get it.
"""
from __future__ import annotations

import base64
import http.client
import os
import re
from typing import Any
from urllib.parse import quote

from oralab.errors import OraError
from oralab.net import names
from oralab.tools import sbt_library
from oralab.tools.sbt_library import Credentials, Library

LIBRARY = Library("libra.so", "RA Library", "19.0.0.1")
_SECONDS = 60.0


class RaError(Exception):
    """What the library says."""


def write_wallet(directory: str, credentials: dict[str, Credentials]) -> None:
    """An auto-login wallet with a credential for each alias, as mkstore leaves it."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    sbt_library.write_wallet(directory, {alias: [one.user, one.secret] for alias, one in credentials.items()})


def read_wallet(directory: str) -> dict[str, Credentials]:
    """ORA-28759 when there is none that can be read."""
    try:
        return {alias: Credentials(*one) for alias, one in sbt_library.read_wallet(directory).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise RaError("ORA-28759: failure to open file") from None


def open_storage(given: dict[str, str], oracle_home: str, sid: str) -> Appliance:
    """The appliance that the parameters of a channel mean."""
    wallet = re.fullmatch(r"location=(?:file:)?(\S+)\s+credential_alias=(\S+)", given.get("RA_WALLET", ""), re.IGNORECASE)
    if wallet is None:
        raise RaError("KBHS-01006: Parameter RA_WALLET was not specified")
    known = read_wallet(wallet[1])
    try:
        address = names.Parameter("", names.descriptor(names.resolve(wallet[2], oracle_home)))
    except OraError as error:
        raise RaError(error.text) from None
    if wallet[2] not in known:
        # Without a credential the account of the operating system is tried, which the appliance does not know.
        raise RaError("ORA-01017: invalid username/password; logon denied")
    place = next(address.find("DESCRIPTION", "ADDRESS"))
    return Appliance(place.text("HOST"), int(place.text("PORT")), address.text("DESCRIPTION", "CONNECT_DATA", "SERVICE_NAME"), known[wallet[2]])


class Appliance:
    """The pieces of one account of an appliance. Whatever goes wrong is an ``RaError``."""

    encrypted_only = False

    def __init__(self, host: str, port: int, service: str, credentials: Credentials) -> None:
        self._host, self._port, self._service = host, port, service
        token = base64.b64encode(f"{credentials.user}:{credentials.secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}

    @property
    def name(self) -> str:
        """Known to DBAs of the form."""
        return f"Recovery Appliance ({self._service.upper()})"

    def _ask(self, method: str, handle: str = "", body: Any = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Length"] = str(os.fstat(body.fileno()).st_size)
        try:
            connection.request(method, f"/{quote(self._service.lower(), safe='')}/{quote(handle, safe='')}", body, headers)
            return connection.getresponse()
        except OSError:
            raise RaError("ORA-12541: TNS:no listener") from None

    def _done(self, method: str, handle: str = "", body: Any = None) -> http.client.HTTPResponse:
        answer = self._ask(method, handle, body)
        if answer.status in _REFUSED:
            raise RaError(_REFUSED[answer.status])
        return answer

    def test(self) -> None:
        self._done("HEAD")

    def send(self, handle: str, body: Any) -> None:
        self._done("PUT", handle, body)

    def fetch(self, handle: str) -> Any:
        """A stream."""
        return self._done("GET", handle)

    def has(self, handle: str) -> bool:
        return self._done("HEAD", handle).status == 200

    def drop(self, handle: str) -> None:
        self._done("DELETE", handle)


_REFUSED = {401: "ORA-01017: invalid username/password; logon denied",
            421: "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor"}
