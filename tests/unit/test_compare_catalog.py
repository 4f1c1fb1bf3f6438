# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two dictionaries against each other."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import compare_catalog
from ansible_collections.dbferry.oracle.plugins.module_utils.compare_catalog import INVALID, SECTIONS, SEQUENCE_NUMBERS, TABLESPACES
from ansible_collections.dbferry.oracle.plugins.modules import schema_baseline
from fake_session import FakeSession


def side(**sections):
    """``users=[(...), ...]``; the rest is empty."""
    answers = {sql: [dict(enumerate(row)) for row in sections.pop(name, [])] for name, (dummy, sql) in SECTIONS.items()}
    answers.update({TABLESPACES: sections.pop("tablespaces", []), INVALID: sections.pop("invalid", []),
                    SEQUENCE_NUMBERS: sections.pop("sequence_numbers", [])})
    assert not sections
    return FakeSession(answers)


def differences(source, target, tablespaces=(), tolerated=()):
    return compare_catalog.compare(source, target, list(tablespaces), list(tolerated))


@pytest.mark.parametrize("section", list(SECTIONS))
def test_what_is_missing_new_or_different_is_found_in_every_section(section):
    width = SECTIONS[section][0]
    key = tuple("K{0}".format(number) for number in range(width))
    missing, new = key[:-1] + ("GONE",), key[:-1] + ("NEW",)
    spaces = [{"name": name} for name in (key[-1], "GONE", "NEW")]
    found = differences(side(tablespaces=spaces, **{section: [key + ("a",), missing + ("a",)]}),
                        side(tablespaces=spaces, **{section: [key + ("b",), new + ("a",)]}))
    assert [(one["section"], one["object"], one["source"], one["target"]) for one in found] == [
        (section, ".".join(missing), "a", None), (section, ".".join(key), "a", "b"), (section, ".".join(new), None, "a")]


@pytest.mark.parametrize("before, since, told", [(100, 200, False), (None, 100, False), (200, 100, True), (100, None, True)])
def test_segments_of_a_database_in_use_grow(before, since, told):
    sides = [side(segments=[("APP", "TABLE", "T", "-", "USERS", size)] if size else []) for size in (before, since)]
    assert differences(*sides)
    assert bool(compare_catalog.compare(*sides, [], [], in_use=True)) == told


def test_equal_dictionaries_do_not_differ():
    rows = {name: [tuple("K{0}".format(number) for number in range(width)) + (None,)] for name, (width, dummy) in SECTIONS.items()}
    assert differences(side(**rows), side(**rows)) == []


def test_generated_names_are_compared_as_a_bag_in_any_order():
    one = ("QUAY", "BERTHS", "C generated", "C", "ENABLED", "VALIDATED", "NOT DEFERRABLE", None)
    other = one[:4] + ("DISABLED",) + one[5:]
    assert differences(side(constraints=[one, other, one]), side(constraints=[other, one, one])) == []
    assert len(differences(side(constraints=[one, one]), side(constraints=[one]))) == 1


def test_only_the_tablespaces_of_the_set_are_compared():
    def space(name, size):
        return {"name": name, "contents": "PERMANENT", "bytes": size}

    source, target = side(tablespaces=[space("A", 1), space("X", 1)]), side(tablespaces=[space("A", 2), space("X", 2)])
    assert [one["object"] for one in differences(source, target, ["A"])] == ["A"]


def test_a_quota_on_a_tablespace_that_stays_behind_is_no_difference():
    quotas = [("QUAY", "MOVED", 1), ("QUAY", "STAYS", 1)]
    source, target = side(quotas=quotas, tablespaces=[{"name": "MOVED"}, {"name": "STAYS"}]), side(tablespaces=[{"name": "MOVED"}])
    assert [one["object"] for one in differences(source, target)] == ["QUAY.MOVED"]


def test_what_was_invalid_before_is_left_out():
    rows = [{"owner": "QUAY", "object_type": "VIEW", "object_name": name} for name in ("OLD", "NEW")]
    assert [one["object"] for one in differences(side(), side(invalid=rows), tolerated=["QUAY.OLD (VIEW)"])] == ["QUAY.NEW (VIEW)"]


@pytest.mark.parametrize("here, there, increment, cycle, found", [
    (100, 100, 1, "N", 0), (100, 120, 1, "N", 0), (100, 99, 1, "N", 1), (-100, -120, -1, "N", 0), (-100, -99, -1, "N", 1),
    (100, 5, 1, "Y", 0)])
def test_a_sequence_may_be_ahead_but_never_behind(here, there, increment, cycle, found):
    def row(number):
        return [{"owner": "QUAY", "name": "S", "last_number": number, "increment_by": increment, "cycle_flag": cycle}]

    assert len(differences(side(sequence_numbers=row(here)), side(sequence_numbers=row(there)))) == found


def test_the_migrations_own_account_is_left_out_everywhere():
    assert all(":me" in sql for dummy, sql in SECTIONS.values())


def test_a_baseline_is_written_once():
    source = side(invalid=[{"owner": "QUAY", "object_type": "VIEW", "object_name": "V"}]).with_journal({})
    source.answers[SECTIONS["objects"][1]] = [{"owner": "QUAY", "object_type": "TABLE", "object_name": name} for name in "AB"]
    state = schema_baseline.observe(source, {})
    step, = schema_baseline.plan(state, {})
    assert step.statement is None and step.record == {"baseline": {"invalid": ["QUAY.V (VIEW)"], "counts": {"QUAY TABLE": 2}}}
    source.with_journal(step.record)
    state = schema_baseline.observe(source, {})
    assert schema_baseline.plan(state, {}) == [] and schema_baseline.report(state, {})["baseline"] == step.record["baseline"]
