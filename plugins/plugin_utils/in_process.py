# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that speak SQL run in the control node's own process: a tenth of the cost of a packed module.

The action plugin of such a module validates the arguments, takes connection options that the task left unset from the
inventory entry that ``delegate_to`` names, runs the same kernel function as the module's ``main()``, and masks the result.
"""

from __future__ import annotations

import contextlib
import importlib
import shlex
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ansible_collections.dbferry.oracle.plugins.module_utils import applying, kernel, steps
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import ADMINISTRATOR, CONNECTION, MIGRATION, SERVER, VARIABLE_PREFIX, full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.names import artefact
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import Runner
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import COPY
from ansible_collections.dbferry.oracle.plugins.module_utils.session import plain
from ansible_collections.dbferry.oracle.plugins.plugin_utils.entry import Entry
from ansible_collections.dbferry.oracle.plugins.plugin_utils.overlay import Overlay

# Loaded here, before the strategy forks its workers, so that no task pays for the import. Absent: the session says so.
with contextlib.suppress(ImportError):
    import oracledb  # noqa: F401  pylint: disable=unused-import

__metaclass__ = type

PACKAGE = "ansible_collections.dbferry.oracle.plugins.modules."

#: Options of a command on the server.
_TOOLS = ("oracle_home", "oracle_sid", "tns_admin", *SERVER)


class _Server(applying.Host):
    """The database server, reached through the connection of the task's host."""

    def __init__(self, action: ActionBase, task_vars: t.Dict[str, t.Any], want: t.Dict[str, t.Any]) -> None:
        self._action = action
        self._task_vars = task_vars
        self._want = want

    def run(self, job: steps.ServerJob, join_only: bool = False) -> t.Dict[str, t.Any]:
        """Start the job on the server, or join it."""
        if not self._want.get("oracle_home"):
            raise DbferryError("This step runs {0} on the database server, and oracle_home is not known.".format(job.argv[0]), code="DBF-0009",
                               hint="Set dbferry_oracle_home (and dbferry_oracle_sid) for this inventory entry.")
        arguments = {"name": job.name, "argv": job.argv, "script": job.script.text(), "join_only": join_only, "space": job.space}
        arguments.update((name, self._want[name]) for name in _TOOLS if self._want.get(name))
        try:
            answer = ordinary_module(self._action, "dbferry.oracle.server_job", arguments, self._task_vars)
        except AnsibleConnectionFailure:
            raise  # the host is unreachable, and Ansible knows what that means
        except AnsibleError as error:
            raise DbferryError("Running {0} on the database server failed: {1}".format(job.argv[0], error), code="DBF-0010", statement=str(job.script))
        if answer.get("failed") or answer.get("unreachable"):
            raise DbferryError("Running {0} on the database server failed: {1}".format(
                job.argv[0], answer.get("msg") or answer.get("module_stderr") or answer), code=answer.get("code") or "DBF-0010",
                statement=str(job.script))
        return answer


def ordinary_module(action: ActionBase, name: str, arguments: t.Dict[str, t.Any], task_vars: t.Dict[str, t.Any],
                    wrap_async: bool = False) -> t.Dict[str, t.Any]:
    """Run a module on the task's host as Ansible does, with pipelining wherever there is some, whatever is set.

    Then the arguments, which may hold passwords, are in no file there, and whoever connects may become the Oracle owner, who could not read such
    a file (it takes ``setfacl`` otherwise).
    """
    if getattr(action._connection, "has_pipelining", False):
        action._connection.set_option("pipelining", True)
    found: t.Dict[str, t.Any] = action._execute_module(module_name=name, module_args=arguments, task_vars=task_vars, wrap_async=wrap_async)
    return found


def runner_of(action: ActionBase) -> Runner:
    """Runs a command through the connection of the task's host, as its user or whom it becomes: a shell is all that is needed there."""

    def run(argv: t.List[str], stdin: str, environment: t.Dict[str, str]) -> t.Tuple[int, str]:
        words = [action._connection._shell.env_prefix(**environment)] + [shlex.quote(word) for word in argv]
        # With nothing to read ssh would give the command a terminal, which changes what it prints and never ends what it reads.
        line = " ".join(words + ([] if stdin else ["< /dev/null"]))
        answer = action._low_level_execute_command(line, in_data=(stdin or "\n").encode("utf-8", "surrogateescape"))
        return int(answer["rc"]), answer["stdout"] + answer["stderr"]

    return run


class InProcess(ActionBase):  # type: ignore[misc]  # ansible-core declares no types
    """Base of the action plugins in plugins/action: one three-line file per module that speaks SQL."""

    _supports_check_mode = True
    _supports_diff = True
    _supports_async = True

    def run(self, tmp: t.Any = None, task_vars: t.Optional[t.Dict[str, t.Any]] = None) -> t.Dict[str, t.Any]:
        result: t.Dict[str, t.Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        name = self._task.action.rsplit(".", 1)[-1]
        module: kernel.Module = importlib.import_module(PACKAGE + name).MODULE
        entry = self._entry(task_vars)
        arguments = self._arguments(module, entry, task_vars)
        overlay = Overlay(self._database(entry, arguments), self._phase())
        if self._task.check_mode:
            arguments["assume"] = overlay.read()
            original = (arguments["assume"].get(COPY) or {}).get("peer")
            if original:
                arguments["original"] = self._login(original, arguments, task_vars)
                # The copy has the journal too.
                there = Overlay(self._database(entry, arguments["original"]), self._phase()).read()
                arguments["assume"] = dict({name: found for name, found in there.items() if name.startswith("JOURNAL")}, **arguments["assume"])
            if arguments.get("peer"):
                arguments["peer"]["assume"] = Overlay(self._database(entry, arguments["peer"]), self._phase()).read()

        if entry.get(VARIABLE_PREFIX + "sql_from") == "host" or self._task.async_val:
            found = ordinary_module(self, self._task.action, arguments, task_vars, wrap_async=bool(self._task.async_val))
        else:
            found = self._here(module, arguments, task_vars)
        if self._task.check_mode:
            overlay.write(found.pop("effects", {}), peer=self._task.args.get("peer_entry"))
            at_peer = found.pop("effects_at_peer", {})
            if arguments.get("peer"):
                Overlay(self._database(entry, arguments["peer"]), self._phase()).write(at_peer)
        result.update(found)
        return result

    # -- arguments

    def _entry(self, task_vars: t.Dict[str, t.Any]) -> Entry:
        """The inventory entry whose database is meant: the one of delegate_to, otherwise the one that the task runs for."""
        name = self._task.delegate_to or task_vars["inventory_hostname"]
        if name not in task_vars["hostvars"]:
            raise AnsibleActionFail("delegate_to names {0}, which is not in the inventory.".format(name))
        return Entry(self._templar, task_vars, name)

    def _arguments(self, module: kernel.Module, entry: Entry, task_vars: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
        spec = full_spec(module.argument_spec)
        arguments = dict(self._task.args)
        self._fill(arguments, [option for option in list(CONNECTION) + list(MIGRATION) + list(SERVER) if option in spec], entry)
        if arguments.get("journal_owner") is None and entry.get(VARIABLE_PREFIX + "user"):
            # The migration user's, whoever logs on for this task.
            arguments["journal_owner"] = str(entry.get(VARIABLE_PREFIX + "user")).upper()
        if arguments.get("peer_entry"):
            name = arguments.pop("peer_entry")
            if name not in task_vars["hostvars"]:
                raise AnsibleActionFail("peer_entry names {0}, which is not in the inventory.".format(name))
            arguments["peer"] = self._login(name, arguments, task_vars, arguments.get("peer"))
        own: t.Dict[str, t.Any] = plain(arguments)
        return own

    def _login(self, name: str, arguments: t.Dict[str, t.Any], task_vars: t.Dict[str, t.Any], given: t.Any = None) -> t.Dict[str, t.Any]:
        """How the database of another entry is reached. A module asks the same of both, so both know it by the same privilege."""
        mode = {"mode": arguments["mode"]} if arguments.get("mode") else {}
        login: t.Dict[str, t.Any] = plain(self._fill(dict(mode, **(given or {})), list(CONNECTION), Entry(self._templar, task_vars, name)))
        return login

    @staticmethod
    def _fill(arguments: t.Dict[str, t.Any], options: t.List[str], entry: Entry) -> t.Dict[str, t.Any]:
        """Take what is unset from the variables of an inventory entry: with an administrative privilege, from those of its administrator first."""
        administrative = arguments.get("user") is None and (arguments.get("mode") or entry.get(VARIABLE_PREFIX + "mode") or "default") != "default"
        for option in options:
            if arguments.get(option) is None:
                value = entry.get(VARIABLE_PREFIX + "admin_" + option) if administrative and option in ADMINISTRATOR else None
                value = entry.get(VARIABLE_PREFIX + option) if value is None else value
                if value is not None:
                    arguments[option] = value
        return arguments

    @staticmethod
    def _database(entry: Entry, arguments: t.Dict[str, t.Any]) -> str:
        """What names the database in the overlay: two entries or tasks that reach the same service mean the same one."""
        if arguments.get("dsn") or arguments.get("service_name"):
            return arguments.get("dsn") or "{0}:{1}/{2}".format(arguments.get("host"), arguments.get("port"), arguments["service_name"])
        return "{0}:{1}".format(entry.get("inventory_hostname"), arguments.get("oracle_sid"))

    def _phase(self) -> str:
        """The phase that this task belongs to: its name begins with it."""
        return (self._task.name or "").split(" ", 1)[0].split(" : ")[-1]

    def _warn_of_what_does_not_apply(self, on_server: bool) -> None:
        given = {"become": self._task.become and not on_server, "environment": any(self._task.environment or [])}
        ignored = [word for word, is_given in given.items() if is_given]
        if ignored:
            self._display.warning("{0} runs its SQL from the control node: {1} does not apply to it. Driver settings are options of the "
                                  "module.".format(self._task.action, " and ".join(ignored)))

    # -- running

    def _here(self, module: kernel.Module, arguments: t.Dict[str, t.Any], task_vars: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
        validator = ArgumentSpecValidator(full_spec(module.argument_spec), **module.rules)
        checked = validator.validate(arguments)
        secrets = checked._no_log_values
        if checked.error_messages:
            raise AnsibleActionFail(str(remove_values("Unsupported or wrong arguments: " + "; ".join(checked.error_messages), secrets)))
        for warning in checked.warnings if hasattr(checked, "warnings") else []:
            self._display.warning(str(warning))
        want = plain(checked.validated_parameters)
        self._warn_of_what_does_not_apply(on_server=module.server or module.local(want) or want["session"] == "sqlplus")
        host = _Server(self, task_vars, want) if module.server else None
        found = self._from_afar(module, want)
        try:
            if found is None:
                with open_session(want, runner_of(self), module.local(want), module.reopen) as session:
                    found = kernel.run(module, want, session, check_mode=self._task.check_mode, host=host, assume=want["assume"])
        except DbferryError as error:
            found = dict(error.result(), failed=True)
        masked: t.Dict[str, t.Any] = remove_values(found, secrets)
        return masked

    def _from_afar(self, module: kernel.Module, want: t.Dict[str, t.Any]) -> t.Optional[t.Dict[str, t.Any]]:
        """The result of a module of the server's that need not go there; None where it has to."""
        if not module.afar or not module.local(want) or want["session"] == "sqlplus" or want["mode"] == "default":
            return None
        # What is down is the server's to tell, at once.
        with contextlib.suppress(DbferryError), open_session(dict(want, connect_retry_time=0.0), runner_of(self), reopen=module.reopen) as session:
            return kernel.seen_from_afar(module, want, session, want["assume"], self._task.check_mode)
        return None


class OnServer(InProcess):
    """The action plugin of modules that run commands on the server and no SQL: they take options of the entry as well."""

    def run(self, tmp: t.Any = None, task_vars: t.Optional[t.Dict[str, t.Any]] = None) -> t.Dict[str, t.Any]:
        result: t.Dict[str, t.Any] = super(InProcess, self).run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = plain(self._fill(dict(self._task.args), list(_TOOLS), self._entry(task_vars)))
        result.update(ordinary_module(self, self._task.action, arguments, task_vars, wrap_async=bool(self._task.async_val)))
        # For the job record, of which a phase may have nothing else to tell.
        owner = artefact(str(arguments.get("name")))
        if owner is not None:
            result["migration"] = {"id": owner.migration_id, "run": owner.run}
        return result
