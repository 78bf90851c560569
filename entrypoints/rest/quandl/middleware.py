"""Middleware of the Quandl-compatible API."""

from __future__ import annotations

import falcon

from entrypoints.rest.quandl import errors, is_quandl


class QuandlErrors:
    """Has problems written in Quandl's error format there."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Choose the format by path."""
        if is_quandl(req.path):
            req.context.problem_writer = errors.write
