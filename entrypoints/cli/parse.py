"""``lanner parse``: parse a recorded response with a provider's parser."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from entrypoints.cli.file_options import read_options

if TYPE_CHECKING:
    from domain.ports import ParsedSeries, RawResponse
    from domain.use_cases.parse_answer import ParseAnswer
    from entrypoints.cli.session import Session

_EVERY_SERIES = "*"


@click.command
@click.argument("provider")
@click.argument("code")
@click.option("--body", type=click.File("rb"), required=True, help="A file with the response's body; - reads standard input.")
@click.option("--status", type=click.IntRange(100, 599), default=200, show_default=True, help="The response's HTTP status.")
@click.option("--content-type", default="", help="The response's Content-Type.")
@click.option("--url", default="", help="The URL that was requested.")
@click.option("--option", "options", metavar="NAME=JSON", multiple=True, help="How to read a file, as in lanner.toml; may be repeated.")
@click.option("--flags", is_flag=True, help="Put its flags beside each column, as NAME_flag.")
@click.pass_obj
def parse(  # noqa: PLR0913 - the command's options
    session: Session,
    *,
    provider: str,
    code: str,
    body: BinaryIO,
    status: int,
    content_type: str,
    url: str,
    options: Sequence[str],
    flags: bool,
) -> None:
    """
    Parse a recorded response as a fetch would, without storing it.

    CODE is DATABASE/DATASET, or * for every series in the response. Prints one line of JSON; exits with 1 on an error. Text that
    stops without the end of a line may be cut off in its last cell: a fetch accepts it where its length is proved, this command warns.
    """
    from domain.ports import RawResponse
    from entrypoints.cli.tables import print_json, say

    headers = {"content-type": content_type} if content_type else {}
    answer = RawResponse(body=body.read(), status=status, headers=headers, url=url, options=read_options(options))
    found = _parsed(session.use_cases().parse_answer, provider, code, answer)
    document = found if isinstance(found, dict) else _document(found, flags=flags)
    for warning in document.get("warnings", ()):
        say(f"Warning: {warning}", err=True)
    print_json(document)
    if "error" in document:
        sys.exit(1)


def _parsed(parse_answer: ParseAnswer, provider: str, code: str, answer: RawResponse) -> Sequence[ParsedSeries] | dict[str, Any]:
    """Return the series in a response, or the document of an error."""
    from domain.codes import DatasetCode
    from domain.errors import DomainError

    try:
        wanted = None if code == _EVERY_SERIES else DatasetCode.parse(code)
        return parse_answer(provider, wanted, answer)
    except DomainError as error:
        return {"error": {"code": error.code, "message": error.message}}


def _document(found: Sequence[ParsedSeries], *, flags: bool) -> dict[str, Any]:
    warnings = list(dict.fromkeys(warning for parsed in found for warning in parsed.warnings))
    return {"series": [_series(parsed, flags=flags) for parsed in found], **({"warnings": warnings} if warnings else {})}


def _series(parsed: ParsedSeries, *, flags: bool) -> dict[str, Any]:
    from entrypoints.formats import heading, rows

    newest = parsed.vintages[-1][1]
    return {
        "code": str(parsed.code),
        "frequency": parsed.metadata.frequency,
        "column_names": [parsed.metadata.date_column, *heading(newest, flags=flags)[1:]],
        "left_out": list(parsed.left_out),
        "vintages": [{"published": published, "data": rows(state, flags=flags)} for published, state in parsed.vintages],
    }
