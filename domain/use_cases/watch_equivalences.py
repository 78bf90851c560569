"""WatchEquivalences: compare what arrives with what should agree with it, and have series spliced where it is time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from domain.errors import NotFound
from domain.ports import Store
from domain.stand_ins.equivalence import Equivalence
from domain.use_cases.compared_states import compare_arrivals, record_divergences
from domain.use_cases.splice_rules import add_rule, next_rule

_BATCH = 20


@dataclass(frozen=True, slots=True)
class WatchEquivalences:
    """
    Watch the equivalences, after each fetch and whenever a worker polls.

    The feed is the queue: what has been found is stored with how far the comparison has come, in one transaction, so that another
    worker goes on where one has died, and nothing is found twice.
    """

    store: Store

    def __call__(self) -> bool:
        """Compare a batch of what has arrived, and begin and end splices; return whether there may be more to compare."""
        with self.store.reading() as uow:
            arrived = uow.equivalences.with_arrivals(_BATCH)
            ripe = [each for each in uow.equivalences.to_decide() if next_rule(uow, each)]
        for equivalence in arrived:
            with suppress(NotFound):
                self._compare(equivalence)
        for equivalence in ripe:
            with suppress(NotFound):
                self._decide(equivalence)
        return bool(arrived)

    def _compare(self, equivalence: Equivalence) -> None:
        with self.store.reading() as uow:
            found = compare_arrivals(uow, equivalence)
        if found is None:
            return
        with self.store.writing() as uow:
            uow.series.lock(equivalence.preferred.id)
            now = uow.now()
            # Another worker may have compared the same, or a client may have changed what is compared.
            if uow.equivalences.compared(equivalence, position=found.position, diverging=found.diverging, at=now):
                record_divergences(uow, equivalence, found.divergences)
                uow.commit()

    def _decide(self, equivalence: Equivalence) -> None:
        with self.store.writing() as uow:
            uow.series.lock(equivalence.preferred.id)
            rule = next_rule(uow, uow.equivalences.get(equivalence.id))
            if rule:
                add_rule(uow, equivalence.preferred.id, rule)
                uow.commit()
