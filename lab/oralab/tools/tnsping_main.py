# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``tnsping``: resolves a connect identifier and sees whether a listener answers at its first address.

What it prints is from transcripts of every DBA's terminal (known to DBAs); TNS-03505 is documented. A real one speaks to the listener, this one only connects.
"""
from __future__ import annotations

import datetime
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence

from oralab.errors import OraError
from oralab.net import names

_SECONDS = 10.0


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    home = environment.get("ORACLE_HOME", "")
    admin = names.admin_directory(home, environment)
    now = f"{datetime.datetime.now():%d-%b-%Y %H:%M:%S}".upper()
    print(f"\nTNS Ping Utility for Linux: Version 19.0.0.0.0 - Production on {now}")
    print("\nCopyright (c) 1997, 2019, Oracle.  All rights reserved.\n\nUsed parameter files:")
    profile = os.path.join(admin, "sqlnet.ora")
    print(f"{profile}\n" if os.path.exists(profile) else "\n")
    if not arguments:
        print("TNS-03502: Insufficient arguments.  Usage:  tnsping <address> [<count>]")
        return 1
    try:
        found = names.resolve(arguments[0], home, environment)
    except OraError:
        print("TNS-03505: Failed to resolve name")
        return 1
    by_name = not arguments[0].strip().startswith("(") and "/" not in arguments[0]
    print(f"Used {'TNSNAMES' if by_name else 'EZCONNECT'} adapter to resolve the alias\nAttempting to contact {found}")
    address = next(names.Parameter("", names.descriptor(found)).find("DESCRIPTION", "ADDRESS"), None) or next(
        names.Parameter("", names.descriptor(found)).find("DESCRIPTION", "ADDRESS_LIST", "ADDRESS"), None)
    if address is None:
        print("TNS-12533: TNS:illegal ADDRESS parameters")
        return 1
    for _ in range(int(arguments[1]) if len(arguments) > 1 and arguments[1].isdigit() else 1):
        began = time.monotonic()
        try:
            socket.create_connection((address.text("HOST"), int(address.text("PORT") or names.DEFAULT_PORT)), _SECONDS).close()
        except (OSError, ValueError) as error:
            print("TNS-12545: Connect failed because target host or object does not exist" if isinstance(error, socket.gaierror)
                  else "TNS-12541: TNS:no listener")
            return 1
        print(f"OK ({int((time.monotonic() - began) * 1000) // 10 * 10} msec)")
    return 0


def main() -> int:
    return run(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main())
