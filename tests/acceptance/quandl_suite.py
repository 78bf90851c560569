"""
The test suite of the package ``quandl``, run against a server: ``python quandl_suite.py FOLDER ADDRESS MODULE…``.

What it mocks, the server of Quandl, is left out: ``httpretty``, with which it does so, does nothing here, and the address is
another one. Prints a line of JSON: how many tests ran, and for each that failed why.
"""

import json
import sys
import types
import unittest
import warnings

folder, address, *modules = sys.argv[1:]
warnings.simplefilter("ignore")
sys.path.insert(0, folder)


class Nothing:
    """Takes every call, and returns itself."""

    def __init__(self, *_, **facts):
        self.__dict__.update(facts)

    enable = disable = reset = register_uri = classmethod(lambda cls, *_, **__: cls)


fake = types.ModuleType("httpretty")
fake.core = types.ModuleType("httpretty.core")
fake.HTTPretty = fake.Response = Nothing
fake.GET, fake.POST = "GET", "POST"
fake.enabled = lambda test: test
for name in ("enable", "disable", "reset", "register_uri"):
    setattr(fake, name, lambda *_, **__: None)
sys.modules |= {"httpretty": fake, "httpretty.core": fake.core}

import quandl  # noqa: E402

quandl.ApiConfig.api_protocol = "http://"
quandl.ApiConfig.api_base = f"{address}/api/v3"
quandl.ApiConfig.number_of_retries = 1

suite = unittest.defaultTestLoader.loadTestsFromNames([f"test.{module}" for module in modules])
result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
failed = {case.id().removeprefix("test."): text.strip().splitlines()[-1] for case, text in result.failures + result.errors}
sys.stdout.write(json.dumps({"ran": result.testsRun, "failed": failed}) + "\n")
