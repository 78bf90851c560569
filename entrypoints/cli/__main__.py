"""The main of ``lanner``."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.commands import LazyGroup
from entrypoints.cli.exit_codes import exit_code_of
from entrypoints.cli.session import Progress, Service, Session, Setting
from entrypoints.cli.stopping import stop_on_signals
from entrypoints.cli.streams import prepare_streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.settings import Settings
    from domain.use_cases import UseCases


_USUAL_COLLECTIONS, _FEW_COLLECTIONS = gc.get_threshold(), 1_000_000
_STORELESS = ("doctor", "openapi", "parse", "providers")
_PROVIDERLESS = ("list", "keys", "feed")
_CREATING = ("search", "fetch", "follow", "import")
#: They stop in their own way, and finish what runs.
_SERVING = ("up", "api", "worker")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lanner", message="lanner %(version)s")
@click.pass_context
def lanner(context: click.Context) -> None:
    """
    Your own Quandl: fetch any time series, keep every vintage, serve it over REST.

    A series has a code, DATABASE/DATASET or provider:DATABASE/DATASET, such as FRED/GDP. `lanner fetch SAMPLE/GDP` fetches one that needs
    no network, `lanner show SAMPLE/GDP` shows it, and `lanner COMMAND --help` explains a command.
    """
    command = context.invoked_subcommand
    context.obj = Session(
        use_cases=partial(
            _use_cases, with_store=command not in _STORELESS, creates=command in _CREATING, with_providers=command not in _PROVIDERLESS
        ),
        service=_service,
        check=_check,
        migrate=_migrate,
        back_up=_back_up,
        restore=_restore,
        work=_work,
        settings=_settings,
    )


def main() -> None:
    """Run the command line."""
    prepare_streams()
    # Modules are never garbage: collections during imports and at exit took a third of a short command's time.
    gc.set_threshold(_FEW_COLLECTIONS)
    # No use for numpy's thread pool for matrices, nor for a search for pydantic's plugins.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if not set(sys.argv[1:2]) & set(_SERVING):
        stop_on_signals()
    code = exit_code_of(lambda: lanner.main(prog_name="lanner", standalone_mode=False))
    gc.freeze()
    sys.exit(code)


def _use_cases(*, with_store: bool, creates: bool, with_providers: bool) -> UseCases:
    import logging

    from config import bootstrap

    container = bootstrap(with_providers=with_providers)
    if "log_level" not in container.settings().model_fields_set:
        # What a fetch warns of, the command says itself.
        logging.getLogger().setLevel(logging.ERROR)
    if creates:
        from config.migration import create_database

        create_database(container)
    if with_store:
        _require_database(container.settings())
        container.store().check()
    use_cases: UseCases = container.use_cases()
    return use_cases


def _require_database(settings: Settings) -> None:
    """Raise SchemaMismatch, with what makes it, if the database is a file that is not there yet."""
    if settings.on_sqlite and not Path(settings.place).exists():
        from domain.errors import SchemaMismatch

        hint = "`lanner fetch CODE` makes it, as does `lanner migrate`; `lanner config` shows what says where it is."
        raise SchemaMismatch(f"Nothing is stored yet: there is no database {settings.place}.", hint=hint)


def _service() -> Service:
    from config import read

    # Long-lived API processes are forked from this one.
    gc.set_threshold(*_USUAL_COLLECTIONS)
    settings = read()
    return Service(
        data_dir=settings.data_dir,
        database=settings.place,
        on_sqlite=settings.on_sqlite,
        host=settings.host,
        port=settings.port,
        on_loopback=settings.on_loopback,
        auth=settings.auth,
        processes=settings.api_processes or settings.cores,
        threads=settings.api_threads,
        shutdown_timeout_seconds=settings.shutdown_timeout_seconds,
        has_session_secret=bool(settings.session_secret),
    )


def _check() -> None:
    from config import bootstrap

    bootstrap().store().check()


def _migrate() -> str:
    from config import bootstrap
    from config.migration import migrate_database

    return migrate_database(bootstrap())


def _back_up(file: Path, progress: Progress) -> Mapping[str, int]:
    from config import bootstrap
    from config.backup import back_up_database

    return back_up_database(bootstrap(), file, progress)


def _restore(file: Path, progress: Progress, keep_damaged: bool) -> Mapping[str, int]:  # noqa: FBT001 - as the session calls it
    from config import bootstrap
    from config.backup import restore_database

    return restore_database(bootstrap(), file, progress, keep_damaged=keep_damaged)


def _work() -> int:
    from entrypoints.worker.main import main as work

    return work()


def _settings() -> Sequence[Setting]:
    from config.explain import explain

    return explain()


if __name__ == "__main__":
    main()
