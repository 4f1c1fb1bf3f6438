# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed: what must hold between two times of one run on one machine. Results go to build/bench/*.json.

Each file in ``measurements`` has one ``measure(stand) -> Measurement``. Ratios are kept, not times: they hold on any machine. A
bound that is broken makes the command fail. ``python tests/bench/bench.py NAME...`` takes only these.
"""
from __future__ import annotations

import importlib
import json
import pathlib
import sys
import time
import typing as t

from stand import RESULTS, ROOT, Measurement, Stand

#: In this order: what finds an untouched source comes before what moves it.
MEASUREMENTS = ("sql_module_against_ping", "delegated_module_against_ping", "import_of_module_code", "hundred_entries", "row_comparison",
                "thousand_files", "four_streams", "downtime_window", "finished_run_against_pings",
                "finished_physical_run_against_pings", "tasks_of_a_phase", "many_migrations")


def table(results: t.Dict[str, Measurement]) -> str:
    lines = [f"{'measurement':<34}{'value':>9}  {'bound':<14}{'':<8}"]
    for name, found in results.items():
        lines.append(f"{name:<34}{found.value:>9.3g}  {found.bound:<14}{'kept' if found.kept else 'BROKEN':<8}{found.title}")
        lines += [f"{'':<34}{'':>9}  {figure}: {value}" for figure, value in found.figures.items()]
        lines += [f"{'':<34}{'':>9}  {found.note}"] if found.note else []
    return "\n".join(lines)


def main(names: t.Sequence[str]) -> int:
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        print(f"No measurement is named {', '.join(sorted(unknown))}. There are {', '.join(MEASUREMENTS)}.", file=sys.stderr)
        return 2
    sys.path.insert(0, str(pathlib.Path(__file__).parent / "measurements"))
    stand = Stand(ROOT / "build/bench-lab")
    results: t.Dict[str, Measurement] = {}
    try:
        for name in names or MEASUREMENTS:
            began = time.monotonic()
            results[name] = importlib.import_module(name).measure(stand)
            (RESULTS / f"{name}.json").write_text(json.dumps(results[name].contents(), indent=1) + "\n")
            print(f"{name}: {results[name].value:.3g} ({results[name].bound}), measured in {time.monotonic() - began:.0f} s", flush=True)
    finally:
        stand.down()
    print("\n" + table(results))
    return 0 if all(found.kept for found in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
