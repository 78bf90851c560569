"""The codes that scripts ask for with what becomes of them, and the report of ``lanner doctor`` on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.tables import print_paragraph, printable

if TYPE_CHECKING:
    from domain.use_cases.diagnose_code import Diagnosis
    from entrypoints.cli.scripts.calls import Call
    from entrypoints.cli.scripts.codes import Wanted

#: Verdict of a code → its part of the summary.
_VERDICTS = {"yes": "will work as lanner is set up now", "once set up": "once set up", "no": "will not", "unknown": "unknown"}

#: Longer codes stand on lines of their own, so that the verdicts stay in one column.
_WIDEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosedCode:
    """A code of a call of a script, with its diagnosis."""

    script: Path
    call: Call
    wanted: Wanted
    diagnosis: Diagnosis

    @property
    def is_ready(self) -> bool:
        return self.verdict == "yes"

    @property
    def verdict(self) -> str:
        if self.diagnosis.works is None:
            return "unknown"
        if not self.diagnosis.works:
            return "no"
        return "once set up" if self.diagnosis.needs else "yes"

    @property
    def shown(self) -> str:
        """The code as a client writes it, with the place of its column."""
        return self.wanted.code if self.wanted.column is None else f"{self.wanted.code}.{self.wanted.column}"

    @property
    def remark(self) -> str:
        """By whom and by which code it is answered, why not, and what differs."""
        provider, code = self.diagnosis.provider, self.diagnosis.asked
        asked = f"as {provider}:{code}" if code else provider and f"by {provider}"
        return "; ".join(filter(None, [asked, self.diagnosis.reason, self.diagnosis.note, self.wanted.note]))


def print_report(found: Sequence[DiagnosedCode], unpointed: Sequence[Path]) -> None:
    """Print the summary, a paragraph for each code under the path of its script, and what must be set, in lines of 80 characters."""
    print_paragraph(_summary(found))
    for script, codes in groupby(found, key=lambda each: each.script):
        click.echo(f"\n{printable(str(script))}")
        _print_codes(list(codes))
    needs = dict.fromkeys(each.diagnosis.needs for each in found if each.diagnosis.works and each.diagnosis.needs)
    _print_section("Still to be set:", needs)
    pointing = "These scripts do not say where lanner is; set quandl.ApiConfig.api_base and api_protocol as the README shows:"
    _print_section(pointing, map(str, unpointed))


def _summary(found: Sequence[DiagnosedCode]) -> str:
    if not found:
        return "No Quandl call was found."
    counts = Counter(each.verdict for each in found)
    parts = ", ".join(f"{counts[verdict]} {words}" for verdict, words in _VERDICTS.items() if counts[verdict] or verdict == "yes")
    return f"{len(found)} code{'' if len(found) == 1 else 's'}: {parts}."


def _print_codes(codes: Sequence[DiagnosedCode]) -> None:
    width = min(_WIDEST, max(len(each.shown) for each in codes))
    for each in codes:
        if len(each.shown) > width:
            click.echo(f"{each.call.line:>5}  {each.verdict}")
            click.echo(printable(f"  {each.shown}"))
        else:
            click.echo(printable(f"{each.call.line:>5}  {each.shown:<{width}}  {each.verdict}"))
        print_paragraph(each.remark, indent=7)


def _print_section(title: str, items: Iterable[str]) -> None:
    for number, item in enumerate(items):
        if not number:
            click.echo()
            print_paragraph(title)
        print_paragraph(item, indent=2)
