"""The statistics of revisions, from the first values of periods to final ones; docs/revisions.md has the formulas and their sources."""
