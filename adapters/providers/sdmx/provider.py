"""
Statistical agencies: those of the table ``_agency_table.py``, a provider each, and any SDMX service whose ``BASE_URL`` is set.

Codes are the flow and the key, ``ECB/EXR.D.USD.EUR.SP00.A``; with a slash where the flow needs its agency,
``OECD/OECD.SDD.STES,DSD_STES@DF_CLI/USA.M.LI...AA...H``. An empty or left out dimension must leave one series.
"""

from __future__ import annotations

from adapters.providers.sdmx.agencies import AGENCIES, ANY_SDMX

PROVIDERS = AGENCIES

PROVIDER_API = ANY_SDMX.PROVIDER_API
ADAPTER_VERSION = ANY_SDMX.ADAPTER_VERSION
NAME = ANY_SDMX.NAME
TITLE = ANY_SDMX.TITLE
DATABASES = ANY_SDMX.DATABASES
EXAMPLE = ANY_SDMX.EXAMPLE
TERMS = ANY_SDMX.TERMS
OPTIONS = ANY_SDMX.OPTIONS
problem = ANY_SDMX.problem
source = ANY_SDMX.source
