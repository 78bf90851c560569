"""Measures of pairs of initial and final values besides regressions: size, direction, correlation, inequality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.revision_statistics.pairs import Pairs
from domain.revision_statistics.regressions import Vector

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """
    How large revisions are.

    Attributes:
        quantiles: of the levels ``QUANTILES``, interpolated linearly (type 7 of Hyndman & Fan 1996).
        standard_deviation: with n - 1.
        mean_relative, mean_absolute_relative: of r/|p|, without initial values of zero; None if no other is left.
        zero_initials: how many initial values are zero.

    """

    minimum: float
    maximum: float
    median: float
    quantiles: tuple[float, ...]
    standard_deviation: float
    mean_absolute: float
    mean_relative: float | None
    mean_absolute_relative: float | None
    zero_initials: int

    @classmethod
    def of(cls, pairs: Pairs) -> Size:
        """Return the measures of at least two pairs."""
        revisions, zero = pairs.revisions, pairs.initial == 0
        relative = revisions[~zero] / np.abs(pairs.initial[~zero])
        return cls(
            minimum=float(revisions.min()),
            maximum=float(revisions.max()),
            median=float(np.median(revisions)),
            quantiles=tuple(np.quantile(revisions, QUANTILES).tolist()),
            standard_deviation=float(revisions.std(ddof=1)),
            mean_absolute=float(np.abs(revisions).mean()),
            mean_relative=float(relative.mean()) if len(relative) else None,
            mean_absolute_relative=float(np.abs(relative).mean()) if len(relative) else None,
            zero_initials=int(zero.sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAgreement:
    """The share of pairs whose initial and final direction agree, zero with zero only, among ``n`` that have both; None of none."""

    share: float | None
    n: int

    @classmethod
    def of(cls, pairs: Pairs) -> SignAgreement:
        """Return the agreement of the pairs' directions."""
        known = ~np.isnan(pairs.directions).any(axis=0)
        before, after = np.sign(pairs.directions[:, known])
        return cls(share=float((before == after).mean()) if known.any() else None, n=int(known.sum()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """Pearson's correlations; None where one of the two is constant."""

    initial_final: float | None
    revision_initial: float | None
    revision_final: float | None

    @classmethod
    def of(cls, pairs: Pairs) -> Correlations:
        """Return the correlations of initial values, final values and revisions."""
        return cls(
            initial_final=_correlation(pairs.initial, pairs.final),
            revision_initial=_correlation(pairs.revisions, pairs.initial),
            revision_final=_correlation(pairs.revisions, pairs.final),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Theil:
    """
    Theil's coefficients of inequality: 0 where all initial values are final.

    Attributes:
        u1: rms(r)/(rms f + rms p), up to 1.
        u2: in relation to the forecast that nothing changes from period to period, whose u2 is 1.
        u2_n: how many pairs follow another one of the period before, whose final value is not zero.

    """

    u1: float | None
    u2: float | None
    u2_n: int

    @classmethod
    def of(cls, pairs: Pairs) -> Theil:
        """Return both coefficients, None where they divide by zero."""
        usual = pairs.follow & (pairs.final[:-1] != 0)
        base = pairs.final[:-1][usual]
        missed = -pairs.revisions[1:][usual] / base
        moved = np.diff(pairs.final)[usual] / base
        whole, change = _rms(pairs.final) + _rms(pairs.initial), float((moved**2).sum())
        return cls(
            u1=_rms(pairs.revisions) / whole if whole else None,
            u2=float((missed**2).sum() / change) ** 0.5 if change else None,
            u2_n=int(usual.sum()),
        )


def _rms(values: Vector) -> float:
    return float(np.sqrt((values**2).mean()))


def _correlation(one: Vector, other: Vector) -> float | None:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
