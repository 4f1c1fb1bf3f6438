# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of statements is complete, a foreign grammar knows them all, and a database parses them."""
from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import typing as t

import catalog
import pytest
import sources
import yaml
from lab_under_test import ROOT, Lab, make_lab
from sqlfluff.core import FluffConfig, Linter

WORDS = {"NAME": '"[^"]+"', "TEXT": "'(?:[^']|'')*'", "NUMBER": r"\d+"}
#: Pattern of a statement -> the page of Oracle's reference that allows it.
EXCEPTIONS: t.Dict[str, str] = {
    re.sub("|".join(rf"\b{word}\b" for word in WORDS), lambda found: WORDS[found.group()], entry["statement"]): entry["where"]
    for entry in yaml.safe_load(pathlib.Path(__file__).with_name("exceptions.yml").read_text())}


def test_every_sql_text_of_the_plugins_is_in_a_statement(entries: t.List[catalog.Entry]) -> None:
    missing = sources.missing(entries)
    assert not missing, "\n".join(
        ["These texts stand in the code, and no test was seen to issue or plan a statement with them:",
         *(f"  {source.place}: {source.text.strip()!r}" for source in missing),
         "Add a unit test that has the module's plan() make a Step with it (tests/unit), or a call to CASES of tests/integration/test_contract.py",
         "that gets there; a query of parts, into tests/sql_catalog/examples.py. Whole queries belong into a constant in capitals at the module's top.",
         "Then: make sql-catalog."])


def test_the_scan_finds_what_is_missing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "ROOT", tmp_path)
    code = tmp_path / "plugins/modules/berth.py"
    code.parent.mkdir(parents=True)
    code.write_text('"""ALTER TABLE is documented here."""\nfind("ALTER SYSTEM SET x = 1 at the target.")\n'
                    'Step(Statement("ALTER BERTH ", name, " MOOR" if moored else " CAST OFF"))\n')
    found = catalog.Entry("berth", "ddl", 'ALTER BERTH "A" MOOR')
    assert [source.text for source in sources.missing([])] == ["ALTER BERTH ", " MOOR", " CAST OFF"]
    assert [(source.place, source.text) for source in sources.missing([found])] == [("plugins/modules/berth.py:3", " CAST OFF")]


@pytest.fixture(scope="module")
def linter() -> Linter:
    return Linter(config=FluffConfig(overrides={"dialect": "oracle"}))


def unparsable(linter: Linter, entry: catalog.Entry) -> t.List[str]:
    """What sqlfluff's grammar of Oracle does not know in a statement."""
    text = entry.text.rstrip() + ("\n/\n" if entry.kind == "plsql" else ";\n")
    return [violation.desc() for violation in linter.parse_string(text).violations]


def test_a_foreign_grammar_knows_every_statement(entries: t.List[catalog.Entry], linter: Linter) -> None:
    """sqlfluff's is the stricter of those on PyPI: sqlglot takes DDL as a command that it need not understand."""
    used = set()
    unknown = []
    for entry in entries:
        if entry.kind not in catalog.SQL:
            continue
        errors = unparsable(linter, entry)
        allowed = [pattern for pattern in EXCEPTIONS if re.fullmatch(pattern, " ".join(entry.text.split()))] if errors else []
        used.update(allowed)
        if errors and not allowed:
            unknown.append(f"{entry.module} ({entry.kind}): {entry.text}\n    {errors[0]}")
    assert not unknown, "\n".join([
        "Oracle's reference must say where these come from (tests/sql_catalog/exceptions.yml), or they are wrong:", *unknown])
    idle = sorted(set(EXCEPTIONS) - used)
    assert not idle, "exceptions.yml excuses what needs no excuse:\n" + "\n".join(idle)


def test_the_foreign_grammar_is_strict(linter: Linter) -> None:
    for wrong in ("SELECT FROM dual", "ALTER TABLESPACE users READ SOMETIMES", "SELECT 1 LIMIT 5 dual FROM"):
        assert unparsable(linter, catalog.Entry("", catalog.kind_of(wrong) or "queries", wrong))


@pytest.fixture(scope="module")
def lab() -> t.Iterator[Lab]:
    yield from make_lab(ROOT / "build/sql-lab")


def parse_on(lab: Lab, user: str, *options: str) -> subprocess.CompletedProcess[str]:
    endpoint = lab.endpoint("dbsrc")
    return subprocess.run([sys.executable, str(catalog.OUT / "parse.py"), endpoint["dsn"], user, *options], capture_output=True, text=True,
                          env=dict(os.environ, ORACLE_TEST_PASSWORD=endpoint["users"][user]))


@pytest.mark.usefixtures("entries")
def test_a_database_parses_the_catalogue(lab: Lab) -> None:
    done = parse_on(lab, "DBFERRY")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("entries")
def test_the_script_tells_what_does_not_parse(lab: Lab, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lab.query("dbsrc", "SELECT COUNT(*) n FROM dba_objects")
    monkeypatch.setattr(catalog, "OUT", tmp_path / "sql")
    catalog.write([catalog.Entry("wrong", "queries", "SELECT no_such_column FROM dba_users"), catalog.Entry("wrong", "ddl", "CREATE TABLE made (n NUMBER)"),
                   catalog.Entry("right", "dml", "DELETE FROM dbf_not_yet WHERE n = 1"), catalog.Entry("wrong", "plsql", "BEGIN no_such_thing(1); END;")])
    done = parse_on(lab, "DBFERRY")
    assert done.returncode == 1 and "ORA-00904" in done.stdout and "PLS-00201" in done.stdout
    assert "left out: ddl: 1" in done.stdout and "no migration yet: 1" in done.stdout and "refused: 2" in done.stdout
    assert lab.query("dbsrc", "SELECT COUNT(*) n FROM dba_objects") == before, "parsing runs nothing"
