"""The article's way, in a few lines: a Falcon resource that reads a series' rows by the ORM and sends them as JSON."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import falcon
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

COLUMNS = 12


class Base(DeclarativeBase):
    pass


class Row(Base):
    """A row of observations."""

    __tablename__ = "article_api_rows"
    series: Mapped[int] = mapped_column(primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)
    c1: Mapped[float | None]
    c2: Mapped[float | None]
    c3: Mapped[float | None]
    c4: Mapped[float | None]
    c5: Mapped[float | None]
    c6: Mapped[float | None]
    c7: Mapped[float | None]
    c8: Mapped[float | None]
    c9: Mapped[float | None]
    c10: Mapped[float | None]
    c11: Mapped[float | None]
    c12: Mapped[float | None]


class TimeSeriesResource:
    """Sends a series."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        with self._sessions() as session:
            found = session.scalars(select(Row).where(Row.series == req.get_param_as_int("id")).order_by(Row.date.desc())).all()
            data: list[list[Any]] = [[row.date.isoformat(), *(getattr(row, f"c{n}") for n in range(1, COLUMNS + 1))] for row in found]
        resp.media = {"dataset_data": {"data": data}}


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg2://"), pool_size=10)


def create_app() -> Any:
    """Make the application that a server runs."""
    app = falcon.App()
    app.add_route("/timeseries", TimeSeriesResource(sessionmaker(engine_of(os.environ["ARTICLE_DATABASE_URL"]))))
    return app


def raw(environ: Any, start_response: Any) -> list[bytes]:
    """Answer with the bytes of a file, without any framework."""
    global _content  # noqa: PLW0603 - read once in a process
    if not _content:
        with open(os.environ["RAW_FILE"], "rb") as file:  # noqa: PTH123 - one line
            _content = file.read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Content-Length", str(len(_content)))])
    return [_content]


_content = b""
