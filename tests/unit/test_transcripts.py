# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers against transcripts of the real tools, where a collection of them lies beside the checkout."""

from __future__ import annotations

import csv
import pathlib

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import datapump, dgmgrl, lsnrctl, rman_output, sqlplus

SAMPLES = pathlib.Path(__file__).resolve().parents[3] / "shared" / "samples" / "transcripts"
READERS = {"rman": rman_output.parse, "expdp": datapump.parse, "impdp": datapump.parse, "sqlplus": sqlplus.parse,
           "dgmgrl": dgmgrl.parse, "lsnrctl": lsnrctl.parse}


def rows():
    listing = SAMPLES / "expected.tsv"
    if not listing.is_file():
        return []
    with listing.open(encoding="utf-8") as handle:
        return [row for row in csv.DictReader(handle, delimiter="\t") if row["name"].split("-")[0] in READERS]


def text_of(name):
    return (SAMPLES / (name + ".txt")).read_text(encoding="utf-8", errors="replace").split("\n", 1)[1]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])
def test_verdict_and_codes(row):
    outcome = READERS[row["name"].split("-")[0]](text_of(row["name"]))
    assert outcome.verdict == row["verdict"]
    assert set(filter(None, row["codes"].split(","))) <= set(outcome.errors)


@pytest.mark.parametrize("row", [row for row in rows() if row["name"][1:5] in ("xpdp", "mpdp")], ids=lambda row: row["name"])
def test_a_data_pump_log_without_its_closing_line_is_never_good(row):
    lines = text_of(row["name"]).split("\n")
    closing = next((number for number, line in enumerate(lines) if 'Job "' in line), len(lines))
    for end in range(0, closing + 1, max(1, closing // 20)):
        assert datapump.parse("\n".join(lines[:end])).verdict not in ("ok", "warning")


@pytest.mark.parametrize("row", [row for row in rows() if "convert-many" in row["name"]], ids=lambda row: row["name"])
def test_every_conversion_of_many_channels_has_its_output(row):
    outcome = rman_output.parse(text_of(row["name"]))
    assert len(outcome.conversions) > 50 and outcome.unfinished == []
    assert len({item.output for item in outcome.conversions}) == len(outcome.conversions)
    for item in outcome.conversions:
        # OMF names a file after its tablespace, and most of these inputs were named so too.
        stem = item.input.rsplit("/", 1)[-1].split(".")[0].rstrip("0123456789")
        if stem not in ("unnamed", "wacq_i"):
            assert item.output.rsplit("/", 1)[-1].startswith(stem + ".")


@pytest.mark.parametrize("tool", sorted(READERS))
def test_no_text_at_all_makes_a_reader_fail(tool):
    hypothesis = pytest.importorskip("hypothesis")
    strategies = pytest.importorskip("hypothesis.strategies")
    pieces = [
        "RMAN-00571: ===", "RMAN-00569: ===", "RMAN-03009: x", "ORA-01110: y", "RMAN> ", "2> ", "Starting backup at 1",
        "Finished backup at 2",
        "channel c1: starting datafile conversion", "input file name=/a", "converted datafile=/b",
        "channel c1: datafile conversion complete, elapsed time: 00:00:01", "piece handle=/p tag=T comment=NONE", "5 OK 1 2 3 4",
        "channel c1: restoring foreign file 4 to /x", 'Starting "A"."B":  ', 'Job "A"."B" completed with 3 error(s) at 10:00:00',
        'Job "A"."B" successfully completed at 10:00:00', "A.B is:", "  /stage/x.dmp", '. . exported "A"."T":"P"  1.5 KB  3 rows', "W-1 ",
        "02-MAR-26 08:00:01.000: ", "ORA-39083: Object type TABLE failed", "ORA-31684: z", "ERROR at line 1:", "SQL> ",
        "-----", "SP2-0310: x",
        "DGMGRL> ", "Configuration - q", "  Members:", "  a - Primary database", "    b - Physical standby database (disabled)",
        "      ORA-16661: x", "Configuration Status:", "SUCCESS", "Database - a", "  Transport Lag:      (unknown)", "    P = 'v'",
        "Database Status:", "WARNING", "Please complete the following steps", "\tstart up",
        sqlplus.SENTINEL, "ORACLE instance shut down.", "", "\r", "\0",
    ]
    line = strategies.lists(strategies.sampled_from(pieces) | strategies.text(max_size=8), max_size=3).map("".join)

    @hypothesis.settings(max_examples=150, deadline=None)
    @hypothesis.given(strategies.lists(line, max_size=25).map("\n".join), strategies.sampled_from([None, 0, 1, 5]))
    def read(text, rc):
        outcome = READERS[tool](text, rc)
        assert outcome.verdict in ("ok", "warning", "completed_with_errors", "failed", "unknown")
        assert set(outcome.warnings) <= set(outcome.errors) and len(set(outcome.errors)) == len(outcome.errors)
        assert not rc or outcome.verdict not in ("ok", "warning")

    read()
