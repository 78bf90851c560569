"""Calendars of releases: iCalendars at addresses, in files and of providers."""
