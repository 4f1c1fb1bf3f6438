# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents name everything that there is, and nothing that there is not."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import CONNECTION, SERVER, VARIABLE_PREFIX
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import HINTS
from ansible_collections.dbferry.oracle.plugins.module_utils.privileges import PURPOSES

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


SOURCES = "\n".join(path.read_text(encoding="utf-8") for place in ("plugins", "roles") for path in sorted((ROOT / place).rglob("*"))
                    if path.suffix in (".py", ".yml"))
OPTIONS = {name: option for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")
           for name, option in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"].items()}


MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


def rows(text):
    """Cells of the rows of every table, without the heading rows."""
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.split("\n") if line.startswith("|") and not line.startswith("|--")]


# -- errors


def test_every_code_of_ours_is_explained_and_none_that_there_is_not():
    explained = [row[0] for row in rows(read("docs/errors.md")) if row[0].startswith("DBF-")]
    assert explained == sorted(set(re.findall(r"DBF-\d{4}", SOURCES)))


def test_every_code_with_a_hint_is_among_those_that_people_meet():
    met = set(re.findall(r"(?:ORA|DPY|KBHS)-\d+", read("docs/errors.md")))
    rare = {"DPY-4024", "ORA-28000", "ORA-28001", "ORA-00372"}
    assert set(HINTS) - rare <= met


def test_every_error_has_something_to_do():
    assert all(all(row) for row in rows(read("docs/errors.md")))


# -- variables


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_option_of_the_roles_is_explained(name):
    row, = [row for row in rows(read("docs/variables.md")) if row[0] == "`{0}`".format(name)]
    assert row[2]
    default = OPTIONS[name].get("default")
    if default not in (None, ""):
        shown = {True: "true", False: "false"}.get(default, str(default)) if isinstance(default, bool) else str(default)
        assert row[1].strip("`") == shown
    for choice in OPTIONS[name].get("choices", []):
        assert "`{0}`".format(choice) in row[1] + row[2]


def test_no_variable_is_explained_that_there_is_not():
    named = set(re.findall(r"`((?:migration|xtts|prepare|physical|dbferry)_\w+)`", "".join(row[0] for row in rows(read("docs/variables.md")))))
    known = set(OPTIONS) | {VARIABLE_PREFIX + option for option in [*CONNECTION, *SERVER]}
    assert known <= named
    unknown = named - known
    assert all(name in SOURCES or 'VARIABLE_PREFIX + "{0}"'.format(name[len(VARIABLE_PREFIX):]) in SOURCES for name in unknown), unknown


PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


@pytest.mark.parametrize("name", ["README.md", "docs/phases.md", "docs/errors.md", "docs/privileges.md", "docs/requirements.md",
                                  "docs/prepare_source.md", "docs/physical.md", "docs/from_zdm.md"])
def test_variables_that_the_texts_name_are_there(name):
    for variable in set(re.findall(r"\b(?:migration|xtts|prepare|physical)_[a-z_]+\b", read(name))):
        families = [option for option in OPTIONS if variable.endswith("_") and option.startswith(variable)]
        assert variable in OPTIONS or variable in MODULES or variable in PURPOSES or variable in PLAYBOOKS or families, variable


# -- phases

TASKS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "roles/xtts/tasks").glob("*.yml")))
PHASES = re.findall(r"_migration_phase: (XTTS_\w+)", TASKS)


def test_every_phase_is_explained_once_in_its_order():
    described = re.findall(r"^### (\w+)$", read("docs/phases.md"), re.MULTILINE)
    order = yaml.safe_load(read("roles/xtts/vars/main.yml"))["_xtts_phases"]
    assert [name for name in described if name in order] == order
    assert sorted(described) == sorted(set(PHASES))


def test_the_phases_of_a_preparation_are_explained_in_their_order():
    described = [row[0] for row in rows(read("docs/prepare_source.md")) if row[0].startswith("PREPARE_")]
    assert described == yaml.safe_load(read("roles/prepare/vars/main.yml"))["_prepare_phases"]


def test_each_phase_says_where_what_it_needs_and_how_it_is_undone():
    for section in re.split(r"^### ", read("docs/phases.md"), flags=re.MULTILINE)[1:]:
        name = section.split("\n")[0]
        if not name.startswith("XTTS_FALLBACK") and "Does not apply: " not in section:
            assert all(word in section for word in ("Where: ", "Needs: ", "Undo: ")), name


def test_needs_are_those_that_the_phase_checks():
    sections = {section.split("\n")[0]: section for section in re.split(r"^### ", read("docs/phases.md"), flags=re.MULTILINE)[1:]}
    for path in (ROOT / "roles/xtts/tasks/phases").glob("*.yml"):
        checked = set(re.findall(r"'(xtts_\w+)'",
                                 "".join(re.findall(r"selectattr\('key', 'in', \[(.*?)\]", path.read_text(encoding="utf-8")))))
        assert checked <= set(re.findall(r"xtts_\w+", sections[path.stem.upper()])), path.stem


# -- physical migration

PHYSICAL = yaml.safe_load(read("roles/physical/vars/main.yml"))
PHYSICAL_WORKFLOWS = ["_physical_" + name for name in ("online", "offline", "evaluate", "fallback", "rehearsal", "failover", "reinstate")]
ZDM = re.compile(r"(?:ZDM|PHYSICAL|TIMEZONE)_\w+")


def test_every_phase_of_a_physical_migration_is_explained_once():
    described = [row[0] for row in rows(read("docs/physical.md")) if ZDM.fullmatch(row[0])]
    assert sorted(described) == sorted(set(sum((PHYSICAL[workflow] for workflow in PHYSICAL_WORKFLOWS), [])))


def test_each_table_has_them_in_their_order():
    for section in re.split(r"^##+ ", read("docs/physical.md"), flags=re.MULTILINE)[1:]:
        described = [row for row in rows(section) if ZDM.fullmatch(row[0])]
        names = [row[0] for row in described]
        assert any([name for name in PHYSICAL[workflow] if name in names] == names for workflow in PHYSICAL_WORKFLOWS), names
        assert all(len(row) == 5 and row[1] and row[4] for row in described), names


def test_what_takes_the_place_of_zdm_is_told_of_every_phase_and_parameter():
    told = [row for row in rows(read("docs/from_zdm.md")) if re.fullmatch(r"[A-Z_]{4,}", row[0])]
    known = {phase for workflow in yaml.safe_load(read("tests/unit/zdm_workflows.yml")).values() for phase in workflow}
    assert sorted(row[0] for row in told) == sorted(known | set(yaml.safe_load(read("tests/unit/zdm_parameters.yml"))["physical"]))
    assert all(len(row) == 2 and row[1] for row in told)


def test_the_readme_names_phases_that_there_are():
    named = {name for row in rows(read("README.md")) for name in ZDM.findall(row[0])}
    assert named and named <= set(PHYSICAL["_physical_online"])


def test_every_way_of_a_physical_migration_is_explained():
    text = read("docs/physical.md")
    assert all(choice in text for option in ("physical_medium", "physical_direct_method") for choice in OPTIONS[option]["choices"])
    assert all("dbferry.oracle." + name in text for name in PLAYBOOKS if "physical" in name)


def test_the_readme_shows_every_phase_and_module():
    text = read("README.md")
    shown = re.findall(r"\bXTTS_[A-Z_]+", "\n".join(row[0] for row in rows(text)))
    assert shown == yaml.safe_load(read("roles/xtts/vars/main.yml"))["_xtts_phases"]
    table = text[text.index("## Modules"):text.index("## The way back")]
    assert sorted(re.findall(r"`(\w+)`", "\n".join(row[0] for row in rows(table)))) == MODULES


# -- privileges


def grants(text):
    """What is granted, as words: system privileges, roles, and EXECUTE ON name."""
    found = set()
    for statement in re.findall(r"^\s*GRANT (.*?) TO ", text, re.MULTILINE | re.DOTALL):
        found |= {statement.strip()} if " ON " in statement else {one.strip() for one in statement.split(",")}
    return found


def test_the_documented_grants_are_those_that_the_tests_run_with():
    text = read("docs/privileges.md")
    by_default = grants(text[text.index("belongs to PUBLIC by default"):])
    assert grants(text[:text.index("belongs to PUBLIC by default")]) == grants(read("lab/oralab/samples/migration_user.sql"))
    assert by_default and all(one.startswith("EXECUTE ON sys.") for one in by_default)


def test_every_grant_says_what_it_is_for():
    text = read("docs/privileges.md")
    table = text[text.index("## What each grant is for"):]
    plain = {"CREATE SESSION", "RESTRICTED SESSION", "SELECT_CATALOG_ROLE", "DATAPUMP_EXP_FULL_DATABASE", "DATAPUMP_IMP_FULL_DATABASE"}
    for grant in grants(text[:text.index("belongs to PUBLIC by default")]) - plain:
        assert grant.replace("EXECUTE ON sys.dbms_", "EXECUTE on DBMS_").upper() in table.upper(), grant


# -- links


@pytest.mark.parametrize("path", sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]),
                         ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target and "docs/pictures/" not in target:
            assert (path.parent / target).exists(), target


def test_the_pictures_are_those_that_are_made():
    assert re.findall(r"!\[[^\]]+\]\(([^)]+)\)", read("README.md")) == ["docs/pictures/demo.png", "docs/pictures/report.png"]
