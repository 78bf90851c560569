"""Fast paths around SQLAlchemy on Postgres; their measured gains are in the README beside this file."""
