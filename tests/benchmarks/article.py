"""
The article's own task, line for line, spelt for today's SQLAlchemy and Celery.

An engine and a session of its own for each task, a GET with requests, the answer's JSON in a column, Celery's defaults.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID, uuid4

import celery
import requests
import sqlalchemy
from celery import Celery
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

app = Celery("article")
app.conf.update(
    broker_url=os.environ.get("ARTICLE_BROKER_URL", ""),
    # Apart from lanner's, with which the broker is shared.
    task_default_queue="article",
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    timezone="UTC",
)


class Base(DeclarativeBase):
    """The article's tables."""


class TimeSeries(Base):
    """What is asked for, and the answer."""

    __tablename__ = "article_timeseries"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    database_code: Mapped[str]
    dataset_code: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    data: Mapped[Any] = mapped_column(JSON, nullable=True)


class Task(celery.Task):
    """A task with a session."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Open the database, and run."""
        self.engine = sqlalchemy.create_engine(os.environ["ARTICLE_DATABASE_URL"])
        session_factory = sessionmaker(bind=self.engine)
        self.session = scoped_session(session_factory)
        return super().__call__(*args, **kwargs)

    def after_return(self, *_: Any) -> None:
        """Close the database."""
        if hasattr(self, "session"):
            self.session.remove()
        if hasattr(self, "engine"):
            self.engine.dispose()


@app.task(bind=True, base=Task, name="fetch_data_from_quandl")
def fetch_data_from_quandl(self: Any, timeseries_id: str) -> None:
    """Get and keep one series."""
    timeseries = self.session.query(TimeSeries).filter_by(id=UUID(timeseries_id)).one()
    url = f"{os.environ['ARTICLE_PROVIDER_URL']}/datasets/{timeseries.database_code}/{timeseries.dataset_code}/data.json"
    response = requests.get(url)  # noqa: S113 - as the article has it
    if not response.ok:
        self.session.query(TimeSeries).filter_by(id=UUID(timeseries_id)).update({"status": "error"})
        self.session.commit()
        raise ValueError(f"GET {url} returned unexpected response code: {response.status_code}")
    self.session.query(TimeSeries).filter_by(id=UUID(timeseries_id)).update({"data": response.json(), "status": "success"})
    self.session.commit()
