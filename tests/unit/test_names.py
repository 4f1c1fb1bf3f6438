# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names: short enough everywhere, never shared, and told from those of others."""

from __future__ import annotations

import re

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import names
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

IDS = st.from_regex(names.MIGRATION_ID, fullmatch=True)
RUNS = st.integers(1, names.RUN_MAX)
PURPOSES = st.text(min_size=1, max_size=60).filter(lambda text: "\0" not in text)

#: Every maker of an identifier, as (migration_id, run, purpose) -> name.
IDENTIFIERS = {
    "rman_tag": names.rman_tag,
    "datapump_export": lambda mid, run, purpose: names.datapump_job(mid, run, "EXPORT", purpose),
    "datapump_import": lambda mid, run, purpose: names.datapump_job(mid, run, "IMPORT", purpose),
    "scheduler_job": names.scheduler_job,
    "server_job": names.server_job,
    "restore_point": names.restore_point,
    "directory_object": names.directory_object,
    "statistics_table": lambda mid, run, purpose: names.statistics_table(mid, run),
}
FILES = {
    "dump": names.datapump_dump,
    "dumps": lambda mid, run, purpose: names.datapump_dump(mid, run, purpose, numbered=True),
    "log": lambda mid, run, purpose: names.datapump_log(mid, run, "EXPORT", purpose),
}


@pytest.mark.parametrize("name, migration_id", [
    ("sales", "SALES"), ("s", "S"), ("sales12", "SALES12"), ("abcdefghijkl", "ABCDEFGHIJKL"),
])
def test_a_short_plain_name_is_its_own_identity(name, migration_id):
    assert names.migration_id_for(name) == migration_id


@pytest.mark.parametrize("name", ["Sales", "SALES", "sales-prod", "sales_prod", "10gdb", "", "-", "数据库", "x" * 13, "straße"])
def test_any_other_name_gives_an_identity_with_a_hash(name):
    migration_id = names.migration_id_for(name)
    assert names.MIGRATION_ID.fullmatch(migration_id)
    assert migration_id.lower() != name


def test_long_names_that_begin_alike_stay_apart():
    hosts = ["sales-production-{0}.db.example.com".format(number) for number in range(500)]
    assert len({names.migration_id_for(host) for host in hosts}) == len(hosts)


@hypothesis.given(st.lists(st.text(max_size=40), unique=True, max_size=20))
def test_different_names_have_different_identities(hosts):
    assert len({names.migration_id_for(host) for host in hosts}) == len(hosts)


@pytest.mark.parametrize("maker", IDENTIFIERS, ids=str)
@hypothesis.settings(max_examples=50)
@hypothesis.given(migration_id=IDS, run=RUNS, purpose=PURPOSES)
def test_an_identifier_fits_everywhere_and_parses_back(maker, migration_id, run, purpose):
    name = IDENTIFIERS[maker](migration_id, run, purpose)
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,29}", name)
    assert names.artefact(name) == (migration_id, run)
    assert names.owned(name, migration_id) == run


@pytest.mark.parametrize("maker", FILES, ids=str)
@hypothesis.settings(max_examples=50)
@hypothesis.given(migration_id=IDS, run=RUNS, purpose=PURPOSES)
def test_a_file_name_is_plain_and_parses_back(maker, migration_id, run, purpose):
    name = FILES[maker](migration_id, run, purpose)
    assert re.fullmatch(r"[a-z0-9_]+(%U)?\.(dmp|log)", name) and len(name) <= 110
    assert names.owned(name, migration_id) == run


@hypothesis.given(IDS, RUNS, PURPOSES, PURPOSES)
def test_different_purposes_have_different_names(migration_id, run, one, other):
    hypothesis.assume(one.upper() != other.upper())
    for maker in ("rman_tag", "datapump_export", "scheduler_job"):
        assert IDENTIFIERS[maker](migration_id, run, one) != IDENTIFIERS[maker](migration_id, run, other)


def test_purposes_that_only_begin_alike_stay_apart_when_they_are_cut():
    made = {names.datapump_job("ABCDEFGHIJKL", 999, "EXPORT", "METADATA_{0}".format(number)) for number in range(300)}
    assert len(made) == 300


def test_kinds_that_share_a_namespace_never_meet():
    made = [maker("SALES", 1, "STATS") for name, maker in IDENTIFIERS.items() if name not in ("rman_tag", "restore_point")]
    assert len(set(made)) == len(made)


def test_names_read_well():
    assert names.datapump_job("SALES", 1, "EXPORT", "metadata") == "DBF_SALES_R1_EXP_METADATA"
    assert names.rman_tag("SALES", 12, "LEVEL0") == "DBF_SALES_R12_LEVEL0"
    assert names.datapump_log("SALES", 1, "IMPORT", "SET") == "dbf_sales_r1_imp_set.log"
    assert names.datapump_dump("SALES", 1, "SET", numbered=True) == "dbf_sales_r1_set%U.dmp"
    assert names.statistics_table("SALES", 1) == "DBF_SALES_R1_STATS"


@hypothesis.given(IDS, RUNS, st.sampled_from(["extract", "replicat", "path"]), st.integers(1, 9))
def test_a_goldengate_process_fits_eight_characters_and_is_told_by_its_owner(migration_id, run, kind, number):
    name = names.goldengate_process(migration_id, run, kind, number)
    assert re.fullmatch(r"[A-Z][A-Z0-9]{7}", name)
    assert names.owned(name, migration_id) == run
    assert names.owned(name, "OTHER") == 0 or migration_id == "OTHER"


@pytest.mark.parametrize("name", [
    "USERS", "", "DBF_SALES", "DBF_SALES_R0_X", "DBF_SALES_R1000_X", "DBF_SALES_R01_X", "DBF__R1_X", "XDBF_SALES_R1_X", "DBF_SALES_R1",
    "DBF_SALES2_R1_X", "DBF_SALES_R1_X Y", "DBF_SALES_R1_X\n", "SYS_EXPORT_FULL_01", "EXTSALES",
])
def test_what_others_named_is_not_ours(name):
    assert names.owned(name, "SALES") == 0


@pytest.mark.parametrize("migration_id", [None, "", "sales", "1SALES", "SALES_1", "SALES-1", "ABCDEFGHIJKLM", "SALES\n", 7])
def test_a_wrong_identity_is_refused(migration_id):
    with pytest.raises(names.BadName) as caught:
        names.rman_tag(migration_id, 1, "X")
    assert isinstance(caught.value, DbferryError) and isinstance(caught.value, ValueError)
    assert "migration_id" in caught.value.result()["msg"]


@pytest.mark.parametrize("run", [0, -1, 1000, True, "1", None, 1.0])
def test_a_wrong_run_is_refused(run):
    with pytest.raises(ValueError):
        names.restore_point("SALES", run, "X")


@pytest.mark.parametrize("call", [
    lambda: names.datapump_job("SALES", 1, "SQL_FILE", "X"),
    lambda: names.rman_tag("SALES", 1, ""),
    lambda: names.scheduler_job("SALES", 1, "a\0b"),
    lambda: names.goldengate_process("SALES", 1, "manager"),
    lambda: names.goldengate_process("SALES", 1, "extract", 10),
])
def test_what_cannot_be_named_is_refused(call):
    with pytest.raises(names.BadName):
        call()


@pytest.mark.parametrize("name, written", [("USERS", '"USERS"'), ("my table", '"my table"'), ("a;b--", '"a;b--"'), ("O'Hara", '"O\'Hara"')])
def test_an_identifier_is_quoted(name, written):
    assert names.identifier(name) == written


@pytest.mark.parametrize("name", ["", 'a"b', "a\0b", "x" * 129, "\u00e4" * 65])
def test_what_no_identifier_can_be_is_refused(name):
    with pytest.raises(names.BadName):
        names.identifier(name)


def test_the_longest_identifier_is_counted_in_bytes():
    assert names.identifier("\u00e4" * 64) == '"{0}"'.format("\u00e4" * 64)


@hypothesis.given(st.text().filter(lambda text: "\0" not in text))
def test_a_literal_reads_back_as_the_text(text):
    written = names.literal(text)
    inside = written[1:-1]
    assert written[0] == written[-1] == "'"
    assert "'" not in inside.replace("''", "")
    assert inside.replace("''", "'") == text


def test_a_literal_refuses_nul():
    with pytest.raises(names.BadName):
        names.literal("a\0b")


def test_journal_items_tell_tablespaces_and_matters_apart():
    items = [maker(name) for maker in (names.plugged_item, names.status_item) for name in ("USERS", "APP DATA")]
    assert len(set(items)) == 4
