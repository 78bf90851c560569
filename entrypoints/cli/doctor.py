"""``lanner doctor``: which Quandl calls of scripts will work."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.use_cases.diagnose_code import DiagnoseCode, Diagnosis
    from entrypoints.cli.diagnosed_codes import DiagnosedCode
    from entrypoints.cli.scripts.calls import Call
    from entrypoints.cli.scripts.codes import Wanted
    from entrypoints.cli.session import Session

_POINTED = "api_base"


@click.command
@click.argument("scripts", nargs=-1, required=True, metavar="SCRIPT...", type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one code a line.")
@click.pass_obj
def doctor(session: Session, *, scripts: tuple[Path, ...], form: str) -> None:
    """
    Say for each Quandl call of scripts whether it will work here, through which provider, and what that needs.

    SCRIPT is a Python file, a notebook, or a folder of them. They are read, never run, and nothing is requested; a part of a code that does
    not follow from the script is shown as *. Exits with 0 if all calls will work as lanner is set up now, else with 1.
    """
    from entrypoints.cli.diagnosed_codes import print_report
    from entrypoints.cli.tables import print_json, say

    found, unread, unpointed = _read(session.use_cases().diagnose_code, scripts)
    if form == "json":
        for each in found:
            print_json(_document(each))
    else:
        print_report(found, unpointed)
    for refusal in unread:
        say(refusal, err=True)
    if unread or not all(each.is_ready for each in found):
        sys.exit(1)


def _read(diagnose: DiagnoseCode, paths: Sequence[Path]) -> tuple[Sequence[DiagnosedCode], Sequence[str], Sequence[Path]]:
    """Return the codes of all scripts, the reasons why some cannot be read, and those that do not say where lanner is."""
    from domain.errors import InvalidInput
    from entrypoints.cli.scripts.calls import calls_in
    from entrypoints.cli.scripts.files import scripts_in, source_of

    found: list[DiagnosedCode] = []
    unread: list[str] = []
    unpointed: list[Path] = []
    for path in scripts_in(paths):
        try:
            source = source_of(path)
            own = [each for call in calls_in(source, str(path)) for each in _diagnosed(diagnose, path, call)]
        except InvalidInput as error:
            unread.append(error.message)
            continue
        found += own
        unpointed += [path] if own and _POINTED not in source else []
    return found, unread, unpointed


def _diagnosed(diagnose: DiagnoseCode, script: Path, call: Call) -> Iterator[DiagnosedCode]:
    from entrypoints.cli.diagnosed_codes import DiagnosedCode
    from entrypoints.cli.scripts.codes import wanted_by

    for wanted in wanted_by(call):
        yield DiagnosedCode(script=script, call=call, wanted=wanted, diagnosis=_diagnosis(diagnose, wanted))


def _diagnosis(diagnose: DiagnoseCode, wanted: Wanted) -> Diagnosis:
    from domain.use_cases.diagnose_code import Diagnosis

    if wanted.reason and not (wanted.is_known and wanted.dataset):
        return Diagnosis(works=False if wanted.is_known else None, reason=wanted.reason)
    found = _of_code(diagnose, wanted)
    return replace(found, works=False, reason=wanted.reason) if wanted.reason and found.works is not False else found


def _of_code(diagnose: DiagnoseCode, wanted: Wanted) -> Diagnosis:
    from domain.codes import DatasetCode
    from domain.errors import InvalidCode
    from domain.use_cases.diagnose_code import UNKNOWN, Diagnosis

    if not wanted.dataset:
        return Diagnosis(works=True)
    if UNKNOWN in wanted.dataset:
        return diagnose.of_mask(wanted.database, wanted.dataset, wanted.column)
    try:
        return diagnose(DatasetCode(wanted.database, wanted.dataset), wanted.column)
    except InvalidCode as error:
        return Diagnosis(works=False, reason=f"{error.message} {error.hint}".rstrip(". "))


def _document(found: DiagnosedCode) -> dict[str, Any]:
    diagnosis = found.diagnosis
    return {
        "script": str(found.script),
        "line": found.call.line,
        "call": found.call.written,
        "code": found.wanted.code,
        "column": found.wanted.column,
        "works": diagnosis.works,
        "ready": found.is_ready,
        "provider": diagnosis.provider,
        "asked_for": diagnosis.asked,
        "needs": diagnosis.needs,
        "columns": diagnosis.columns,
        "reason": diagnosis.reason,
        "note": "; ".join(filter(None, [diagnosis.note, found.wanted.note])),
    }
