"""What columns of dates are called: words that tell a column of digits to be dates of one form."""

from __future__ import annotations

from collections.abc import Sequence

#: In a name anywhere, and as a word of its own.
_ANY = ("date", "datum", "fecha", "period", "périod", "obdob", "okres", "yyyy"), ("data", "dato", "tid")
_YEAR = ("year", "jahr", "annee", "année", "ano ", "año", "anno", "jaar", "vuosi"), ("yr", "ano", "rok", "år")
_MONTH = ("month", "monat", "mois", "mese", "maand", "mån", "måned", "miesi", "měs"), ("mes", "mês", "mon")
_DAY = ("day", "tag", "jour", "giorno", "dag", "dzie"), ("dia", "día")
_WEEK = ("week", "woche", "semaine", "semana", "settimana", "vecka"), ("kw", "wk", "uge")
_QUARTER = ("quarter", "quartal", "trim", "kwart", "kvartal", "čtvrt"), ("qtr",)
_MOMENT = ("time", "stamp", "epoch", "zeit", "unix", "moment", "hora", "heure", "tijd"), ("t", "ts", "dt", "index")
_HOUR = ("hour", "stunde"), ()

_Words = tuple[Sequence[str], Sequence[str]]
_BY_FORM: dict[str, tuple[_Words, ...]] = {
    "year": (_YEAR, _ANY),
    "yyyymm": (_MONTH, _YEAR, _ANY),
    "yyyy.mm": (_MONTH, _YEAR, _ANY),
    "mm.yyyy": (_MONTH, _YEAR, _ANY),
    "yyyymmdd": (_DAY, (("time",), ()), _ANY),
}


def is_date_name(name: str) -> bool:
    """Return whether a column of dates may be called so."""
    return _is_called(name, _ANY, _YEAR, _MONTH, _DAY, _WEEK, _QUARTER, _MOMENT)


def is_week_name(name: str) -> bool:
    """Return whether a name says that dates are weeks."""
    return _is_called(name, _WEEK)


def is_quarter_name(name: str) -> bool:
    """Return whether a name says that dates are quarters."""
    return _is_called(name, _QUARTER)


def may_be_called(name: str, form: str) -> bool:
    """Return whether a column of digits in a form may have this name: a week's are no months, and a time's no years."""
    if form == "year" and name.casefold() == "data":
        return False
    return _is_called(name, *_BY_FORM.get(form, (_MOMENT, _HOUR, _ANY))) and not (form.startswith("yyyy") and is_week_name(name))


def _is_called(name: str, *words: _Words) -> bool:
    folded = name.casefold()
    own = folded.replace("_", " ").split()
    return any(any(part in folded for part in parts) or any(word in own for word in whole) for parts, whole in words)
