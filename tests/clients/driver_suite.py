# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python-oracledb's own test suite, run in thin mode against a database of the lab.

The suite comes in the driver's source distribution (``build/clients/oracledb-VERSION``, fetched by ``make``), without the script of the
objects that it needs: those are in ``suite_tables.sql`` and ``suite_code.sql``. A test counts as

* ``excluded`` when ``driver_suite_missing.yml`` says that it needs a feature which docs/maintainers/fidelity.md names as missing,
* ``skipped`` when the suite itself skips it: another release of the database, thick mode, or a machine that it does not have,
* ``passed`` or ``failed`` otherwise. The share is passed / (passed + failed), and may not fall below ``driver_suite_share.txt``.

``python tests/clients/driver_suite.py [--part] [TEST...]`` writes ``build/clients/driver_suite.json``.
"""
from __future__ import annotations

import argparse
import collections
import fnmatch
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import oracledb
import yaml
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULT = ROOT / "build/clients/driver_suite.json"
SHARE = HERE / "driver_suite_share.txt"
FIDELITY = ROOT / "docs/maintainers/fidelity.md"
USERS = {"SYS": "sys-Secret1", "SYSTEM": "system-Secret1", "PYTHONTEST": "main-Secret1", "PYTHONTESTPROXY": "proxy-Secret1"}
PRIVILEGES = ("CREATE SESSION", "CREATE TABLE", "CREATE PROCEDURE", "CREATE TYPE", "CREATE VIEW", "SELECT ANY DICTIONARY",
              "CHANGE NOTIFICATION", "UNLIMITED TABLESPACE")
PART = ("connection/test_1000_basic.py", "cursor/test_1000_execute.py", "cursor/test_1200_executemany.py", "cursor/test_1400_callproc.py",
        "cursor/test_2000_var.py", "data_types/test_1000_cursor.py", "data_types/test_1500_lobs.py", "data_types/test_1800_number.py")
"""What ``make test`` runs; everything else belongs to ``make test-all``."""
TEST_SECONDS = 20


def suite() -> pathlib.Path:
    """The suite of the driver that is installed. FileNotFoundError when ``make`` has not fetched it."""
    tests = ROOT / f"build/clients/oracledb-{importlib.metadata.version('oracledb')}" / "tests"
    if not (tests / "conftest.py").exists():
        raise FileNotFoundError(f"{tests} is missing: run make driver-suite")
    return tests


def statements(script: str) -> Iterator[str]:
    """Statements of a script: they end with a line that holds a slash."""
    text = "\n".join(line for line in (HERE / script).read_text(encoding="utf-8").splitlines() if not line.startswith("--"))
    yield from filter(None, (part.strip() for part in text.split("\n/")))


def prepare(dsn: str) -> list[str]:
    """Make users and objects; what of it the lab refused, and why."""
    refused = []
    with oracledb.connect(user="SYS", password=USERS["SYS"], dsn=dsn, mode=oracledb.AUTH_MODE_SYSDBA) as connection:
        cursor = connection.cursor()
        for user in ("PYTHONTEST", "PYTHONTESTPROXY"):
            cursor.execute(f'CREATE USER {user} IDENTIFIED BY "{USERS[user]}"')
        cursor.execute(f"GRANT {', '.join(PRIVILEGES)} TO pythontest")
        cursor.execute("GRANT CREATE SESSION TO pythontestproxy")
        cursor.execute("ALTER USER pythontestproxy GRANT CONNECT THROUGH pythontest")
    with oracledb.connect(user="PYTHONTEST", password=USERS["PYTHONTEST"], dsn=dsn) as connection:
        cursor = connection.cursor()
        cursor.execute("ALTER SESSION SET time_zone = '+00:00'")
        for script in ("suite_tables.sql", "suite_code.sql"):
            for statement in statements(script):
                try:
                    cursor.execute(statement)
                except oracledb.DatabaseError as error:
                    refused.append(f"{' '.join(statement.split()[:4])}: {str(error).splitlines()[0]}")
    return refused


def run(dsn: str, tests: Sequence[str]) -> list[dict[str, Any]]:
    """Run tests of the suite one after the other; they share tables. One record each: test, outcome, seconds, message."""
    with tempfile.NamedTemporaryFile(suffix=".json", delete=False) as report:
        pass
    environment = {**os.environ, "PYTHONPATH": str(HERE), "SUITE_REPORT": report.name, "SUITE_TEST_SECONDS": str(TEST_SECONDS)}
    environment |= {f"PYO_TEST_{name}": value for name, value in {
        "MAIN_USER": "pythontest", "MAIN_PASSWORD": USERS["PYTHONTEST"], "PROXY_USER": "pythontestproxy",
        "PROXY_PASSWORD": USERS["PYTHONTESTPROXY"], "CONNECT_STRING": dsn, "ADMIN_USER": "SYSTEM", "ADMIN_PASSWORD": USERS["SYSTEM"]}.items()}
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "-p", "suite_record", "-p", "no:xdist", *tests]
    done = subprocess.run(command, cwd=suite(), env=environment, capture_output=True, text=True)
    found = pathlib.Path(report.name).read_text(encoding="utf-8")
    os.unlink(report.name)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the suite did not run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return [json.loads(line) for line in found.splitlines()]


def missing() -> dict[str, list[str]]:
    """Missing feature -> patterns of the tests that need it. ValueError when the fidelity page does not name one as missing."""
    features: dict[str, list[str]] = yaml.safe_load((HERE / "driver_suite_missing.yml").read_text(encoding="utf-8"))
    page = " ".join(FIDELITY.read_text(encoding="utf-8").split())
    unknown = [feature for feature in features if feature not in page]
    if unknown:
        raise ValueError(f"{FIDELITY.name} does not name as missing: {', '.join(unknown)}")
    return features


def count(records: Sequence[dict[str, Any]], features: dict[str, list[str]]) -> dict[str, Any]:
    """The result from records; tests whose feature is missing are excluded whatever they did."""
    needs = {pattern: feature for feature, patterns in features.items() for pattern in patterns}
    counted: dict[str, list[str]] = collections.defaultdict(list)
    failures, excluded = {}, collections.Counter()
    for record in records:
        feature = next((feature for pattern, feature in needs.items() if fnmatch.fnmatchcase(record["test"], pattern)), None)
        if feature is not None and record["outcome"] != "skipped":
            excluded[feature] += 1
            counted["excluded"].append(record["test"])
            continue
        counted[record["outcome"]].append(record["test"])
        if record["outcome"] == "failed":
            failures[record["test"]] = record["message"]
    passed, failed = len(counted["passed"]), len(counted["failed"])
    return {"driver": importlib.metadata.version("oracledb"), "passed": passed, "failed": failed, "excluded": len(counted["excluded"]),
            "skipped": len(counted["skipped"]), "share": round(100 * passed / max(1, passed + failed), 1),
            "excluded_by_feature": dict(excluded.most_common()), "failures": failures,
            "seconds": round(sum(record["seconds"] for record in records), 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="store_true", help="only the covering part")
    parser.add_argument("tests", nargs="*", help="files or tests of the suite; all of them when none are named")
    options = parser.parse_args()
    features = missing()
    with tempfile.TemporaryDirectory(prefix="driver-suite-") as directory:
        host = Host(os.path.join(directory, "suite"))
        host.create(DatabaseSpec("SUITE", pdb="", passwords={name: USERS[name] for name in ("SYS", "SYSTEM")})).shutdown("IMMEDIATE")
        dsn = f"127.0.0.1:{host.start()}/suite"
        try:
            refused = prepare(dsn)
            records = run(dsn, options.tests or (PART if options.part else ()))
        finally:
            host.stop()
    result = count(records, features) | {"refused_objects": refused}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print("driver suite: {passed} passed, {failed} failed, {excluded} excluded, {skipped} skipped: {share} %".format(**result))
    if options.tests:
        return 0
    wanted = float(dict(line.split() for line in SHARE.read_text(encoding="utf-8").splitlines())["part" if options.part else "all"])
    if result["share"] < wanted:
        print(f"The share of tests that pass has fallen below {wanted} %; {RESULT} names those that failed.", file=sys.stderr)
    return int(result["share"] < wanted)


if __name__ == "__main__":
    sys.exit(main())
