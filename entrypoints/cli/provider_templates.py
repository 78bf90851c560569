"""What ``lanner new-provider`` writes: files by path, in which ``$name``, ``$database`` and ``$variable`` stand for the provider's."""

from __future__ import annotations

from collections.abc import Mapping

_MODULE = '''"""
$database: say here what it has, and how its codes are made.

Codes are its ids: ``$database/prices``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, InvalidObservations
from domain.frequency import Frequency
from domain.observations import Observations
from domain.periods import Anchor
from domain.ports import DataSource, Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Redistribution, Terms
from domain.series import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the provider; each is a variable $variable…."""

    api_key: str = field(default="", repr=False)
    base_url: str = "https://example.org/api"


class Source:
    """Speaks to the provider."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {options.api_key}"}
        self._errors = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Ask for the whole of a series."""
        answer = self._http.get(("series", code.dataset), {}, self._headers)
        [series] = self.parse(code, answer)
        origin = PROVIDER.origin(answer.url, answer.sent)
        return Fetched(metadata=series.metadata, vintages=series.vintages, origin=origin)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read an answer, which names its series."""
        if not is_success(answer):
            raise status_error(answer, self._errors)
        document = _document(answer.body)
        said = str(document.get("id"))
        if code and said.casefold() != code.dataset.casefold():
            raise AnswerNotUnderstood(f"The answer is of {said}, but {code} was asked for.")
        named = code or DatasetCode("$database", said)
        metadata = Metadata(
            name=str(document.get("name", named)),
            unit=str(document.get("unit", "")),
            frequency=Frequency.MONTHLY,
            attribution=PROVIDER.terms.attribution,
            extra={"dates": Anchor.END.of("month")},
        )
        return [ParsedSeries(code=named, metadata=metadata, vintages=[(None, _observations(document.get("observations")))])]


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as exc:
        raise AnswerNotUnderstood("The answer is not JSON.") from exc
    if not isinstance(document, dict) or not isinstance(document.get("observations"), list):
        raise AnswerNotUnderstood("The answer holds no observations.")
    return document


def _observations(rows: Any) -> Observations:
    try:
        values = [[float("nan") if value is None else float(value)] for _, value in rows]
        return Observations.of([day for day, _ in rows], ["Value"], values)
    except (InvalidObservations, TypeError, ValueError) as exc:
        raise AnswerNotUnderstood(f"The answer's observations are not dates and numbers: {exc}") from exc


PROVIDER = ProviderSpec(
    provider_api=2,
    name="$name",
    title="$database",
    databases=("$database",),
    example="$database/prices",
    terms=Terms(attribution="$database", url="https://example.org/terms", redistribution=Redistribution.UNKNOWN),
    open=Source,
    options=Options,
    limits=(Limit(60, 60),),
    key_needed=True,
    key_url="https://example.org/keys",
)
'''
_CONTRACT = """{
  "code": "$database/prices",
  "unknown": "$database/nothing",
  "options": {"base_url": "{server}/api", "api_key": "a-k3y-f0r-the-test"},
  "answers": {
    "/api/series/prices": {"file": "series.json"}
  },
  "missing": 1,
  "calls": 1
}
"""
_PAYLOAD = """{
  "id": "prices",
  "name": "Prices",
  "unit": "Euro",
  "observations": [["2024-01-31", 1.5], ["2024-02-29", null], ["2024-03-31", 1.75]]
}
"""
_OWN_TEST = '''"""The provider $name, beside the rules that all keep."""

from __future__ import annotations

$imports
FOLDER = Path(__file__).$folder


def test_its_series_is_read_as_it_is() -> None:
    """Dates and values are the payload's."""
    with opened("$name", FOLDER) as case:
        [(_, state)] = case.fetch().vintages

    assert [values for _, values in state.rows()] == [[1.5], [None], [1.75]]
'''
_RULES_TEST = '''

@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_keeps_every_rule(rule: Rule) -> None:
    """The provider keeps the rules for all."""
    with opened("$name", FOLDER) as case:
        assert rule(case) == ""
'''
_PROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "lanner-$name"
version = "0.1"
dependencies = ["lanner"]

[project.entry-points."lanner.providers"]
$name = "lanner_$name"

[tool.setuptools]
py-modules = ["lanner_$name"]
"""

#: For a checkout of lanner.
IN_CHECKOUT: Mapping[str, str] = {
    "adapters/providers/$name.py": _MODULE,
    "tests/payloads/$name/contract.json": _CONTRACT,
    "tests/payloads/$name/series.json": _PAYLOAD,
    "tests/unit/test_$name.py": _OWN_TEST.replace(
        "$imports", "from pathlib import Path\n\nfrom adapters.provider_kit.conformance.rules import opened\n"
    ).replace("$folder", 'parents[1] / "payloads" / "$name"'),
}
#: For a package of its own.
IN_PACKAGE: Mapping[str, str] = {
    "pyproject.toml": _PROJECT,
    "lanner_$name.py": _MODULE,
    "tests/payload/contract.json": _CONTRACT,
    "tests/payload/series.json": _PAYLOAD,
    "tests/test_$name.py": _OWN_TEST.replace(
        "$imports",
        "from pathlib import Path\n\nimport pytest\n\nfrom adapters.provider_kit.conformance.rules import RULES, Rule, opened\n",
    ).replace("$folder", 'with_name("payload")')
    + _RULES_TEST,
}
