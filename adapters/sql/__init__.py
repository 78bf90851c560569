"""Everything that is kept, in SQLite or Postgres, by SQLAlchemy Core."""
