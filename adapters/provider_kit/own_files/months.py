"""Names of months and weekdays in the languages of the West, in full or shortened."""

from __future__ import annotations

from collections.abc import Mapping

#: English, German, French, Spanish, Italian, Portuguese, Dutch; Danish, Norwegian, Swedish; Polish, Czech, Slovak; Romanian, Hungarian,
#: Turkish; Russian. A word that is another month elsewhere, as Croatia's listopad, is not among them.
_MONTHS = (
    (
        "jan january januar jänner janv janvier ene enero gen gennaio janeiro januari sty styczeń stycznia leden ledna január "
        "ianuarie január ocak янв январь января"
    ),
    (
        "feb february februar fév févr février febrero febbraio fev fevereiro februari lut luty lutego únor února február "
        "februarie február şubat фев февраль февраля"
    ),
    ("mar march mär märz mrz mars marzo março mrt maart marts marzec marca březen března marec martie március márc mart мар март марта"),
    "apr april avr avril abr abril aprile kwi kwiecień kwietnia duben dubna apríl aprilie április ápr nisan апр апрель апреля",
    "may mai mayo mag maggio maio mei maj maja květen května máj május máj mayıs май мая",
    "jun june juni juin junio giu giugno junho cze czerwiec czerwca červen června jún iunie június jún haziran июн июнь июня",
    ("jul july juli juil juillet julio lug luglio julho lip lipiec lipca červenec července júl iulie július júl temmuz июл июль июля"),
    "aug august aoû août ago agosto augustus augusti sie sierpień sierpnia srpen srpna augusztus ağustos авг август августа",
    (
        "sep sept september septembre septiembre set settembre setembro wrz wrzesień września září septembrie szeptember szept "
        "eylül сен сент сентябрь сентября"
    ),
    (
        "oct october okt oktober octobre octubre ott ottobre out outubro paź październik października říjen října október "
        "octombrie ekim окт октябрь октября"
    ),
    "nov november novembre noviembre novembro listopad listopada noiembrie kasım ноя нояб ноябрь ноября",
    (
        "dec december dez dezember déc décembre dic diciembre dicembre dezembro des desember gru grudzień grudnia prosinec "
        "prosince decembrie aralık дек декабрь декабря"
    ),
)
MONTHS: Mapping[str, int] = {word: month for month, words in enumerate(_MONTHS, 1) for word in words.split()}

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
