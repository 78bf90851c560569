"""The container: settings → adapters → use cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from dependency_injector.providers import Self
from dependency_injector.providers import ThreadSafeSingleton as Singleton

from adapters.celery_dispatcher import explain_broker_error
from config.adapters import Adapters
from config.fetch_use_cases import FetchUseCases
from config.later import LazyUseCases, use_case
from config.settings import Settings


def broker_explainer(settings: Settings) -> Callable[[Exception], str]:
    """Return what says in a sentence why the configured broker failed."""
    return partial(explain_broker_error, broker_url=settings.broker_url)


class Container(FetchUseCases):
    """The singletons of a process, each built on its first call; ``override`` replaces one, such as by a fake."""

    __self__ = Self()
    manage_formulas = use_case(
        "manage_formulas.ManageFormulas", Adapters.store, Adapters.data_sources, Adapters.routing, FetchUseCases.request_fetch
    )
    manage_equivalences = use_case("manage_equivalences.ManageEquivalences", Adapters.store, Adapters.data_sources, Adapters.routing)
    list_formula_vintages = use_case("list_formula_vintages.ListFormulaVintages", Adapters.store)
    read_series = use_case("read_series.ReadSeries", store=Adapters.store, freshness=Adapters.freshness)
    search_series = use_case("search_series.SearchSeries", Adapters.store)
    search_providers = use_case("search_providers.SearchProviders", **FetchUseCases.asking)
    find_stand_ins = use_case("find_stand_ins.FindStandIns", Adapters.store, search_providers)
    describe_series = use_case("describe_series.DescribeSeries", **FetchUseCases.catalogue)
    diagnose_code = use_case("diagnose_code.DiagnoseCode", Adapters.data_sources, Adapters.routing)
    remove_series = use_case("remove_series.RemoveSeries", Adapters.store)
    list_releases = use_case("list_releases.ListReleases", Adapters.store)
    list_vintages = use_case("list_vintages.ListVintages", Adapters.store)
    compare_vintages = use_case("compare_vintages.CompareVintages", Adapters.store)
    webhooks: ClassVar[dict[str, Any]] = {"store": Adapters.store, "sender": Adapters.webhook_sender, "master": Adapters.webhook_master}
    manage_webhooks = use_case("manage_webhooks.ManageWebhooks", **webhooks, providers=Adapters.data_sources)
    deliver_events = use_case(
        "deliver_events.DeliverEvents",
        **webhooks,
        compare_vintages=compare_vintages,
        root_path=Adapters.settings.provided.root_path,
        lease_seconds=Adapters.settings.provided.lease_seconds,
        consistency_token=Adapters.consistency_token,
    )
    read_releases = use_case("read_releases.ReadReleases", Adapters.store)
    measure_revisions = use_case("measure_revisions.MeasureRevisions", Adapters.store)
    read_panel = use_case("read_panel.ReadPanel", Adapters.store, Adapters.data_sources, Adapters.routing)
    check_vintages = use_case("check_vintages.CheckVintages", Adapters.store)
    explain_broker_error = Singleton(broker_explainer, Adapters.settings)
    check_health = use_case(
        "check_health.CheckHealth",
        Adapters.primary_store,
        Adapters.dispatcher,
        Adapters.settings.provided.lease_seconds,
        Adapters.read_routing,
    )
    parse_answer = use_case("parse_answer.ParseAnswer", Adapters.data_sources)
    preview_file = use_case("preview_file.PreviewFile", Adapters.file_previews)
    import_files = use_case(
        "import_files.ImportFiles", store=Adapters.store, files=Adapters.file_imports, folder=Adapters.settings.provided.import_path
    )
    check_key = use_case("check_key.CheckKey", Adapters.primary_store)
    manage_keys = use_case("manage_keys.ManageKeys", Adapters.store)
    list_providers = use_case("list_providers.ListProviders", **FetchUseCases.asking)
    unblock_provider = use_case("unblock_provider.UnblockProvider", **FetchUseCases.asking)
    check_providers = use_case("check_providers.CheckProviders", Adapters.data_sources, Adapters.conformance)
    use_cases = Singleton(LazyUseCases, __self__)
