"""What goes around SQLAlchemy on Postgres, for its measured gain; see the README beside this file."""
