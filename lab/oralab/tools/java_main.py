# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``java`` of a simulated ORACLE_HOME, which runs the installers of the Database Cloud Backup Module and nothing else.

What the installers print is from transcripts. Their parameters are documented; ``-argFile`` is assumed (words of a command line in a file).
The wallet of ``oci_install.jar`` has the OCID of the user, and the key's text as the secret (assumed: nobody looks into a wallet).
"""
from __future__ import annotations

import os
import shlex
import sys
import zipfile

from oralab.tools import opc
from oralab.tools.sbt_library import Credentials

INSTALLERS = {"oracle.backup.opc.install.OpcConfig": "opc_install.jar", "oracle.backup.opc.install.BmcConfig": "oci_install.jar"}
_BANNER = "Oracle Database Cloud Backup Module Install Tool, build 19.3.0.0.0DBBKPCSBP_2019-10-16"
_REQUIRED = {"opc_install.jar": ("opcid", "opcpass", "host", "walletdir"),
             "oci_install.jar": ("host", "pvtkeyfile", "pubfingerprint", "uocid", "tocid", "walletdir")}
_OPTIONAL = {"opc_install.jar": ("container", "libdir", "configfile", "proxyhost", "proxyport", "proxyid", "proxypass", "libplatform", "argfile"),
             "oci_install.jar": ("bucket", "cocid", "libdir", "configfile", "proxyhost", "proxyport", "proxyid", "proxypass", "libplatform", "argfile")}


def write_zip(path: str) -> None:
    """What people download: both installers in one zip (transcripts)."""
    with zipfile.ZipFile(path, "w") as whole:
        for main_class, name in INSTALLERS.items():
            folder = name.split("_")[0] + "_installer"
            jar = os.path.join(os.path.dirname(path), name + ".new")
            with zipfile.ZipFile(jar, "w") as inner:
                inner.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\nMain-Class: {main_class}\r\n\r\n")
            whole.write(jar, f"opc_installer/{folder}/{name}")
            os.unlink(jar)


class _Failed(Exception):
    pass


def _main_class(jar: str) -> str:
    try:
        with zipfile.ZipFile(jar) as found:
            manifest = found.read("META-INF/MANIFEST.MF").decode()
    except (OSError, KeyError, zipfile.BadZipFile):
        raise _Failed(f"Error: Unable to access jarfile {jar}") from None
    names = [line.split(":", 1)[1].strip() for line in manifest.splitlines() if line.startswith("Main-Class:")]
    if not names or names[0] not in INSTALLERS:
        raise _Failed(f"Error: Could not find or load main class {names[0] if names else ''} (lab: not simulated)")
    return names[0]


def _parameters(words: list[str], jar: str) -> dict[str, str]:
    """Names are not case-sensitive (transcripts have both)."""
    found: dict[str, str] = {}
    known = _REQUIRED[jar] + _OPTIONAL[jar]
    waiting = list(words)
    while waiting:
        name = waiting.pop(0).lstrip("-").lower()
        if name not in known or not waiting:
            raise _Failed(f"  Error: unknown or incomplete parameter: {name}")
        value = waiting.pop(0)
        if name == "argfile":
            with open(value, encoding="utf-8") as file:
                waiting += shlex.split(file.read())
        else:
            found[name] = value
    missing = [name for name in _REQUIRED[jar] if not found.get(name)]
    if missing:
        raise _Failed("  Error: these parameters are required: " + ", ".join("-" + name for name in missing))
    return found


def _install(main_class: str, words: list[str]) -> None:
    jar = INSTALLERS[main_class]
    oci = jar == "oci_install.jar"
    print(_BANNER)
    given = _parameters(words, jar)
    container = given.get("bucket" if oci else "container") or "oracle-data-backups"
    if oci:
        with open(given["pvtkeyfile"], encoding="utf-8") as file:
            credentials = Credentials(given["uocid"], "".join(file.read().split()))
    else:
        credentials = Credentials(given["opcid"], given["opcpass"])
    try:
        opc.Storage(given["host"], container, credentials).test()
    except opc.OpcError as error:
        text = "401 Unauthorized" if "unauthorized" in str(error) else str(error)
        raise _Failed("  Error: Could not authenticate to Oracle Database Cloud Backup Module\n"
                      f"Exception in thread \"main\" java.lang.RuntimeException: java.io.IOException: testConnection: {text}.\n"
                      f"\tat {main_class}.testConnection({main_class.rsplit('.', 1)[1]}.java:380)") from None
    print("Oracle Database Cloud Backup Module credentials are valid.")
    print(f"Backups would be sent to {'bucket' if oci else 'container'} {container}.")
    for directory in (given["walletdir"], given.get("libdir")):
        if directory and not os.path.isdir(directory):
            raise _Failed(f"  Error: directory {directory} does not exist")
    opc.write_wallet(given["walletdir"], credentials)
    print(f"Oracle Database Cloud Backup Module wallet created in directory {given['walletdir']}.")
    config = given.get("configfile") or os.path.join(os.environ.get("ORACLE_HOME", ""), "dbs", f"opc{os.environ.get('ORACLE_SID', '')}.ora")
    opc.write_configuration(config, given["host"], given["walletdir"], container, oci=oci)
    print(f"Oracle Database Cloud Backup Module initialization file {config} created.")
    if given.get("libdir"):
        print("Downloading Oracle Database Cloud Backup Module Software Library from " + ("Oracle Cloud Infrastructure." if oci else "file opc_linux64.zip."))
        opc.LIBRARY.write(os.path.join(given["libdir"], opc.LIBRARY.name))
        print("Download complete.")


def main() -> int:
    words = sys.argv[1:]
    try:
        if len(words) < 2 or words[0] != "-jar":
            raise _Failed("Error: java (lab: not simulated: anything but -jar)")
        _install(_main_class(words[1]), words[2:])
    except (_Failed, OSError) as failure:
        print(failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
