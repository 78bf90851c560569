"""The group of all commands; a command's module is imported when the command runs."""

from __future__ import annotations

import importlib

import click

#: Section of the help → name → module and attribute, help in one line.
SECTIONS = {
    "Find and fetch": {
        "search": ("search:search", "Search stored series and providers."),
        "providers": ("providers:providers", "List the providers."),
        "fetch": ("fetch:fetch", "Fetch series and wait for the results."),
        "fetches": ("fetches:fetches", "List fetches: how they ended and why, or what they wait for."),
        "cancel": ("cancel:cancel", "Cancel fetches that have not ended."),
        "gates": ("gates:gates", "Show or set what answers for a series have to pass."),
        "follow": ("follow:follow", "Have series fetched by themselves from now on."),
        "schedules": ("schedules:schedules", "List what is followed, and when it is looked at next."),
        "unfollow": ("unfollow:unfollow", "Have series no longer fetched by themselves."),
    },
    "Read what is stored": {
        "list": ("list:list_series", "List the stored series."),
        "show": ("show:show", "Show series."),
        "export": ("export:export", "Write series into a file."),
        "vintages": ("vintages:vintages", "List the vintages of a series."),
        "revisions": ("revisions:revisions", "Show what changed between two states of a series."),
        "panel": ("panel:panel", "Write what was known of series at many moments."),
        "stand-ins": ("stand_ins:stand_ins", "List series that could go on for another."),
        "feed": ("feed:feed", "List the newest vintages of all series."),
    },
    "Add and remove": {
        "import": ("import_files:import_files", "Import files of your own, as series and their past vintages."),
        "equivalences": ("equivalences:equivalences", "Have series compared that should agree."),
        "formulas": ("formulas:formulas", "Define series that are computed from others."),
        "remove": ("remove:remove", "Remove series with all their vintages."),
    },
    "Run the service": {
        "up": ("up:up", "Run the API and a worker, supervised."),
        "api": ("api:api", "Run the API alone."),
        "worker": ("worker:worker", "Run a worker alone."),
        "health": ("health:health", "Check whether the API or the worker is healthy."),
        "keys": ("keys:keys", "Create, list and revoke API keys."),
        "webhooks": ("webhooks:webhooks", "Create, list, try and remove webhooks."),
    },
    "Set up and maintain": {
        "config": ("config:config", "Print every setting with its value and where it comes from."),
        "migrate": ("migrate:migrate", "Bring the database's schema up to date."),
        "check": ("check:check", "Read every vintage and list the damaged ones."),
        "backup": ("backup:backup", "Copy the whole database into a file."),
        "restore": ("restore:restore", "Copy a backup into an empty database."),
    },
    "For scripts and developers": {
        "doctor": ("doctor:doctor", "Say which Quandl calls of scripts will work."),
        "parse": ("parse:parse", "Parse a recorded provider response without storing it."),
        "new-provider": ("new_provider:new_provider", "Create files for a new provider: module, payload, test."),
        "openapi": ("openapi:openapi", "Print the OpenAPI document of the REST API."),
    },
}
#: The same without sections.
COMMANDS = {name: command for commands in SECTIONS.values() for name, command in commands.items()}


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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # Click looks for similar names among those that are loaded.
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        longest = max(map(len, COMMANDS))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(f"{name:<{longest}}", line) for name, (_, line) in commands.items()])
