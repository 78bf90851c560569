"""
What every provider promises, as rules that anyone can run.

A third party's test is a few lines::

    from adapters.provider_kit.conformance.rules import RULES, opened


    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
    def test_a_rule_is_kept(rule):
        with opened("weather", FOLDER_OF_THE_PAYLOAD) as case:
            assert rule(case) == ""

A rule returns a sentence that says how it is broken, or an empty text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from adapters.provider_kit.conformance.replay_server import Case, Fault, Sent, opened, refused, replaced, swollen, truncated
from adapters.provider_kit.conformance.statements import documentation, documented_codes, stand_on
from adapters.provider_kit.spec import PROVIDER_API
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError, InvalidCode, RateLimited
from domain.frequency import Frequency
from domain.observations import Observations
from domain.periods import stated
from domain.ports import ParsesResponses, RawResponse
from domain.providers import Limit, Terms
from domain.series import Metadata
from domain.vintages import Origin

__all__ = ["EXAMPLE_RULES", "FACT_RULES", "PARSER_RULES", "RULES", "Case", "Rule", "opened"]

Rule = Callable[[Case], str]

_HTML = b"<!doctype html><html><title>Hello</title><p>Come in</html>"
_GARBAGE = (b"", b"{}", b"{", b"[[[", _HTML, b"\x00\xff\xfe", b"PAR1", b"7", b"PK\x03\x04")
_ODD_DATASETS = ("a/b", "$(x)|y", "^GSPC", "x=1,y~2", "A@B:C+D!", "...", "a" * 200)
_REFUSALS = {"key_missing", "key_rejected", "forbidden"}
_STATUSES = {
    401: _REFUSALS,
    403: _REFUSALS | {"rate_limited"},
    404: {"not_found"},
    410: {"gone"},
    429: {"rate_limited"},
    500: {"unavailable"},
    503: {"unavailable"},
}
_RETRY_AFTER = 7


def tells_its_facts(case: Case) -> str:
    """Say who the provider is, what it serves and under which terms."""
    spec = case.spec
    try:
        databases = tuple(DatasetCode(database, "X").database for database in spec.databases)
    except InvalidCode as exc:
        return exc.message
    wanted = {
        f"provider_api must be {PROVIDER_API}": spec.provider_api == PROVIDER_API,
        "adapter_version must be a whole number": isinstance(spec.adapter_version, int),
        "title must be a text": isinstance(spec.title, str) and bool(spec.title),
        "databases must be a tuple of codes in capitals": databases == spec.databases,
        "terms must be Terms with an attribution": isinstance(spec.terms, Terms) and bool(spec.terms.attribution),
        "limits must be Limits": all(isinstance(limit, Limit) for limit in spec.limits),
        "a needed key has a key_url": not spec.key_needed or bool(spec.key_url),
    }
    return "; ".join(rule for rule, kept in wanted.items() if not kept)


def documents_its_codes(case: Case) -> str:
    """Show a code as its example, or in the docstring of the module that opens it."""
    spec = case.spec
    is_shown = not spec.databases or any(f"{database}/" in documentation(spec) for database in spec.databases)
    return "" if is_shown else f"neither the docstring nor the example shows a code {spec.databases[0]}/…"


def asks_for_the_codes_it_documents(case: Case) -> str:
    """Make a call for each code in double backticks in the docstring, and for the example."""
    return _first(_unasked(case, code) for code in documented_codes(case.spec)) if case.is_replayed else ""


def refuses_garbage(case: Case) -> str:
    """Raise a named error with a sentence for a body that is no answer of the provider's."""
    return _first(_answered(case, RawResponse(body=body), None) for body in _GARBAGE)


def names_statuses(case: Case) -> str:
    """Raise the right error for each status that is no success, whatever the body."""
    if not hasattr(case.spec.options, "base_url"):
        return ""
    return _first(
        _answered(case, RawResponse(body=body, status=status, headers={"content-type": kind}), codes)
        for status, codes in _STATUSES.items()
        for body, kind in ((b"{}", "application/json"), (_HTML, "text/html"))
    )


def gives_states(case: Case) -> str:
    """Return one state at least: dates ascending, a name for every column, numbers or NaN."""
    vintages = case.example().vintages
    return _first(_state_fault(published, state) for published, state in vintages) if vintages else "no state came"


def gives_vintages_in_order(case: Case) -> str:
    """Return vintages oldest first; several of one series all carry labels."""
    labels: list[Any] = [published for published, _ in case.example().vintages]
    return "" if labels == [None] or labels == sorted(set(labels)) else "the labels are not ascending"


def gives_metadata(case: Case) -> str:
    """Return text, a known frequency or none, units for every column or for none, and extras that JSON can carry."""
    fetched = case.example()
    metadata = fetched.metadata
    wanted = {
        "metadata must be Metadata": isinstance(metadata, Metadata),
        "a series has a name": bool(metadata.name),
        "the first column has a name": bool(metadata.date_column),
        "the frequency is one of lanner's": metadata.frequency is None or isinstance(metadata.frequency, Frequency),
        "there are units for every column or for none": len(metadata.column_units) in (0, len(fetched.vintages[-1][1].columns)),
        "extras are JSON": json.loads(json.dumps(dict(metadata.extra))) == metadata.extra,
        "names of columns left out are text": all(isinstance(name, str) for name in fetched.left_out),
    }
    return "; ".join(rule for rule, kept in wanted.items() if not kept)


def states_its_anchor(case: Case) -> str:
    """Say in ``dates`` of the extra metadata on which day of its period a date of weeks or longer stands, as the dates do."""
    fetched = case.example()
    metadata, dates = fetched.metadata, fetched.vintages[-1][1].dates
    said = metadata.extra.get("dates")
    if metadata.frequency in (None, Frequency.HOURLY, Frequency.DAILY):
        return ""
    if not isinstance(said, str) or not said:
        return "the extra metadata have no text 'dates' that says on which day of its period a date stands"
    return "" if stand_on(dates, metadata.frequency, stated(said)) else f"the dates do not stand on the {said}"


def tells_its_origin(case: Case) -> str:
    """Name the request and the answer's hash; show no secret."""
    fetched = case.example()
    origin = fetched.origin
    if not isinstance(origin, Origin) or not origin.request or len(bytes.fromhex(origin.response_sha256)) != len(b"\0" * 32):
        return "the origin lacks the request or the hash"
    return "a secret comes out" if any(secret in repr(fetched) for secret in case.secrets) else ""


def reads_what_is_missing(case: Case) -> str:
    """Find as many missing values in the newest state as the payload says."""
    found = int(np.isnan(case.example().vintages[-1][1].values).sum())
    expected = case.contract.get("missing", found)
    return "" if found == expected else f"{found} values are missing where 'missing' in contract.json says {expected}"


def makes_its_calls(case: Case) -> str:
    """Ask for every page, and no more often than the payload says."""
    case.calls = 0
    case.fetch()
    expected = case.contract.get("calls", case.calls)
    return "" if case.calls == expected else f"{case.calls} calls were made where 'calls' in contract.json says {expected}"


def does_not_find_what_is_not_there(case: Case) -> str:
    """Say of a code that the provider does not have that it is not found."""
    unknown = case.contract["unknown"]
    return _fails(case, {DatasetNotFound.code}, DatasetCode.parse(unknown)) if unknown else ""


def answers_any_code(case: Case) -> str:
    """Answer any code of the domain's form with a series or a named error."""
    for dataset in _ODD_DATASETS:
        try:
            case.fetch(DatasetCode(case.code.database, dataset))
        except FetchError as error:
            if not error.message:
                return f"the error of {dataset[:20]} has no sentence"
    return ""


def serves_threads(case: Case) -> str:
    """Return the same to many threads as to one."""
    alone = case.example()
    with ThreadPoolExecutor(8) as threads:
        every = list(threads.map(lambda _: case.fetch(), range(8)))
    same = all(other.vintages == alone.vintages and other.metadata == alone.metadata for other in every)
    return "" if same else "threads get different answers"


def names_refusals(case: Case) -> str:
    """Raise the right error for every refusal, with the wait of ``Retry-After``."""
    return _first(_under(case, refused(status, **{"Retry-After": str(_RETRY_AFTER)}), codes) for status, codes in _STATUSES.items())


def sees_what_is_no_answer(case: Case) -> str:
    """Refuse an HTML page, an empty body and documents of another shape, though the status is 200."""
    other = b'{"unexpected": [["2024-01-31", "many"]], "observations": null}'
    kinds = ((_HTML, "text/html"), (b"", "application/json"), (other, "application/json"), (b"<x><y/></x>", "text/xml"))
    return _first(_under(case, replaced(body, kind), None) for body, kind in kinds)


def sees_a_cut(case: Case) -> str:
    """Raise a named error for a response that is cut off."""
    return _under(case, truncated, {"truncated"})


def bounds_the_size(case: Case) -> str:
    """Refuse an answer that unpacks to more than the client takes."""
    return _under(case, swollen, {"too_large"})


FACT_RULES: Sequence[Rule] = (tells_its_facts, documents_its_codes)
PARSER_RULES: Sequence[Rule] = (refuses_garbage, names_statuses)
EXAMPLE_RULES: Sequence[Rule] = (gives_states, gives_vintages_in_order, gives_metadata, states_its_anchor, tells_its_origin)
RULES: Sequence[Rule] = (
    *FACT_RULES,
    *PARSER_RULES,
    *EXAMPLE_RULES,
    asks_for_the_codes_it_documents,
    reads_what_is_missing,
    makes_its_calls,
    does_not_find_what_is_not_there,
    answers_any_code,
    serves_threads,
    names_refusals,
    sees_what_is_no_answer,
    sees_a_cut,
    bounds_the_size,
)


def _first(faults: Iterator[str]) -> str:
    return next(filter(None, faults), "")


def _state_fault(published: object, state: object) -> str:
    if not (published is None or isinstance(published, date)):
        return "a label is no date"
    if not isinstance(state, Observations) or not len(state) or not state.columns:
        return "a state has no dates or no columns"
    sound = (state.dates[1:] > state.dates[:-1]).all() and not np.isinf(state.values).any()
    return "" if sound and all(isinstance(column, str) for column in state.columns) else "a state is not sorted or not finite"


def _answered(case: Case, answer: RawResponse, codes: set[str] | None) -> str:
    """Return what is wrong where the parser does not refuse an answer, with or without a code."""
    source = case.source
    if not isinstance(source, ParsesResponses):
        return ""
    shown = f"the answer {answer.body[:20]!r} with status {answer.status}"
    return _first(_refusal(partial(source.parse, code, answer), codes, case, shown) for code in (case.code, None))


def _unasked(case: Case, code: DatasetCode) -> str:
    case.calls = 0
    said = ""
    try:
        case.fetch(code)
    except FetchError as error:
        said = error.message
    return "" if case.calls else f"{code} is documented, but no call is made for it: {said}"


def _under(case: Case, fault: Fault, codes: set[str] | None) -> str:
    """Return what is wrong where a fetch does not end with one of these errors while the server has a fault."""
    if not case.is_replayed:
        return ""
    case.fault = fault
    try:
        return _fails(case, codes)
    finally:
        case.fault = None


def _fails(case: Case, codes: set[str] | None, code: DatasetCode | None = None) -> str:
    shown = repr(case.fault(Sent()))[:100] if case.fault else str(code)
    return _refusal(lambda: case.fetch(code), codes, case, shown)


def _refusal(ask: Callable[[], object], codes: set[str] | None, case: Case, shown: str) -> str:
    try:
        ask()
    except FetchError as error:
        if any(secret in error.message + error.hint for secret in case.secrets):
            return f"{shown}: the error shows a secret"
        named = bool(error.message) and (codes is None or error.code in codes)
        waits = not isinstance(error, RateLimited) or not case.fault or error.retry_after == _RETRY_AFTER
        return "" if named and waits else f"{shown} ends as {error.code}, retry after {getattr(error, 'retry_after', None)}"
    return f"{shown} is taken for a series"
