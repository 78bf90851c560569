"""The article's own way, in a few lines: one Celery task that GETs with requests and adds the rows by SQLAlchemy's ORM."""

from __future__ import annotations

import os
from datetime import date

import requests
from celery import Celery
from sqlalchemy import JSON, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = Celery("article", broker=os.environ.get("ARTICLE_BROKER_URL", ""))
app.conf.update(task_default_queue="article", task_ignore_result=True, worker_enable_remote_control=False)
engine = create_engine(os.environ.get("ARTICLE_DATABASE_URL", "sqlite://"))


class Base(DeclarativeBase):
    """The article's tables."""


class TimeSeries(Base):
    """What is asked for."""

    __tablename__ = "article_timeseries"
    id: Mapped[int] = mapped_column(primary_key=True)
    database_code: Mapped[str]
    dataset_code: Mapped[str]
    status: Mapped[str]


class Row(Base):
    """One date of a series."""

    __tablename__ = "article_rows"
    series: Mapped[int] = mapped_column(ForeignKey("article_timeseries.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    cells: Mapped[list[float]] = mapped_column(JSON)


@app.task(name="fetch_data_from_quandl")
def fetch_data_from_quandl(series_id: int) -> None:
    """Get and keep one series."""
    with Session(engine) as session:
        series = session.get_one(TimeSeries, series_id)
        url = f"{os.environ['ARTICLE_PROVIDER_URL']}/datasets/{series.database_code}/{series.dataset_code}/data.json"
        response = requests.get(url, timeout=30)
        response.raise_for_status()
        for day, *cells in response.json()["dataset"]["data"]:
            session.add(Row(series=series_id, day=date.fromisoformat(day), cells=cells))
        series.status = "success"
        session.commit()
