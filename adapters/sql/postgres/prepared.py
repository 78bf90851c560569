"""Prepared statements: compiled once, planned once per connection where connections keep plans, and executed through the driver."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, ColumnElement, Engine, bindparam, cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.types import NullType

from adapters.sql.driver_errors import StalePlans
from adapters.sql.tables import UtcDateTime
from adapters.sql.transaction import Transaction

Row = Mapping[Any, Any]

_NUMBER = re.compile(r"\$(\d+)")
_PREPARED, _NOW = "lanner_prepared", "present"
_dialect: Any = postgresql.dialect
_names = map("lanner_{}".format, count(1))


class _Plan(NamedTuple):
    """A compiled statement: its PREPARE and EXECUTE texts, its text with values in place, and the result processors of its columns."""

    name: str
    prepare: bytes
    execute: str
    whole: str
    columns: Sequence[Any]
    readers: Sequence[tuple[int, Callable[[Any], Any]]]


class _TimeAsParameter(Transaction):
    """A transaction whose time is a bound parameter."""

    def now(self) -> ColumnElement[Any]:
        return bindparam(_NOW, type_=UtcDateTime)

    def later(self, seconds: float) -> ColumnElement[Any]:
        return self.now() + cast(timedelta(seconds=seconds), INTERVAL)


class PreparedStatement:
    """
    A statement with named parameters.

    On Postgres it is executed without SQLAlchemy, whose overhead exceeds the execution time, and planned once per connection. Behind a
    pooler each transaction may have another backend, so that it is planned each time. On SQLite it is an ordinary statement.

    Args:
        build: builds the statement for a transaction, from its time and dialect only.

    """

    def __init__(self, build: Callable[[Transaction], Any]) -> None:
        self._build, self._name = build, next(_names)
        self._plans: tuple[WeakKeyDictionary[Engine, _Plan], ...] = WeakKeyDictionary(), WeakKeyDictionary()

    def fetch_all(self, transaction: Transaction, **values: Any) -> Sequence[Row]:
        """Execute it and return its rows, by column."""
        if not transaction.on_postgres:
            found = transaction.run(self._build(transaction), values)
            return found.mappings().all() if found.returns_rows else []
        plan = self._plan(transaction)
        rows = [list(row) for row in self._execute(transaction, plan, values)]
        for at, read in plan.readers:
            for row in rows:
                row[at] = read(row[at])
        return [dict(zip(plan.columns, row, strict=True)) for row in rows] if plan.columns else []

    def fetch_one(self, transaction: Transaction, **values: Any) -> Row | None:
        """Execute it and return its only row, or None."""
        return next(iter(self.fetch_all(transaction, **values)), None)

    def defer(self, transaction: Transaction, **values: Any) -> None:
        """Execute it together with the next statement or the commit, without returning rows."""
        if transaction.on_postgres:
            transaction.deferred.append(self._bind(transaction, self._plan(transaction), values))
        else:
            self.fetch_all(transaction, **values)

    def _plan(self, transaction: Transaction) -> _Plan:
        engine, forms = transaction.connection.engine, self._plans[transaction.clock is None]
        plan = forms.get(engine)
        if plan is None:
            parametrised = _TimeAsParameter(transaction.connection, transaction.clock) if transaction.clock else transaction
            suffix = "_at" if transaction.clock else ""
            plan = self._compile(self._build(parametrised), engine, transaction.cursor, suffix=suffix)
            forms[engine] = plan
        return plan

    def _compile(self, statement: Any, engine: Engine, cursor: Any, suffix: str) -> _Plan:
        name, numbered = self._name + suffix, _dialect(paramstyle="numeric_dollar")
        schema = engine.get_execution_options()["schema_translate_map"]
        compiled = statement.compile(dialect=numbered, schema_translate_map=schema, render_schema_translate=True)
        wanted = [each for each in compiled.positiontup if compiled.binds[each].required]
        fixed = {each: cursor.mogrify("%s", (compiled.params[each],)).decode() for each in compiled.positiontup if each not in wanted}
        numbers = [fixed.get(each) or f"${wanted.index(each) + 1}" for each in compiled.positiontup]
        # In place of the driver's own escapes, as of the compiler's.
        values = [fixed[each].replace("%", "%%") if each in fixed else _typed(compiled.binds[each]) for each in compiled.positiontup]
        given = ", ".join(f"%({name})s" for name in wanted)
        columns = list(statement.exported_columns) if compiled.effective_returning or statement.is_select else []
        readers = [
            (at, column.type.dialect_impl(engine.dialect).result_processor(engine.dialect, None)) for at, column in enumerate(columns)
        ]
        return _Plan(
            name=name,
            prepare=f"PREPARE {name} AS {_filled(compiled.string, numbers)}".encode(),
            execute=f"EXECUTE {name} ({given})" if given else f"EXECUTE {name}",
            whole=_filled(compiled.string.replace("%", "%%"), values),
            columns=columns,
            readers=[(at, read) for at, read in readers if read],
        )

    def _execute(self, transaction: Transaction, plan: _Plan, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        is_first = transaction.sent_nothing
        try:
            return transaction.execute_raw(self._bind(transaction, plan, values))
        except StalePlans:
            if not is_first:
                raise
        transaction.begin_anew()
        transaction.connection.info[_PREPARED].clear()
        return transaction.execute_raw(self._bind(transaction, plan, values))

    def _bind(self, transaction: Transaction, plan: _Plan, values: dict[str, Any]) -> bytes:
        if transaction.clock:
            values[_NOW] = transaction.clock()
        text = plan.execute if transaction.keeps_plans else plan.whole
        if transaction.keeps_plans:
            self._prepare(transaction, plan)
        bound: bytes = transaction.cursor.mogrify(text, values)
        return bound

    def _prepare(self, transaction: Transaction, plan: _Plan) -> None:
        prepared = transaction.connection.info.setdefault(_PREPARED, set())
        if plan.name not in prepared:
            transaction.execute_raw(plan.prepare)
            prepared.add(plan.name)


def _filled(text: str, places: Sequence[str]) -> str:
    return _NUMBER.sub(lambda number: places[int(number[1]) - 1], text)


def _typed(parameter: BindParameter[Any]) -> str:
    """Return a place for a value of the type that the parameter of a prepared statement would have."""
    place = f"%({parameter.key})s"
    return place if isinstance(parameter.type, NullType) else f"CAST({place} AS {parameter.type.compile(_dialect())})"
