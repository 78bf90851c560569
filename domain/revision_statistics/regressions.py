"""Means and simple regressions with standard errors that hold under heteroskedasticity and autocorrelation (HAC; Newey & West 1987)."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

#: A fit that leaves so little of the explained values is exact: what is left is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate, its HAC standard error and their ratio, with its degrees of freedom; t is None where the error is zero."""

    value: float
    standard_error: float
    t: float | None
    degrees_of_freedom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTest:
    """A Wald test of two restrictions, as F(2, ν): half the Wald statistic, and the probability of a larger one if both hold."""

    f: float
    degrees_of_freedom: tuple[int, int]
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """
    Least squares of one variable on a constant and another.

    Attributes:
        joint: of both coefficients; None where the fit is exact, so that they have no error.

    """

    n: int
    lags: int
    intercept: Estimate
    slope: Estimate
    r_squared: float | None
    joint: JointTest | None


def lags_of(n: int, wanted: int | None) -> int:
    """Return the lags that are wanted, else ⌊4 (n/100)^(2/9)⌋, the usual number for the Bartlett kernel; at most n - 1."""
    usual: float = 4 * (n / 100) ** (2 / 9)
    return min(floor(usual) if wanted is None else wanted, n - 1)


def mean_of(values: Vector, lags: int) -> Estimate:
    """Return the mean of at least two values."""
    centred = values - values.mean()
    if np.abs(centred).max() <= _ROUNDING * np.abs(values).max():
        centred = np.zeros(len(values))
    variance = _long_run(centred[:, None], lags)[0, 0] / len(values)
    return _estimate(float(values.mean()), float(variance), len(values) - 1)


def regress(explained: Vector, regressor: Vector, lags: int, hypothesis: tuple[float, float] = (0.0, 0.0)) -> Regression | None:
    """
    Return the regression of at least three values, tested jointly against a hypothesis of intercept and slope.

    None if the regressor is constant: then the two cannot be told apart.
    """
    n = len(explained)
    design = np.column_stack([np.ones(n), regressor])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    inverse = np.linalg.inv(np.linalg.qr(design, mode="r"))
    bread = inverse @ inverse.T
    coefficients = np.linalg.lstsq(design, explained, rcond=None)[0]
    residuals = explained - design @ coefficients
    if np.abs(residuals).max() <= _ROUNDING * max(np.abs(explained).max(), np.abs(regressor).max()):
        residuals = np.zeros(n)
    covariance = n * bread @ _long_run(design * residuals[:, None], lags) @ bread
    spread = float(((explained - explained.mean()) ** 2).sum())
    intercept, slope = (_estimate(float(coefficients[i]), float(covariance[i, i]), n - 2) for i in range(2))
    return Regression(
        n=n,
        lags=lags,
        intercept=intercept,
        slope=slope,
        r_squared=1 - float((residuals**2).sum()) / spread if spread else None,
        joint=_joint(coefficients - np.array(hypothesis), covariance, n - 2) if residuals.any() else None,
    )


def f_of_two_survival(f: float, degrees_of_freedom: int) -> float:
    """Return the probability that F(2, ν) exceeds ``f``: (1 + 2f/ν)^(-ν/2), which is exact for a numerator of two degrees."""
    return float((1 + 2 * f / degrees_of_freedom) ** (-degrees_of_freedom / 2))


def _long_run(moments: Vector, lags: int) -> Vector:
    """Return γ₀ + Σ (1 - j/(lags + 1)) (γ_j + γ_jᵀ) of moments of shape (n, k), each γ_j divided by n."""
    n = len(moments)
    total: Vector = moments.T @ moments / n
    for lag in range(1, lags + 1):
        covariance = moments[lag:].T @ moments[:-lag] / n
        total = total + (1 - lag / (lags + 1)) * (covariance + covariance.T)
    return total


def _estimate(value: float, variance: float, degrees_of_freedom: int) -> Estimate:
    error = max(variance, 0.0) ** 0.5
    return Estimate(value=value, standard_error=error, t=value / error if error else None, degrees_of_freedom=degrees_of_freedom)


def _joint(distance: Vector, covariance: Vector, degrees_of_freedom: int) -> JointTest | None:
    try:
        f = float(distance @ np.linalg.solve(covariance, distance)) / 2
    except np.linalg.LinAlgError:
        return None
    if not isfinite(f) or f < 0:
        return None
    return JointTest(f=f, degrees_of_freedom=(2, degrees_of_freedom), p_value=f_of_two_survival(f, degrees_of_freedom))
