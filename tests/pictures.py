# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures for the README: the running demonstration and the report, taken by Debian's chromium."""
from __future__ import annotations

import html
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
COLOURS = {"0;31": "#ff7b72", "0;32": "#7ee787", "0;33": "#e3b341", "0;34": "#79c0ff", "0;36": "#76e3ea", "1;30": "#8b949e"}
PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#0d1117"><pre style="margin:0;padding:24px;color:#e6edf3;
font:14px/1.45 'DejaVu Sans Mono',monospace;white-space:pre-wrap">{0}</pre></body>"""


def coloured(text: str) -> str:
    """A terminal's colours as HTML."""
    def span(match: re.Match[str]) -> str:
        return f'<span style="color:{COLOURS.get(match[1], "#e6edf3")}">{match[2]}</span>'

    return re.sub("\x1b\\[([0-9;]+)m(.*?)\x1b\\[0m", span, html.escape(text, quote=False), flags=re.DOTALL)


def take(page: pathlib.Path, picture: pathlib.Path, width: int, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={profile}",
                        f"--window-size={width},{height}",
                        f"--screenshot={picture}", page.as_uri()], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> int:
    if shutil.which("chromium") is None:
        print("chromium is needed for pictures: apt-get install chromium")
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, "tests/demo.py"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=True)
    # Paths of this machine have no place in a picture. Neither have phases that do not apply, and the second run, which looks like the first one.
    first = done.stdout.replace(str(ROOT), "~/dbferry.oracle").split("Once more")[0].strip()
    shown = "\n".join(line for line in first.splitlines() if "does not apply" not in line)
    page = ROOT / "build/demo.html"
    page.write_text(PAGE.format(coloured(shown)))
    take(page, PICTURES / "demo.png", 1280, 20 * len(shown.splitlines()) + 110)
    report = sorted((ROOT / "build/records").glob("*.html"))[-1]
    take(report, PICTURES / "report.png", 1240, 1900)
    print(f"{PICTURES}/demo.png and report.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
