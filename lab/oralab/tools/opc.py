# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Database Cloud Backup Module: its library, configuration file and wallet, and the way to the object storage.

Oracle's module speaks the APIs of Swift and of OCI; here it is that of S3, whose user and secret the wallet keeps.
"""
from __future__ import annotations

import dataclasses
import os
import re
from typing import Any

from oralab.tools import sbt_library
from oralab.tools.sbt_library import Credentials, Library

LIBRARY = Library("libopc.so", "Oracle Database Backup Service Library", "19.0.0.1")
_LINE = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$", re.MULTILINE)


class OpcError(Exception):
    """What the module says, with its code: KBHS-nnnnn."""


def write_wallet(directory: str, credentials: Credentials) -> None:
    sbt_library.write_wallet(directory, dataclasses.asdict(credentials))


def read_wallet(directory: str) -> Credentials:
    """KBHS-00712 over the wallet's own error when there is none that can be read (assumed)."""
    try:
        return Credentials(**sbt_library.read_wallet(directory))
    except (OSError, ValueError, TypeError):
        raise OpcError("KBHS-00712: ORA-28759 received from local HTTP service: failure to open file") from None


def read_parameters(text: str) -> dict[str, str]:
    """Parameters of a configuration file, or of PARMS."""
    return {name.upper(): value.strip("'\"") for name, value in _LINE.findall(text)}


def write_configuration(path: str, host: str, wallet: str, container: str, *, oci: bool) -> None:
    """As the installers write it (transcripts)."""
    lines = [f"OPC_HOST={host}", f"OPC_WALLET='LOCATION=file:{wallet} CREDENTIAL_ALIAS=alias_{'oci' if oci else 'opc'}'", f"OPC_CONTAINER={container}"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, *(["OPC_AUTH_SCHEME=BMC"] if oci else []), ""]))


def open_storage(given: dict[str, str], oracle_home: str, sid: str) -> Storage:
    """What the parameters of a channel mean, or of the configuration file that they name."""
    if "OPC_HOST" not in given:
        path = given.get("OPC_PFILE") or os.path.join(oracle_home, "dbs", f"opc{sid}.ora")
        try:
            with open(path, encoding="utf-8") as file:
                given = {**read_parameters(file.read()), **given}
        except OSError:
            raise OpcError(f"KBHS-01002: unable to open Oracle Database Backup Service Library parameter file {path}") from None
    for name in ("OPC_HOST", "OPC_WALLET", "OPC_CONTAINER"):
        if not given.get(name):
            raise OpcError(f"KBHS-01006: Parameter {name} was not specified")
    place = re.search(r"LOCATION=(?:file:)?(\S+)", given["OPC_WALLET"])
    return Storage(given["OPC_HOST"], given["OPC_CONTAINER"], read_wallet(place[1] if place else given["OPC_WALLET"]))


class Storage:
    """One container, with the credentials of a wallet. Whatever goes wrong is an ``OpcError``."""

    encrypted_only = True
    """A piece for Oracle's cloud must be encrypted (documented)."""

    def __init__(self, host: str, container: str, credentials: Credentials) -> None:
        import boto3  # here: it takes a second, which only those wait for that use it
        from botocore.config import Config
        self.host, self.container = host, container
        # What follows the server's name is the tenancy's namespace, which S3 does not have.
        endpoint = "/".join(host.split("/")[:3])
        self._client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=credentials.user, aws_secret_access_key=credentials.secret,
                                    region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))

    def _call(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError
        try:
            return getattr(self._client, operation)(Bucket=self.container, **arguments)
        except ClientError as error:
            raise OpcError(f"KBHS-00715: HTTP error occurred '{_HTTP.get(_status(error), 'oracle-error')}'") from None
        except (BotoCoreError, ValueError) as error:
            raise OpcError(f"KBHS-00713: HTTP client error '{type(error).__name__}'") from None

    def test(self) -> None:
        self._call("head_bucket")

    @property
    def name(self) -> str:
        return f"{self.host.split('//')[-1]}/{self.container}"

    def send(self, handle: str, body: Any) -> None:
        """Store a piece; it exists when its entry in the catalog does."""
        self._call("put_object", Key=_chunk(handle), Body=body)
        self._call("put_object", Key=_catalog(handle), Body=b'<?xml version="1.0"?>\n<backup_piece chunks="1"/>\n')

    def fetch(self, handle: str) -> Any:
        """A stream."""
        return self._call("get_object", Key=_chunk(handle))["Body"]

    def has(self, handle: str) -> bool:
        return any(entry["Key"] == _catalog(handle) for entry in self._call("list_objects_v2", Prefix=_catalog(handle)).get("Contents", ()))

    def drop(self, handle: str) -> None:
        for key in (_catalog(handle), _chunk(handle)):
            self._call("delete_object", Key=key)


def _catalog(handle: str) -> str:
    return f"sbt_catalog/{handle}/metadata.xml"


def _chunk(handle: str) -> str:
    return f"file_chunk/{handle}/0000000001"


_HTTP = {401: "operation-unauthorized", 403: "operation-unauthorized", 404: "not-found", 500: "internal-server-error", 503: "service-unavailable"}
"""``operation-unauthorized`` is from a transcript, the others are assumed."""


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
