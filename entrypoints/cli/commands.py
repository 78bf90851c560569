"""The group of all commands; a command's module is imported when the command runs."""

from __future__ import annotations

import importlib

import click

#: Name → module and attribute, help in one line.
COMMANDS = {
    "up": ("up:up", "Run the API and a worker, supervised."),
    "api": ("api:api", "Run the API alone."),
    "worker": ("worker:worker", "Run a worker alone."),
    "config": ("config:config", "Print every setting with its value and where it comes from."),
    "migrate": ("migrate:migrate", "Bring the database's schema up to date."),
    "check": ("check:check", "Read every vintage and list the damaged ones."),
    "backup": ("backup:backup", "Copy the whole database into a file."),
    "restore": ("restore:restore", "Copy a backup into an empty database."),
    "health": ("health:health", "Check whether the API or the worker is healthy."),
    "fetch": ("fetch:fetch", "Fetch series and wait for the results."),
    "gates": ("gates:gates", "Show or set what answers for a series have to pass."),
    "follow": ("follow:follow", "Have series fetched by themselves from now on."),
    "schedules": ("schedules:schedules", "List what is followed, and when it is looked at next."),
    "unfollow": ("unfollow:unfollow", "Have series no longer fetched by themselves."),
    "formulas": ("formulas:formulas", "Define series that are computed from others."),
    "webhooks": ("webhooks:webhooks", "Create, list, try and remove webhooks."),
    "search": ("search:search", "Search stored series and providers."),
    "list": ("list:list_series", "List the stored series."),
    "show": ("show:show", "Show a series."),
    "vintages": ("vintages:vintages", "List the vintages of a series."),
    "revisions": ("revisions:revisions", "Show what changed between two states of a series."),
    "panel": ("panel:panel", "Write what was known of series at many moments."),
    "export": ("export:export", "Write a series into a file."),
    "import": ("import_files:import_files", "Import files of your own, as series and their past vintages."),
    "parse": ("parse:parse", "Parse a recorded provider response without storing it."),
    "doctor": ("doctor:doctor", "Say which Quandl calls of scripts will work."),
    "openapi": ("openapi:openapi", "Print the OpenAPI document of the REST API."),
    "keys": ("keys:keys", "Create, list and revoke API keys."),
    "providers": ("providers:providers", "List the providers."),
    "new-provider": ("new_provider:new_provider", "Create files for a new provider: module, payload, test."),
}


class LazyGroup(click.Group):
    """A group that imports only the command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(f"entrypoints.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])
