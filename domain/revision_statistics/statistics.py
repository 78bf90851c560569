"""All statistics of the revisions of one column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from domain.observations import Label, label
from domain.revision_statistics.efficiency import Efficiency, efficiency
from domain.revision_statistics.measures import Correlations, SignAgreement, Size, Theil
from domain.revision_statistics.pairs import LeftOut, Pairing, Pairs
from domain.revision_statistics.regressions import Estimate, Regression, lags_of, mean_of, regress

#: Regressions of two coefficients leave no degree of freedom for less, and say nothing for little more.
FEWEST = 5
_TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What is still revised after one release: the revisions from it to the final values, of the ``n`` periods that have both."""

    release: int
    n: int
    mean: Estimate
    mean_absolute: float
    standard_deviation: float

    @classmethod
    def of(cls, release: int, pairs: Pairs, lags: int | None) -> Self:
        """Return the horizon of at least two pairs."""
        n, size = len(pairs.dates), Size.of(pairs)
        mean = mean_of(pairs.revisions, lags_of(n, lags))
        return cls(release=release, n=n, mean=mean, mean_absolute=size.mean_absolute, standard_deviation=size.standard_deviation)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionStatistics:
    """
    The statistics of revisions r = f - p, from initial values p to final ones f.

    Attributes:
        n: number of periods that are compared.
        lags: how many autocovariances the HAC errors use.
        gaps: after how many of the periods at least one is missing before the next.
        left_out: how many periods with a value are not compared, by the first reason that holds.
        on_initial, on_final: r on p, whose coefficients are zero if revisions are news, and on f, where they are if revisions are noise
            (Mankiw & Shapiro 1986); None where the regressor is constant.
        by_horizon: release after release, as far as two periods have it.

    """

    n: int
    start: Label
    end: Label
    lags: int
    gaps: int
    left_out: Mapping[LeftOut, int]
    mean: Estimate
    size: Size
    sign_agreement: SignAgreement
    correlations: Correlations
    theil: Theil
    on_initial: Regression | None
    on_final: Regression | None
    by_horizon: Sequence[Horizon]
    efficiency: Efficiency

    @classmethod
    def of(cls, pairing: Pairing, pairs: Pairs, releases: range, lags: int | None) -> Self:
        """
        Return the statistics of at least five pairs.

        Args:
            releases: numbers of those for the horizons and the test of efficiency; the first one's are the pairs.
            lags: of the HAC errors, fewer than there are pairs; None for the usual number.

        """
        n = len(pairs.dates)
        chosen = lags_of(n, lags)
        return cls(
            n=n,
            start=label(pairs.dates[0]),
            end=label(pairs.dates[-1]),
            lags=chosen,
            gaps=int(np.sum(~pairs.follow)),
            left_out=pairs.left_out,
            mean=mean_of(pairs.revisions, chosen),
            size=Size.of(pairs),
            sign_agreement=SignAgreement.of(pairs),
            correlations=Correlations.of(pairs),
            theil=Theil.of(pairs),
            on_initial=regress(pairs.revisions, pairs.initial, chosen),
            on_final=regress(pairs.revisions, pairs.final, chosen),
            by_horizon=[
                Horizon.of(release, of_release, lags)
                for release in releases
                for of_release in [pairing(release)]
                if len(of_release.dates) >= _TWO
            ],
            efficiency=efficiency(pairing, releases.start, releases.stop - 1, lags),
        )
