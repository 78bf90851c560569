"""Names of months: English, German, French, Spanish, Italian, Portuguese and Dutch, in full or shortened."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = (
    "jan january januar jänner janv janvier ene enero gen gennaio janeiro januari",
    "feb february februar fév févr février febrero febbraio fev fevereiro februari",
    "mar march mär märz mrz mars marzo março mrt maart",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio maio mei",
    "jun june juni juin junio giu giugno junho",
    "jul july juli juil juillet julio lug luglio julho",
    "aug august aoû août ago agosto augustus",
    "sep sept september septembre septiembre set settembre setembro",
    "oct october okt oktober octobre octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember déc décembre dic diciembre dicembre dezembro",
)
MONTHS: Mapping[str, int] = {word: month for month, words in enumerate(_WORDS, 1) for word in words.split()}


def month_of(word: str) -> int | None:
    """Return the month's number; None if the word names none."""
    return MONTHS.get(word.rstrip(".").casefold())
