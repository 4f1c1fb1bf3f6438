# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give ansible-test the pip that it otherwise downloads from a site of its own, so that package indexes are all it needs."""
from __future__ import annotations

import pathlib
import subprocess
import sys

VERSION = "24.2"
BOOTSTRAP = '''"""Installs pip from the wheel beside this file."""
import pathlib
import sys
wheel = str(next(pathlib.Path(__file__).parent.glob("pip-{version}-*.whl")))
sys.path.insert(0, wheel)
from pip._internal.cli.main import main
sys.exit(main(["install", "--no-index", "--no-deps", "--quiet", wheel]))
'''


def main() -> None:
    cache = pathlib.Path.home() / ".ansible/test/cache"
    if not list(cache.glob(f"pip-{VERSION}-*.whl")):
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(cache), f"pip=={VERSION}"], check=True)
    (cache / f"get_pip_{VERSION.replace('.', '_')}.py").write_text(BOOTSTRAP.format(version=VERSION))


main()
