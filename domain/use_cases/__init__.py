"""The use cases; the record of all of them is the inbound port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.use_cases.ask_due_series import AskDueSeries
    from domain.use_cases.await_fetch import AwaitFetch
    from domain.use_cases.cancel_fetch import CancelFetch
    from domain.use_cases.check_health import CheckHealth
    from domain.use_cases.check_key import CheckKey
    from domain.use_cases.check_providers import CheckProviders
    from domain.use_cases.check_vintages import CheckVintages
    from domain.use_cases.compare_vintages import CompareVintages
    from domain.use_cases.deliver_events import DeliverEvents
    from domain.use_cases.describe_series import DescribeSeries
    from domain.use_cases.diagnose_code import DiagnoseCode
    from domain.use_cases.fetch_dataset import FetchDataset
    from domain.use_cases.find_stand_ins import FindStandIns
    from domain.use_cases.follow_fetches import FollowFetches
    from domain.use_cases.import_files import ImportFiles
    from domain.use_cases.list_datasets import ListDatasets
    from domain.use_cases.list_formula_vintages import ListFormulaVintages
    from domain.use_cases.list_providers import ListProviders
    from domain.use_cases.list_releases import ListReleases
    from domain.use_cases.list_vintages import ListVintages
    from domain.use_cases.manage_equivalences import ManageEquivalences
    from domain.use_cases.manage_formulas import ManageFormulas
    from domain.use_cases.manage_gates import ManageGates
    from domain.use_cases.manage_keys import ManageKeys
    from domain.use_cases.manage_schedules import ManageSchedules
    from domain.use_cases.manage_webhooks import ManageWebhooks
    from domain.use_cases.measure_revisions import MeasureRevisions
    from domain.use_cases.parse_answer import ParseAnswer
    from domain.use_cases.plan_next_look import PlanNextLook
    from domain.use_cases.preview_file import PreviewFile
    from domain.use_cases.read_panel import ReadPanel
    from domain.use_cases.read_realtime import ReadRealtime
    from domain.use_cases.read_releases import ReadReleases
    from domain.use_cases.read_series import ReadSeries
    from domain.use_cases.read_through import ReadThrough
    from domain.use_cases.reap_fetches import ReapFetches
    from domain.use_cases.remove_series import RemoveSeries
    from domain.use_cases.request_batch import RequestBatch
    from domain.use_cases.request_fetch import RequestFetch
    from domain.use_cases.search_providers import SearchProviders
    from domain.use_cases.search_series import SearchSeries
    from domain.use_cases.unblock_provider import UnblockProvider
    from domain.use_cases.watch_equivalences import WatchEquivalences


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """The use cases that entry points call."""

    request_fetch: RequestFetch
    request_batch: RequestBatch
    fetch_dataset: FetchDataset
    read_series: ReadSeries
    search_series: SearchSeries
    list_datasets: ListDatasets
    search_providers: SearchProviders
    describe_series: DescribeSeries
    diagnose_code: DiagnoseCode
    follow_fetches: FollowFetches
    await_fetch: AwaitFetch
    read_through: ReadThrough
    cancel_fetch: CancelFetch
    remove_series: RemoveSeries
    reap_fetches: ReapFetches
    list_releases: ListReleases
    list_vintages: ListVintages
    compare_vintages: CompareVintages
    read_releases: ReadReleases
    read_realtime: ReadRealtime
    measure_revisions: MeasureRevisions
    read_panel: ReadPanel
    check_vintages: CheckVintages
    check_health: CheckHealth
    parse_answer: ParseAnswer
    preview_file: PreviewFile
    import_files: ImportFiles
    check_key: CheckKey
    manage_keys: ManageKeys
    manage_schedules: ManageSchedules
    manage_formulas: ManageFormulas
    manage_gates: ManageGates
    list_formula_vintages: ListFormulaVintages
    ask_due_series: AskDueSeries
    plan_next_look: PlanNextLook
    manage_equivalences: ManageEquivalences
    watch_equivalences: WatchEquivalences
    find_stand_ins: FindStandIns
    manage_webhooks: ManageWebhooks
    deliver_events: DeliverEvents
    list_providers: ListProviders
    unblock_provider: UnblockProvider
    check_providers: CheckProviders
