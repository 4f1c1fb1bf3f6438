# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DML triggers whose bodies are blocks of the form that ``plsql`` runs; any other trigger that would fire is not simulated."""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from oralab.catalog import model
from oralab.engine import types
from oralab.engine.code import Code
from oralab.engine.plsql import Block
from oralab.engine.plsql_run import as_owner
from oralab.engine.relations import parse_condition
from oralab.engine.scope import Scope
from oralab.errors import OraError, not_simulated
from oralab.sql import ast, parse

_CORRELATION: Final = re.compile(r"""'(?:[^']|'')*' | --[^\n]* | /\*.*?\*/ | :?\b(?P<which>NEW|OLD)\s*\.\s*(?P<name>"[^"]+"|[\w$#]+)""",
                                 re.IGNORECASE | re.DOTALL | re.VERBOSE)


def _variables(text: str) -> str:
    """``:NEW.name`` as the quoted identifier ``"NEW.NAME"``, which a block knows as a variable."""
    def replace(match: re.Match[str]) -> str:
        if match["which"] is None:
            return match[0]
        name = match["name"].strip('"') if match["name"].startswith('"') else match["name"].upper()
        return f'"{match["which"].upper()}.{name}"'
    return _CORRELATION.sub(replace, text)


class Trigger:
    """One enabled trigger on a table, compiled with its owner's rights."""

    def __init__(self, session: Any, trigger: model.Trigger, table: model.Table) -> None:
        self.session, self.record, self.table = session, trigger, table
        self.by_row = trigger.trigger_type.endswith("EACH ROW")
        self.before = trigger.trigger_type.startswith("BEFORE")
        definition = parse(f"CREATE {trigger.source}", session.database.release)
        if not isinstance(definition, ast.CreateTrigger) or trigger.trigger_type not in (
                "BEFORE EACH ROW", "AFTER EACH ROW", "BEFORE STATEMENT", "AFTER STATEMENT"):
            raise not_simulated(f"the {trigger.trigger_type} trigger {trigger.owner}.{trigger.name}")
        self.events = definition.events
        self.update_columns = set(definition.update_columns)
        names = {f"{which}.{column.name}": column.type for which in ("NEW", "OLD") for column in table.columns if not column.unused}
        fixed = [name for name in names if name.startswith("OLD.") or not self.before]
        text = _variables(trigger.body)
        with as_owner(session, trigger.owner):
            block = parse(text, session.database.release)
            if not isinstance(block, ast.Block) or not self.by_row and trigger.when:
                raise not_simulated(f"the trigger {trigger.owner}.{trigger.name}")
            self.block = Block(session, block, text, [], names if self.by_row else {}, fixed)
        self.when = self._condition(names) if trigger.when else None

    def _condition(self, names: dict[str, Any]) -> Any:
        scope = Scope()
        scope.variables = {name: Code(f"x.variables[{name!r}]", type_) for name, type_ in names.items()}
        compiler = self.block.compilation.expressions(scope)
        return self.block.emitter.function(compiler.condition(parse_condition(_variables(self.record.when), self.session.database.release)))

    def fires_for(self, event: str, columns: Iterable[str]) -> bool:
        if event not in self.events:
            return False
        return event != "UPDATE" or not self.update_columns or bool(self.update_columns & set(columns))

    def fire(self, old: Any = None, new: Any = None) -> Any:
        """Run the body. Gives the new row, which a BEFORE row trigger may have changed. ORA-04088 around its errors."""
        x = self.session.execution()
        places = [(index, column) for index, column in enumerate(self.table.columns) if not column.unused] if self.by_row else []
        for which, row in (("OLD", old), ("NEW", new)):
            for index, column in places:
                x.variables[f"{which}.{column.name}"] = None if row is None else row[index]
        if self.when is not None and not self.when((), x):
            return new
        try:
            with as_owner(self.session, self.record.owner):
                self.block.run(x)
        except OraError as error:
            name = f"{self.record.owner}.{self.record.name}"
            error.stack = [line.replace("ORA-06512: at line", f'ORA-06512: at "{name}", line') for line in error.stack]
            error.stack.append(f"ORA-04088: error during execution of trigger '{name}'")
            raise
        if new is None or not self.before or not self.by_row:
            return new
        changed = list(new)
        for index, column in places:
            if not column.virtual:
                value = x.variables[f"NEW.{column.name}"]
                changed[index] = value.ljust(column.type.length) if value is not None and types.is_char(column.type) else value
        return tuple(changed)


def triggers_on(session: Any, table: model.Table, event: str, columns: Iterable[str]) -> list[Trigger]:
    """Triggers that an operation fires, in the order of their creation. ORA-04098 for an invalid one."""
    found = []
    for record in session.catalog.triggers_of(table.owner, table.name):
        if not record.enabled or event not in record.event:
            continue
        if record.status != "VALID":
            raise OraError(4098, f"trigger '{record.owner}.{record.name}' is invalid and failed re-validation")
        trigger = Trigger(session, record, table)
        if trigger.fires_for(event, columns):
            found.append(trigger)
    return found
