# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What depends on what: references of views and program units, invalidation, compilation.

Bodies of program units are not executed here, so compiling one means to look for what it names: tables and views in its SQL, units
it calls, types and %TYPE anchors. What cannot be found makes the unit INVALID with the messages PL/SQL has for it. A name that is
not recognised as one (dynamic SQL, an expression's function) is not checked (assumed).
"""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.catalog import Change, RowSource
from oralab.errors import OraError
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.ddl import Ddl

_TOKENS = re.compile(r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>[nN]?[qQ]'\[.*?\]'|[nN]?[qQ]'\(.*?\)'|[nN]?[qQ]'\{.*?\}'|[nN]?[qQ]'<.*?>'
    |[nN]?[qQ]'(?P<mark>[^\s\[\](){}<>]).*?(?P=mark)'|[nN]?'(?:[^']|'')*')|(?P<quoted>"[^"]+")|(?P<word>[A-Za-z][\w$#]*)
    |(?P<number>\d[\w.]*)|(?P<sign>:=|=>|\|\||\.\.|<>|!=|<=|>=|.)""", re.VERBOSE | re.DOTALL)
_WORDS = """AND AS AT BEGIN BETWEEN BULK BY CASE CLOSE COLLECT COMMIT CONNECT CONSTANT CONTINUE CURRENT CURSOR DECLARE
    DEFAULT DELETE DESC ASC DETERMINISTIC DISTINCT ELSE ELSIF END EXCEPTION EXCEPTIONS EXECUTE EXISTS EXIT FETCH FOR FORALL
    FROM FULL FUNCTION GOTO GROUP HAVING IF IMMEDIATE IN INNER INSERT INTERSECT INTO IS JOIN LEFT LIKE LOCK LOOP MERGE MINUS
    NEW NOCOPY NOT NULL OF OLD ON OPEN OR ORDER OUT OUTER PACKAGE PIPE PIPELINED PRAGMA PRIOR PROCEDURE RAISE RECORD REF
    RETURN RETURNING REVERSE RIGHT ROLLBACK ROW ROWNUM SAVEPOINT SELECT SET SQL START SUBTYPE TABLE THEN TO TRUE FALSE TYPE
    UNION UPDATE USING VALUES VIEW WHEN WHERE WHILE WITH ALL ANY SIBLINGS OFFSET ROWS AFTER BEFORE EACH TRIGGER BODY AUTHID
    CURRENT_USER DEFINER RESULT_CACHE STATIC MEMBER CONSTRUCTOR SELF FINAL OBJECT UNDER MAP OVERRIDING INSTANTIABLE VARRAY
    COMPOUND INSTEAD REFERENCING INSERTING UPDATING DELETING CROSS NATURAL PARTITION LANGUAGE MOD"""
_KEYWORDS = frozenset(_WORDS.split())
_TYPE_WORDS = """NUMBER INTEGER INT SMALLINT VARCHAR2 VARCHAR CHAR NCHAR NVARCHAR2 DATE TIMESTAMP BOOLEAN CLOB NCLOB BLOB
    BFILE RAW LONG ROWID UROWID PLS_INTEGER BINARY_INTEGER NATURAL POSITIVE SIMPLE_INTEGER FLOAT REAL DOUBLE DECIMAL NUMERIC
    BINARY_FLOAT BINARY_DOUBLE INTERVAL SYS_REFCURSOR XMLTYPE ANYDATA STRING"""
_TYPES = frozenset(_TYPE_WORDS.split())
_STATEMENT_STARTS = frozenset({";", "BEGIN", "THEN", "ELSE", "LOOP"})
INVALIDATED = ("VIEW", "MATERIALIZED VIEW", "PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY", "TYPE", "TYPE BODY", "TRIGGER", "SYNONYM")


def walk(node: Any) -> Iterator[Any]:
    """Every node of a syntax tree."""
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        yield node
        for field in dataclasses.fields(node):
            value = getattr(node, field.name)
            if isinstance(value, (tuple, list)) or dataclasses.is_dataclass(value):
                yield from walk(tuple(value) if isinstance(value, list) else value)


@dataclasses.dataclass(slots=True, frozen=True)
class Token:
    """A word (upper case unless quoted), string, number or sign with its place in the source."""

    kind: str
    text: str
    line: int
    column: int


def tokens(source: str) -> list[Token]:
    found, line, start = [], 1, 0
    for match in _TOKENS.finditer(source):
        kind, text = match.lastgroup or "sign", match.group()
        if kind == "mark":
            kind = "string"
        if kind != "skip":
            name = text[1:-1] if kind == "quoted" else text.upper() if kind == "word" else text
            found.append(Token("word" if kind == "quoted" else kind, name, line, match.start() - start + 1))
        if "\n" in text:
            line += text.count("\n")
            start = match.start() + text.rfind("\n") + 1
    return found


class Scan:
    """What one program unit names, as seen by its owner."""

    def __init__(self, dependencies: Dependencies, unit: model.StoredUnit) -> None:
        self.home = dependencies
        self.unit = unit
        self.tokens = tokens(unit.source)
        self.references: dict[tuple[str, str, str], model.Reference] = {}
        self.errors: list[model.CompileError] = []
        self.local = self._declared() | {unit.name}

    def run(self) -> None:
        self._shape()
        for at, token in enumerate(self.tokens):
            if token.kind != "word" or self._text(at - 1) in (".", "%", ":"):
                continue
            if self._names_tables(at):
                self._tables(at + 1, listed=token.text == "FROM")
            else:
                self._name(at)

    def _names_tables(self, at: int) -> bool:
        """FROM, JOIN, INSERT INTO, MERGE INTO and UPDATE are followed by tables."""
        word, before = self._text(at), self._text(at - 1)
        if word in ("FROM", "JOIN"):
            return not self._inside_function(at)
        return word == "INTO" and before in ("INSERT", "MERGE") or word == "UPDATE" and before != "FOR" and (
            self._text(at + 1) not in ("OF", "OR", "ON", ";"))

    def _text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def _error(self, token: Token, text: str, follow: str) -> None:
        number = int(match[1]) if (match := re.match(r"PLS-(\d+)", text)) else 0
        self.errors.append(model.CompileError(line=token.line, position=token.column, text=text, number=number))
        self.errors.append(model.CompileError(line=token.line, position=token.column, text=follow))

    def _shape(self) -> None:
        words = {token.text for token in self.tokens}
        if "END" not in words and not words & {"WRAPPED", "CALL", "LANGUAGE"} and self.unit.type not in ("TYPE",):
            last = self.tokens[-1]
            self._error(last, 'PLS-00103: Encountered the symbol "end-of-file" when expecting one of the following: end',
                        "PL/SQL: Item ignored")

    def _declared(self) -> set[str]:
        """Names that the unit itself makes: parameters, variables, cursors, subprograms, labels, CTEs, aliases of loops."""
        found: set[str] = set()
        for at, token in enumerate(self.tokens):
            if token.kind != "word":
                continue
            before, after = self._text(at - 1), self._text(at + 1)
            declares = before in (";", "IS", "AS", "(", ",", "DECLARE", "BEGIN") and token.text not in _KEYWORDS and (
                after not in _KEYWORDS or after in ("IN", "OUT", "CONSTANT", "EXCEPTION", "IS", "AS", "REF", "SELF"))
            followed = at + 1 < len(self.tokens) and self.tokens[at + 1].kind == "word"
            common = before in ("WITH", ",") and after == "AS"
            if common or before in ("PROCEDURE", "FUNCTION", "CURSOR", "TYPE", "SUBTYPE", "FOR", "FORALL") or declares and followed:
                found.add(token.text)
        spec = self.home.catalog.get(model.StoredUnit, self.unit.owner, self.unit.name, kind="PACKAGE")
        if self.unit.type == "PACKAGE BODY" and spec is not None:
            found |= {tokens_[at + 1].text for tokens_ in (tokens(spec.source),) for at, token in enumerate(tokens_[:-1])
                      if token.kind == "word"}
        return found

    def _inside_function(self, at: int) -> bool:
        """FROM of EXTRACT(YEAR FROM d) and TRIM(x FROM y)."""
        depth = 0
        for place in range(at - 1, max(at - 12, -1), -1):
            text = self._text(place)
            depth += (text == ")") - (text == "(")
            if depth < 0:
                return self._text(place - 1) in ("EXTRACT", "TRIM")
            if text in ("SELECT", "DELETE", ";"):
                return False
        return False

    def _tables(self, at: int, *, listed: bool) -> None:
        while self.tokens[at:at + 1] and self.tokens[at].kind == "word" and self._text(at) not in _KEYWORDS - {"TYPE"}:
            first = self.tokens[at]
            schema, name, end = None, first.text, at + 1
            if self._text(end) == "." and self.tokens[end + 1:end + 2]:
                schema, name, end = name, self._text(end + 1), end + 2
            if self._text(end) == "(":
                return
            remote = self._text(end) == "@"
            if not remote and (schema or name not in self.local):
                self._table(first, schema, name)
            if self._text(end) != "," and self.tokens[end:end + 1] and self.tokens[end].kind == "word" and self._text(end) not in _KEYWORDS:
                end += 1
            if not listed or self._text(end) != ",":
                return
            at = end + 1

    def _table(self, token: Token, schema: str | None, name: str) -> None:
        found = self.home.visible(self.unit.owner, schema, name, "SELECT")
        if isinstance(found, (model.Table, model.View, RowSource)):
            self._refer(schema, name, found)
        else:
            self._error(token, "PL/SQL: ORA-00942: table or view does not exist", "PL/SQL: SQL Statement ignored")

    def _refer(self, schema: str | None, name: str, found: Any) -> None:
        kind = "VIEW" if isinstance(found, RowSource) else found.kind
        through = None if schema else self.home.catalog.named(self.unit.owner, name) or self.home.catalog.named("PUBLIC", name)
        if isinstance(through, model.Synonym):
            self.references[through.owner, name, "SYNONYM"] = model.Reference(through.owner, name, "SYNONYM")
        if (found.owner, found.name) != (self.unit.owner, self.unit.name) or kind != self.unit.type:
            self.references[found.owner, found.name, kind] = model.Reference(found.owner, found.name, kind)

    def _name(self, at: int) -> None:
        """A word outside FROM: an anchor (x%TYPE), a unit that is called, a type or a sequence."""
        token = self.tokens[at]
        if token.text in _KEYWORDS or token.text in _TYPES or token.text in self.local:
            return
        chain, end = [token.text], at + 1
        while self._text(end) == "." and self.tokens[end + 1:end + 2] and self.tokens[end + 1].kind == "word":
            chain.append(self._text(end + 1))
            end += 2
        anchored = self._text(end) == "%" and self._text(end + 1) in ("TYPE", "ROWTYPE")
        schema_first = len(chain) > 1 and self.home.catalog.get(model.User, chain[0]) is not None
        schema, name = (chain[0], chain[1]) if schema_first else (None, chain[0])
        found = self.home.visible(self.unit.owner, schema, name, "SELECT" if anchored else "EXECUTE")
        called = self._text(at - 1) in _STATEMENT_STARTS and self._text(end) in ("(", ";")
        if isinstance(found, (model.StoredUnit, model.Sequence)) and not isinstance(found, model.Trigger) or anchored and found is not None:
            if (isinstance(found, model.StoredUnit) and found.status == "INVALID" and found.name != self.unit.name
                    and not self.home.try_compile(found)):
                self._error(token, f"PLS-00905: object {found.owner}.{found.name} is invalid", "PL/SQL: Statement ignored")
            self._refer(schema, name, found)
        elif self.home.supplied(chain[0]) or schema == "SYS" and self.home.supplied(name):
            package = chain[1] if chain[0] == "SYS" and len(chain) > 1 else chain[0]
            self.references["SYS", package, "PACKAGE"] = model.Reference("SYS", package, "PACKAGE")
        elif anchored or called and token.text not in ("RAISE_APPLICATION_ERROR", "NULL"):
            self._error(token, f"PLS-00201: identifier '{'.'.join(chain)}' must be declared",
                        "PL/SQL: Item ignored" if anchored else "PL/SQL: Statement ignored")


class Dependencies:
    """References, invalidation and compilation for one database."""

    def __init__(self, ddl: Ddl) -> None:
        self.ddl = ddl
        self.catalog = ddl.catalog
        self._compiling: set[tuple[str, str, str]] = set()

    def visible(self, owner: str, schema: str | None, name: str, privilege: str) -> Any:
        """What a name means to ``owner`` in a definer's rights unit; None when it may not use it."""
        try:
            found = self.catalog.find(None, schema, name, definer=owner)
        except OraError:
            return None
        if found is None or self.ddl.privileges.on_object(None, privilege, found, definer=owner):
            return found
        return found if self.ddl.privileges.sees(None, found, definer=owner) else None

    @staticmethod
    def supplied(name: str) -> bool:
        from oralab.packages.registry import packages
        return name in packages()

    def invalidate(self, change: Change, owner: str, name: str, seen: set[tuple[str, str]] | None = None) -> None:
        """Everything that references ``owner.name``, directly or not, becomes INVALID."""
        seen = set() if seen is None else seen
        if (owner, name) in seen:
            return
        seen.add((owner, name))
        for record in self.catalog.dependents_of(owner, name):
            if record.kind not in INVALIDATED:
                continue
            if record.status == "VALID":
                change.edit(record).status = "INVALID"
            self.invalidate(change, record.owner, record.name, seen)

    # --- views ---

    def columns_of(self, owner: str, text: str, aliases: list[str]) -> list[model.Column]:
        """Columns of a query as ``owner`` sees it, with directly granted privileges only. Errors of the query are raised."""
        with self.ddl.database.internal(owner) as session:
            session.roles = set()
            described = session.describe(session.parse(text))
        if aliases and len(aliases) != len(described):
            raise OraError(1730, "invalid number of column names specified")
        names = aliases or [info.name for info in described]
        for name in names:
            if not aliases and any(sign in name for sign in "()+*/|' ,"):
                raise OraError(998, "must name this expression with a column alias")
        if len(set(names)) < len(names):
            raise OraError(957, "duplicate column name")
        return [model.Column(name=name, type=info.type, nullable=info.nullable) for name, info in zip(names, described)]

    def references_of(self, owner: str, query: Any) -> list[model.Reference]:
        """What a query names."""
        found: dict[tuple[str, str, str], model.Reference] = {}

        def refer(schema: str | None, name: str) -> None:
            target = self.visible(owner, schema, name, "SELECT")
            if target is None:
                return
            through = None if schema else self.catalog.named(owner, name) or self.catalog.named("PUBLIC", name)
            if isinstance(through, model.Synonym):
                found[through.owner, name, "SYNONYM"] = model.Reference(through.owner, name, "SYNONYM")
            kind = "VIEW" if isinstance(target, RowSource) else target.kind
            found[target.owner, target.name, kind] = model.Reference(target.owner, target.name, kind)
        for node in walk(query):
            if isinstance(node, ast.SequenceRef) or isinstance(node, ast.TableRef) and not node.dblink:
                refer(node.schema, node.name)
            elif isinstance(node, ast.FunctionCall):
                for schema, name in ((node.schema, node.package), (node.schema or node.package, node.name)):
                    target = name and self.catalog.find(None, schema, name, definer=owner)
                    if isinstance(target, model.StoredUnit):
                        found[target.owner, target.name, target.kind] = model.Reference(target.owner, target.name, target.kind)
        return list(found.values())

    def compile_view(self, change: Change, view: model.View) -> bool:
        """Compile a view (an edited record): columns, references, status. False when its query fails."""
        try:
            columns = self.columns_of(view.owner, view.text, view.aliases)
            with self.ddl.database.internal(view.owner) as session:
                references = self.references_of(view.owner, session.parse(view.text).node)
        except OraError as error:
            view.status = "INVALID"
            view.errors = [model.CompileError(line=0, position=0, text=f"ORA-{error.code:05d}: {error.message}", number=error.code)]
            return False
        comments = {column.name: column.comment for column in view.columns}
        for column in columns:
            column.comment = comments.get(column.name)
        view.columns, view.references, view.status, view.errors = columns, references, "VALID", []
        return True

    def revalidate_view(self, view: model.View) -> model.View:
        """ORA-04063 for a view that cannot be compiled."""
        key = (view.kind, view.owner, view.name)
        if key in self._compiling:
            raise OraError(1731, "circular view definition encountered")
        self._compiling.add(key)
        try:
            with self.catalog.change() as change:
                edited = change.edit(view)
                good = self.compile_view(change, edited)
        finally:
            self._compiling.discard(key)
        if not good:
            raise OraError(4063, f'view "{view.owner}.{view.name}" has errors')
        return edited

    # --- program units ---

    def compile_unit(self, unit: model.StoredUnit) -> bool:
        """Compile a program unit (a record to be saved): references, errors, status."""
        if isinstance(unit, model.UserType):
            return self._compile_type(unit)
        scan = Scan(self, unit)
        if unit.type in ("PACKAGE BODY", "TYPE BODY"):
            spec_kind = unit.type.split()[0]
            spec = self.catalog.get(model.StoredUnit, unit.owner, unit.name, kind=spec_kind)
            if spec is None:
                scan._error(scan.tokens[0], f"PLS-00304: cannot compile body of '{unit.name}' without its specification",
                            "PL/SQL: Compilation unit analysis terminated")
            else:
                scan.references[unit.owner, unit.name, spec_kind] = model.Reference(unit.owner, unit.name, spec_kind)
                if spec.status == "INVALID":
                    scan._error(scan.tokens[0], f"PLS-00905: object {unit.owner}.{unit.name} is invalid",
                                "PL/SQL: Compilation unit analysis terminated")
        if isinstance(unit, model.Trigger) and unit.base_name:
            scan.references[unit.base_owner, unit.base_name, unit.base_type] = model.Reference(
                unit.base_owner, unit.base_name, unit.base_type)
        scan.run()
        unit.references = list(scan.references.values())
        unit.errors = scan.errors
        unit.status = "INVALID" if scan.errors else "VALID"
        return not scan.errors

    def _compile_type(self, type_: model.UserType) -> bool:
        type_.references, type_.errors = [], []
        wanted = [attribute.type for attribute in type_.attributes] + ([type_.element] if type_.element else [])
        for one in wanted:
            if one.owner is None:
                continue
            found = self.visible(type_.owner, one.owner, one.name, "EXECUTE")
            if isinstance(found, model.UserType):
                type_.references.append(model.Reference(found.owner, found.name, "TYPE"))
            else:
                type_.errors.append(model.CompileError(line=1, position=1,
                                                       text=f"PLS-00201: identifier '{one.name}' must be declared", number=201))
        if type_.supertype:
            type_.references.append(model.Reference(*type_.supertype, "TYPE"))
        type_.status = "INVALID" if type_.errors else "VALID"
        return not type_.errors

    def try_compile(self, unit: model.StoredUnit) -> bool:
        """Compile an invalid unit that another one uses; False when it stays invalid or is being compiled already."""
        key = (unit.kind, unit.owner, unit.name)
        if key in self._compiling:
            return True
        self._compiling.add(key)
        try:
            with self.catalog.change() as change:
                return self.compile_unit(change.edit(unit))
        finally:
            self._compiling.discard(key)

    def compile(self, record: model.SchemaObject) -> bool:
        """ALTER ... COMPILE of a view, materialized view, synonym or program unit."""
        if isinstance(record, model.View):
            with self.catalog.change() as change:
                return self.compile_view(change, change.edit(record))
        if isinstance(record, model.StoredUnit):
            self._compiling.add((record.kind, record.owner, record.name))
            try:
                with self.catalog.change() as change:
                    return self.compile_unit(change.edit(record))
            finally:
                self._compiling.discard((record.kind, record.owner, record.name))
        with self.catalog.change() as change:
            change.edit(record).status = "VALID"
        return True
