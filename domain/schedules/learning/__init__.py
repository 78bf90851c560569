"""
Learning when a series is published, so that few looks find each release soon.

A *release* is a growth of the newest date. ``releases`` takes them from the vintages, each with the interval in which it came;
``coordinates`` measures that moment from the release's period or predecessor; ``distribution`` estimates where the next one falls;
``habit`` chooses the coordinates that predicted best, and ``plan`` the next look and its reason.
"""

from domain.schedules.learning.plan import Checks, Plan, plan
from domain.schedules.learning.releases import Release, releases_of

__all__ = ["Checks", "Plan", "Release", "plan", "releases_of"]
