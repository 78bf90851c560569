"""The group of all commands, each imported when it is run: listing them loads none."""

from __future__ import annotations

import importlib

import click

#: name → where it is, and what it does in a line.
COMMANDS = {
    "up": ("up:up", "Run the API and a worker, supervised."),
    "api": ("api:api", "Run the API alone."),
    "worker": ("worker:worker", "Run a worker alone."),
    "config": ("config:config", "Print every setting with its value and where it comes from."),
    "migrate": ("migrate:migrate", "Bring the database's schema up to date."),
    "check": ("check:check", "Read every vintage back and list the damaged ones."),
    "backup": ("backup:backup", "Copy everything that is kept into a file."),
    "restore": ("restore:restore", "Copy a backup into an empty store."),
    "health": ("health:health", "Tell by the exit code whether the API or the worker is well."),
    "fetch": ("fetch:fetch", "Request series and follow them."),
    "list": ("list:list_series", "List the series that are kept."),
    "show": ("show:show", "Show a series."),
    "vintages": ("vintages:vintages", "List the vintages of a series."),
    "revisions": ("revisions:revisions", "Show what changed between two states of a series."),
    "export": ("export:export", "Write a series into a file."),
    "parse": ("parse:parse", "Parse a provider's recorded answer and store nothing."),
    "openapi": ("openapi:openapi", "Print the OpenAPI document of the REST API."),
    "keys": ("keys:keys", "Make, list and revoke API keys."),
    "providers": ("providers:providers", "List the providers."),
    "new-provider": ("new_provider:new_provider", "Write a provider to begin from, with its payload and its test."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Give the names, the service's first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(f"entrypoints.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the names and lines of the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])
