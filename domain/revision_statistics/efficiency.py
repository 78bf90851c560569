"""The first efficient release: the earliest after which revisions cannot be predicted (Aruoba 2008)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.revision_statistics.pairs import Pairing, Pairs
from domain.revision_statistics.regressions import Regression, lags_of, regress

_FEWEST, _LEVEL, _ROUNDING = 20, 0.05, 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyTest:
    """
    The regression of the final values on a release, tested against an intercept of 0 and a slope of 1.

    Attributes:
        exact: whether the release equals the final values.
        regression: None where the release is exact or constant.

    """

    release: int
    exact: bool
    regression: Regression | None

    @property
    def is_efficient(self) -> bool:
        """Whether it is exact, or both restrictions together are not rejected at 5 %."""
        joint = self.regression.joint if self.regression else None
        return self.exact or (joint is not None and joint.p_value > _LEVEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """
    The tests of successive releases on one sample.

    Attributes:
        n: of the periods that have all these releases; 0 if fewer than 20 have even one.

    """

    n: int
    tests: Sequence[EfficiencyTest]

    @property
    def first_efficient(self) -> EfficiencyTest | None:
        """The earliest efficient release, if there is one."""
        return next((test for test in self.tests if test.is_efficient), None)


def efficiency(pairing: Pairing, first: int, last: int, lags: int | None) -> Efficiency:
    """Return the tests from one release to another, or to the last before it that leaves 20 periods which have them all."""
    for release in range(last, first - 1, -1):
        sample = pairing.common(first, release)
        n = len(sample[0].dates)
        if n >= _FEWEST:
            return Efficiency(n=n, tests=[_test(first + step, pairs, lags_of(n, lags)) for step, pairs in enumerate(sample)])
    return Efficiency(n=0, tests=())


def _test(release: int, pairs: Pairs, lags: int) -> EfficiencyTest:
    exact = bool(np.allclose(pairs.initial, pairs.final, rtol=_ROUNDING, atol=0))
    regression = None if exact else regress(pairs.final, pairs.initial, lags, hypothesis=(0.0, 1.0))
    return EfficiencyTest(release=release, exact=exact, regression=regression)
