# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must agree between files: modules, their action plugins, the action group, phases, roles, and who knows whom."""

from __future__ import annotations

import ast
import importlib
import pathlib
import re

import pytest
import yaml
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUGINS, ROLES, LAB = ROOT / "plugins", ROOT / "roles", ROOT / "lab"
#: The one module that runs on servers for the others, and speaks no SQL.
SERVER = {"server_job"}
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
SQL_MODULES = [name for name in MODULES if name not in SERVER]

ACTION = """\
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations
from ansible_collections.dbferry.oracle.plugins.plugin_utils.in_process import InProcess as ActionModule  # noqa: F401\
  pylint: disable=unused-import
"""


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def documentation(name):
    module = importlib.import_module("ansible_collections.dbferry.oracle.plugins.modules." + name)
    return yaml.safe_load(module.DOCUMENTATION), yaml.safe_load(module.EXAMPLES), yaml.safe_load(module.RETURN)


# -- modules


def test_every_module_has_its_action_plugin_and_the_other_way_round():
    assert sorted(path.stem for path in (PLUGINS / "action").glob("*.py")) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_action_plugins_hold_nothing_of_their_own(name):
    text = ACTION if name in SQL_MODULES else ACTION.replace("InProcess", "OnServer")
    assert (PLUGINS / "action" / (name + ".py")).read_text(encoding="utf-8") == text


def test_the_action_group_names_them_all():
    assert load(ROOT / "meta" / "runtime.yml")["action_groups"]["all"] == SQL_MODULES


@pytest.mark.parametrize("name", MODULES)
def test_documentation_examples_and_returns(name):
    described, examples, returned = documentation(name)
    assert described["module"] == name and described["short_description"] and described["version_added"]
    assert examples
    assert any("dbferry.oracle." + name in task for task in examples), "an example uses the module"
    assert returned and all({"description", "type"} <= set(one) for one in returned.values())
    assert "returned" in next(iter(returned.values()))


def fragment(full_name):
    name, part = (full_name.split(".")[2:] + ["documentation"])[:2]
    found = importlib.import_module("ansible_collections.dbferry.oracle.plugins.doc_fragments." + name).ModuleDocFragment
    return yaml.safe_load(getattr(found, part.upper()))


@pytest.mark.parametrize("name", SQL_MODULES)
def test_documented_options_are_those_of_the_module(name):
    described = documentation(name)[0]
    options = dict(described.get("options") or {})
    for one in described["extends_documentation_fragment"]:
        options.update(fragment(one).get("options") or {})
    module = importlib.import_module("ansible_collections.dbferry.oracle.plugins.modules." + name).MODULE
    assert set(options) == set(full_spec(module.argument_spec))


@pytest.mark.parametrize("name", MODULES)
def test_names_in_samples_are_such_as_the_collection_makes(name):
    found = re.findall(r"\bDBF\w*_R\d+_\w+", (PLUGINS / "modules" / (name + ".py")).read_text(encoding="utf-8"))
    assert all(one.startswith("DBF_") for one in found), found


# -- who knows whom


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def test_the_lab_knows_nothing_of_the_product():
    for path in LAB.rglob("*.py"):
        assert not [name for name in imports(path) if name.split(".")[0] in ("ansible", "ansible_collections", "plugins")], path


def test_the_product_knows_nothing_of_the_lab():
    word = re.compile(r"oralab|\bthe lab\b|\blab/|simulat", re.IGNORECASE)
    for place in (PLUGINS, ROLES, ROOT / "playbooks", ROOT / "meta"):
        for path in place.rglob("*"):
            if path.suffix in (".py", ".yml"):
                assert not word.search(path.read_text(encoding="utf-8")), path


def test_what_runs_on_servers_needs_the_standard_library_alone():
    allowed = {"__future__", "contextlib", "fcntl", "hashlib", "inspect", "json", "os", "queue", "re", "stat",
               "threading", "subprocess", "sys", "time", "typing", "dataclasses", "collections", "ansible"}
    for path in (PLUGINS / "modules" / "server_job.py", PLUGINS / "module_utils" / "server_job.py", PLUGINS / "module_utils" / "outcome.py",
                 PLUGINS / "module_utils" / "errors.py", PLUGINS / "module_utils" / "file_copy_streams.py"):
        found = {name for name in imports(path) if not name.startswith("ansible_collections.dbferry.oracle.plugins.module_utils")}
        assert {name.split(".")[0] for name in found} <= allowed, path


# -- phases

XTTS = ROLES / "xtts"
PHASES = load(XTTS / "vars" / "main.yml")["_xtts_phases"]
ORDER = [
    "XTTS_GET_SRC_INFO", "XTTS_GET_TGT_INFO", "XTTS_VALIDATE", "XTTS_BASELINE_SRC", "XTTS_CLEANUP_SEGMENTS_SRC", "XTTS_CHECK_SET",
    "XTTS_EXPORT_METADATA_SRC", "XTTS_EXPORT_STATISTICS_SRC", "XTTS_RESTORE_POINT_TGT", "XTTS_IMPORT_PROFILES_TGT",
    "XTTS_IMPORT_METADATA_TGT",
    "XTTS_QUIESCE_SRC", "XTTS_READ_ONLY_SRC", "XTTS_EXPORT_SET_SRC", "XTTS_CONVERT_SRC", "XTTS_TRANSFER", "XTTS_CONVERT_TGT",
    "XTTS_IMPORT_SET_TGT",
    "XTTS_IMPORT_CODE_TGT", "XTTS_ADVANCE_SEQUENCES_TGT", "XTTS_MOVE_EXCLUDED", "XTTS_STATISTICS_TGT", "XTTS_RECOMPILE_TGT",
    "XTTS_VALIDATE_FILES_TGT", "XTTS_VERIFY", "XTTS_READ_WRITE_TGT", "XTTS_OPEN_SERVICE_TGT", "XTTS_BACKUP_TGT", "XTTS_CLEANUP"]


PHYSICAL = load(ROLES / "physical" / "vars" / "main.yml")


def blocks(role, name):
    """The imports of phases in a task file of a role."""
    (block,) = load(ROLES / role / "tasks" / (name + ".yml"))
    return [task for task in block["block"] if task.get("vars", {}).get("_migration_phase")]


def test_the_phases_and_their_order():
    assert PHASES == ORDER
    assert [task["name"] for task in blocks("xtts", "main")] == PHASES
    assert all([task["name"] for task in blocks("physical", name)] == PHYSICAL["_physical_" + name] for name in ("online", "offline"))
    assert [task["name"] for task in blocks("prepare", "main")] == load(ROLES / "prepare" / "vars" / "main.yml")["_prepare_phases"]


@pytest.mark.parametrize("name, workflow", sorted(load(ROOT / "tests" / "unit" / "zdm_workflows.yml").items()))
def test_physical_phases_are_those_of_zdm_in_its_order(name, workflow):
    """But for one: whether a database can become a pluggable one is known before the switchover, not after it."""
    mine = PHYSICAL["_physical_" + name.split("_")[1]]
    early = {"ZDM_NONCDBTOPDB_PRECHECK"}
    assert set(workflow) <= set(mine)
    assert [phase for phase in mine if phase in workflow and phase not in early] == [phase for phase in workflow if phase not in early]


FILES = [("xtts", "main"), ("xtts", "fallback"), ("xtts", "verify"), ("prepare", "main"), ("prepare", "restore"),
         ("physical", "online"), ("physical", "offline"), ("physical", "evaluate"), ("physical", "fallback"),
         ("physical", "rehearsal"), ("physical", "failover"), ("physical", "reinstate")]
WORKFLOWS = [(role, task) for role, name in FILES for task in blocks(role, name)]
IDS = ["{0}-{1}".format(role, task["name"]) for role, task in WORKFLOWS]


@pytest.mark.parametrize("role, task", WORKFLOWS, ids=IDS)
def test_a_phase_is_imported_statically_under_its_name(role, task):
    name = task["name"]
    assert task["tags"][0] == name and set(task["tags"][1:]) <= set(PHYSICAL["_physical_aliases"]) and task["vars"]["_migration_phase"] == name
    assert task["ansible.builtin.import_role"] == {"name": "dbferry.oracle.migration", "tasks_from": "phase"}
    phase = ROLES / "migration" / "tasks" / task["vars"]["_migration_phase_file"]
    assert phase.resolve() == ROLES / role / "tasks" / "phases" / (name.lower() + ".yml")


@pytest.mark.parametrize("role, task", WORKFLOWS, ids=IDS)
def test_names_of_tasks_begin_with_the_phase(role, task):
    for one in load(ROLES / role / "tasks" / "phases" / (task["name"].lower() + ".yml")):
        assert one["name"].split(" ")[0] == task["name"] and "{{" not in one["name"]


def test_ways_through_a_phase_name_their_tasks_by_it():
    for path in (XTTS / "tasks" / "ways").glob("*.yml"):
        phase = next(name for name in PHASES if path.stem.startswith(name[len("XTTS_"):].lower() + "_"))
        assert all(one["name"].split(" ")[0] == phase and "{{" not in one["name"] for one in load(path)), path


def test_every_task_file_is_a_phase_of_some_workflow():
    for role in {role for role, dummy in FILES}:
        found = {path.stem for path in (ROLES / role / "tasks" / "phases").glob("*.yml")}
        assert found == {task["name"].lower() for owner, task in WORKFLOWS if owner == role}


# -- what roles ask of modules


def tasks(value):
    """Every task in a file, inside blocks too."""
    for one in value or []:
        if "block" in one:
            for part in ("block", "rescue", "always"):
                yield from tasks(one.get(part))
        else:
            yield one


TASKS = [(path.relative_to(ROOT), one) for path in sorted(ROLES.glob("*/tasks/**/*.yml")) for one in tasks(load(path))]


def test_modules_are_given_only_what_they_take_and_all_that_they_need():
    checked = 0
    for path, task in TASKS:
        for key, arguments in task.items():
            if not key.startswith("dbferry.oracle."):
                continue
            module = importlib.import_module("ansible_collections.dbferry.oracle.plugins.modules." + key.rsplit(".", 1)[1])
            spec = module.ARGUMENT_SPEC if hasattr(module, "ARGUMENT_SPEC") else full_spec(module.MODULE.argument_spec)
            if isinstance(arguments, str):
                continue    # they are a variable's
            given = set(arguments or {})
            assert given <= set(spec), (path, task["name"], given - set(spec))
            assert {name for name, one in spec.items() if one.get("required")} <= given, (path, task["name"])
            for name, value in (arguments or {}).items():
                if spec[name].get("choices") and isinstance(value, str) and "{{" not in value:
                    assert value in spec[name]["choices"], (path, task["name"], name)
            checked += 1
    assert checked > 30


def test_what_is_awaited_has_its_result_registered_and_its_patience_set():
    for path, task in TASKS:
        if "until" in task:
            assert task["register"] in task["until"] and "retries" in task and "delay" in task, (path, task["name"])


#: What in a module's source lets work go on after a call: on a server, in the database, or in the next call.
GOES_ON = re.compile(r"ServerJob\(|rman_job\.step\(|ends_session=True|under_way=|concurrency=")


def test_what_may_go_on_after_a_call_says_whether_it_is_finished():
    for path in sorted((PLUGINS / "modules").glob("*.py")):
        if GOES_ON.search(path.read_text()):
            module = importlib.import_module("ansible_collections.dbferry.oracle.plugins.modules." + path.stem)
            assert "finished" in yaml.safe_load(module.RETURN), path.name


def test_what_may_go_on_after_a_call_is_awaited():
    """A phase that does not look again ends before its work does, and later ones begin too early."""
    awaited = 0
    for path, task in TASKS:
        for key, arguments in task.items():
            if not key.startswith("dbferry.oracle.") or task.get("check_mode") or isinstance(arguments, dict) and arguments.get("join_only"):
                continue
            module = importlib.import_module("ansible_collections.dbferry.oracle.plugins.modules." + key.rsplit(".", 1)[1])
            if hasattr(module, "MODULE") and module.MODULE.plan is not None and "finished" in yaml.safe_load(module.RETURN):
                assert ".finished" in task.get("until", ""), (path, task["name"])
                awaited += 1
    assert awaited > 30


def test_variables_of_roles_have_the_prefix_of_their_role():
    for role in ROLES.iterdir():
        for name in load(role / "defaults" / "main.yml"):
            assert name.startswith(role.name + "_"), name
        for name in load(role / "vars" / "main.yml") if (role / "vars" / "main.yml").exists() else {}:
            assert name.startswith("_" + role.name + "_"), name


@pytest.mark.parametrize("role", [path.name for path in ROLES.iterdir()])
def test_defaults_and_argument_specs_agree(role):
    defaults = load(ROLES / role / "defaults" / "main.yml")
    options = load(ROLES / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    assert set(defaults) == set(options)
    assert not any(option.get("required") for option in options.values())
    for name, option in options.items():
        if "default" in option:
            assert defaults[name] == option["default"], name


def test_playbooks_name_roles_in_full():
    for path in (ROOT / "playbooks").glob("*.yml"):
        for play in load(path):
            named = [role["role"] for role in play.get("roles", [])] + [
                task["ansible.builtin.import_role"]["name"] for task in play.get("tasks", []) if "ansible.builtin.import_role" in task]
            assert named and all(name.startswith("dbferry.oracle.") for name in named)
            assert play["hosts"] == ("source" if path.stem.endswith("_source") else "target") and play["gather_facts"] is False
