# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``opatch``: lists the patches of an ORACLE_HOME (``lspatches``) and tells its own version.

Both as in transcripts; what a home without patches says is known to DBAs. Installing patches is for ``oralab.tools.inventory``.
"""
from __future__ import annotations

import os
import sys

from oralab.tools import inventory

VERSION = "12.2.0.1.42"


def main() -> int:
    home = os.environ.get("ORACLE_HOME", "")
    if not home:
        print("Oracle Home is not set. OPatch cannot proceed!\nOPatch returns with error code = 1")
        return 1
    command = sys.argv[1:2]
    if command == ["version"]:
        print(f"OPatch Version: {VERSION}")
    elif command == ["lspatches"]:
        patches = inventory.installed(home)
        for patch in patches:
            print(f"{patch.patch_id};{patch.description}")
        if not patches:
            print(f'There are no Interim patches installed in this Oracle Home "{home}".')
    else:
        print(f"OPatch command not understood (lab: not simulated: opatch {' '.join(sys.argv[1:])})\nOPatch failed with error code 21")
        return 21
    print("\nOPatch succeeded.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
