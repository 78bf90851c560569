"""Words of dates in the languages of the West: names of months and weekdays, and what columns of dates are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: English, German, French, Spanish, Italian, Portuguese, Dutch; Danish, Norwegian, Swedish; Polish, Czech, Slovak; Romanian, Hungarian,
#: Turkish; Russian. A word that is another month elsewhere, as Croatia's listopad, is not among them.
_MONTHS = """
jan january januar jänner janv janvier ene enero gen gennaio janeiro januari sty styczeń stycznia leden ledna január ianuarie január
ocak янв январь января;
feb february februar fév févr février febrero febbraio fev fevereiro februari lut luty lutego únor února február februarie február şubat
фев февраль февраля;
mar march mär märz mrz mars marzo março mrt maart marts marzec marca březen března marec martie március márc mart мар март марта;
apr april avr avril abr abril aprile kwi kwiecień kwietnia duben dubna apríl aprilie április ápr nisan апр апрель апреля;
may mai mayo mag maggio maio mei maj maja květen května máj május máj mayıs май мая;
jun june juni juin junio giu giugno junho cze czerwiec czerwca červen června jún iunie június jún haziran июн июнь июня;
jul july juli juil juillet julio lug luglio julho lip lipiec lipca červenec července júl iulie július júl temmuz июл июль июля;
aug august aoû août ago agosto augustus augusti sie sierpień sierpnia srpen srpna augusztus ağustos авг август августа;
sep sept september septembre septiembre set settembre setembro wrz wrzesień września září septembrie szeptember szept eylül сен сент
сентябрь сентября;
oct october okt oktober octobre octubre ott ottobre out outubro paź październik października říjen října október octombrie ekim окт
октябрь октября;
nov november novembre noviembre novembro listopad listopada noiembrie kasım ноя нояб ноябрь ноября;
dec december dez dezember déc décembre dic diciembre dicembre dezembro des desember gru grudzień grudnia prosinec prosince decembrie
aralık дек декабрь декабря
"""
MONTHS: Mapping[str, int] = {word: month for month, words in enumerate(_MONTHS.split(";"), 1) for word in words.split()}

#: English, German, French, Spanish, Italian, Portuguese, Dutch.
_WEEKDAY_WORDS = (
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche "
    "mié mie jue vie sáb sab dom lunes martes miércoles miercoles jueves viernes sábado sabado domingo "
    "gio lunedì martedì mercoledì giovedì venerdì sabato domenica "
    "seg ter qua qui sex segunda terça quarta quinta sexta segunda-feira terça-feira quarta-feira quinta-feira sexta-feira "
    "ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
)
_WEEKDAYS = frozenset(_WEEKDAY_WORDS.split())


def month_of(word: str) -> int | None:
    """Return the month's number; None if the word names none."""
    return MONTHS.get(word.rstrip(".").casefold())


def is_weekday(word: str) -> bool:
    """Return whether a word names a day of the week."""
    return word.rstrip(".,").casefold() in _WEEKDAYS


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
