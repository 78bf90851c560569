"""The statistics of revisions: from the first values of periods to their final ones; docs/revisions.md has the formulas and their sources."""
