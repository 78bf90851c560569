"""What columns of dates are called: words that tell a column of digits to be dates of one form."""

from __future__ import annotations

import re

_ANY = r"date|datum|data$|fecha|dato$|p[ée]riod|obdob|okres|yyyy|^tid$"
_YEAR = r"year|^yr|jahr|ann[ée]e|a[ñn]o|^ano$|anno|jaar|rok|^år$|vuosi"
_MONTH = r"month|monat|mois|mese|m[êe]s$|maand|mån|måned|miesi|měs"
_DAY = r"day|tag|jour|giorno|^d[ií]a|dag|dzie"
_WEEK = r"week|woche|^kw|semaine|semana|settimana|vecka|^uge"
_QUARTER = r"quarter|quartal|qtr|trim|kwart|kvartal|čtvrt"
_MOMENT = r"time|stamp|epoch|zeit|^ts?$|unix|moment|^dt$|hora|heure|tijd"


def _words(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


#: What any column of dates may be called.
DATE_NAME = _words(_ANY, _YEAR, _MONTH, _DAY, _WEEK, _QUARTER, _MOMENT)
WEEK_NAME, QUARTER_NAME, THIRD_NAME = _words(_WEEK), _words(_QUARTER), _words("trim")
_BY_FORM = {
    "year": _words(_YEAR, _ANY.replace("data$|", "")),
    "yyyymm": _words(_MONTH, "year", _ANY),
    "yyyy.mm": _words(_MONTH, "year", _ANY),
    "mm.yyyy": _words(_MONTH, "year", _ANY),
    "yyyymmdd": _words(_DAY, "time", _ANY),
}
_MOMENT_NAME = _words(_MOMENT, _ANY, "hour|stunde")


def may_be_called(name: str, form: str) -> bool:
    """Return whether a column of digits in a form may have this name: a week's are no months, and a time's no years."""
    return bool(_BY_FORM.get(form, _MOMENT_NAME).search(name)) and not (form.startswith("yyyy") and WEEK_NAME.search(name))
