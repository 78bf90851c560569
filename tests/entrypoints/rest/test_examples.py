"""The application keeps to its OpenAPI document, whatever is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, SourceGone, SourceUnavailable
from domain.observations import Observations
from entrypoints.rest.app import create_app
from entrypoints.rest.fred.releases import release_id
from tests.builders import NOBODY, CannedSource, memory_use_cases
from tests.entrypoints.rest.examples import CHECKS, EXAMPLES, LIMITS, PLAIN, loaded

SOURCES = {
    "canned": CannedSource(),
    "missing": CannedSource(error=DatasetNotFound()),
    "silent": CannedSource(error=SourceUnavailable()),
    "keyless": None,
    "dying": CannedSource(),
    "spare": CannedSource(observations=Observations.of(["2024-01-03", "2024-01-04"], ["Open", "Close"], [[2.0, 2.5], [3.0, 3.5]])),
}
CODES = {
    "code": ["CANNED/FB", "silent:SILENT/A"],
    "database_code": ["CANNED", "MISSING"],
    "dataset_code": ["FB", "a|b"],
    "provider": ["canned"],
    "confirm": ["CANNED/FB", "CANNED/a|b"],
}


def kept() -> Any:
    """The document over an application that keeps one series of each kind."""
    use_cases = memory_use_cases(SOURCES)
    requested = [use_cases.request_fetch(DatasetCode(name.upper(), "FB"), provider=name) for name in ("canned", "missing", "silent")]
    spliced, equivalence = splice(use_cases)
    requested.append(spliced)
    places = {
        "equivalence_id": [equivalence, str(NOBODY)],
        "equivalence": [equivalence],
        "a": ["dying:DYING/FB", "canned:CANNED/FB"],
        "b": ["spare:SPARE/FB", "missing:MISSING/FB"],
        "series_id": [*(str(each.series.id) for each in requested), str(NOBODY)],
        "fetch_id": [*(str(each.fetch.id) for each in requested), str(NOBODY)],
        "number": ["1", "2"],
        "database": ["CANNED", "canned", "MISSING", "NONE"],
        "dataset": ["FB", "FB.json", "FB.csv", "FB.xml", "A.B"],
        "part": ["data", "data.csv", "metadata.json", "codes", "metadata", "none"],
        "multiset:columns": ["CANNED.FB.1,CANNED.FB.2", "CANNED.FB,MISSING.FB", "NONE.X"],
        "file": ["CANNED_20240101.zip", "CANNED_1.partial.zip", "swagger-ui.css", "start.js", "none"],
        "code": ["CANNED/FB", "CANNED/NEW", "not_found"],
        "id": [*(str(each.series.id) for each in requested), str(NOBODY)],
        "database_code": ["CANNED", "MISSING"],
        "dataset_code": ["NEW", "a|b"],
        "provider": ["canned", "silent", "keyless"],
        "column_index": ["1", "2"],
        "fred:series_id": ["CANNED/FB", "NONE", "MISSING/FB", "SILENT/FB", "a b"],
        "fred:id": ["CANNED/FB", "CANNED/FB,CANNED/FB", "NONE"],
        "fred:column": ["Open", "Close", "None"],
        "fred:vintage_dates": ["2024-01-01,2020-01-01", "9999-12-31", "x"],
        "fred:vintage_date": ["9999-12-31", "2024-01-01"],
        "fred:transformation": ["lin", "pc1", "x"],
        "fred:fq": ["Monthly", "Weekly, Ending Friday", "x"],
        "fred:release_id": [release_id("CANNED"), 1],
        "fred_id": ["CANNED", "NONE", "NONE.txt"],
    }
    return loaded(places, app=create_app(use_cases, allowed_hosts=()))


def splice(use_cases: Any) -> tuple[Any, str]:
    """Have a series go on with another one, from which it had diverged."""
    first, second = DatasetCode("DYING", "FB"), DatasetCode("SPARE", "FB")
    dying: CannedSource = SOURCES["dying"]  # type: ignore[assignment]
    dying.error = None
    requested = use_cases.request_fetch(first, provider="dying")
    use_cases.request_fetch(second, provider="spare")
    equivalence = use_cases.manage_equivalences.create((None, first), (None, second), failover=True, failover_after=timedelta(0))
    dying.error = SourceGone()
    use_cases.request_fetch(first, provider="dying", refresh=True)
    return requested, str(equivalence.id)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_answers_are_those_of_the_document(mode: GenerationMode) -> None:
    """Requests as they should be and as they should not be never meet an error, or a status or shape that is not described."""
    schema = kept()

    @settings(LIMITS, max_examples=EXAMPLES)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(schema.as_strategy(generation_mode=mode))
        case.call_and_validate(checks=CHECKS, headers=PLAIN)

    ask()


@pytest.mark.timeout(1800)
def test_answers_lead_on_to_others() -> None:
    """Links in responses lead to further requests, whose responses conform to the document too."""
    schema = loaded(CODES)

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.app = create_app(memory_use_cases(SOURCES), allowed_hosts=())

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": PLAIN, "app": self.app}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Machine.run(settings=settings(LIMITS, max_examples=max(1, EXAMPLES // 10), stateful_step_count=10))
