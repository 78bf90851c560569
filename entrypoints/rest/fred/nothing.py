"""Categories, tags and sources: no series has any here, so that all their lists are empty, as for a series without any."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.fred import FRED_ROOT
from entrypoints.rest.fred.documents import FredList, period_header
from entrypoints.rest.fred.lists import send_list
from entrypoints.rest.fred.params import file_type, realtime
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.fred_parameters import EMPTY as PARAMETERS
from entrypoints.rest.openapi.fred_schemas import EMPTY
from entrypoints.rest.openapi.operation import operation

#: Of each list the name, the name of an item, and where it is.
_LISTS = {
    ("categories", "category"): ("category", "category/children", "category/related", "series/categories"),
    ("tags", "tag"): (
        *("tags", "related_tags", "category/tags", "category/related_tags", "release/tags", "release/related_tags"),
        *("series/tags", "series/search/tags", "series/search/related_tags"),
    ),
    ("seriess", "series"): ("category/series", "tags/series"),
    ("sources", "source"): ("sources", "source", "release/sources"),
    ("releases", "release"): ("source/releases",),
}


class EmptyListResource:
    """A list of categories, tags or sources, or of what belongs to one."""

    def __init__(self, name: str, item: str, use_cases: UseCases) -> None:
        self._name, self._item, self._search = name, item, use_cases.search_series

    @operation({200: EMPTY}, PARAMETERS, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return an empty list."""
        header = {**period_header(*realtime(req, self._search.now())), "count": 0, "offset": 0, "limit": 1000}
        send_list(resp, FredList(name=self._name, item=self._item, header=header, items=()), file_type(req))


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    for (name, item), places in _LISTS.items():
        for place in places:
            yield f"{FRED_ROOT}/{place}", EmptyListResource(name, item, use_cases)
