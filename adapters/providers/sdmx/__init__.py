"""
Statistical agencies: those of the table in ``agencies.py``, a provider each, and any SDMX service whose ``BASE_URL`` is set.

Codes are the flow and the key, ``ECB/EXR.D.USD.EUR.SP00.A``; with a slash where the flow needs its agency,
``OECD/OECD.SDD.STES,DSD_STES@DF_CLI/USA.M.LI...AA...H``. An empty or left out dimension must leave one series.
"""

from adapters.providers.sdmx.agencies import AGENCIES, ANY_SDMX

PROVIDERS = tuple(agency.spec for agency in (ANY_SDMX, *AGENCIES))
