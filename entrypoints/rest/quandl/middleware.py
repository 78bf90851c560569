"""What is different about every request at the Quandl door."""

from __future__ import annotations

import falcon

from entrypoints.rest.quandl import QUANDL_ROOT, errors


class QuandlErrors:
    """Has problems told in Quandl's words there."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Choose the words by the address."""
        if req.path.startswith(f"{QUANDL_ROOT}/"):
            req.context.write_problem = errors.write
