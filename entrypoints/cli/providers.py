"""``lanner providers``: the providers with their keys, limits and terms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.providers import Finding, Provider
    from domain.use_cases.list_providers import ProviderStatus
    from entrypoints.cli.session import Session


@click.group(invoke_without_command=True)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one provider a line."
)
@click.option("--check", is_flag=True, help="Check each against the rules for providers; exits with 1 if one is broken.")
@click.option("--online", is_flag=True, help="With --check: also fetch the examples of configured providers over the network.")
@click.pass_context
def providers(context: click.Context, *, form: str, check: bool, online: bool) -> None:
    """List the providers: whether they can be used, their API keys, limits and terms."""
    session: Session = context.obj
    if context.invoked_subcommand:
        return
    if check or online:
        _check(session, form, online=online)
        return
    from entrypoints.cli.tables import print_json, print_table

    found = session.use_cases().list_providers()
    if form == "json":
        for listed in found:
            print_json(_document(listed))
    else:
        print_table(("name", "title", "databases", "ready", "key", "limits", "blocked until", "terms"), map(_row, found))
        _explain([listed.provider for listed in found])


@providers.command
@click.argument("name")
@click.pass_obj
def unblock(session: Session, name: str) -> None:
    """Call the provider NAME again, though it asked for a pause or did not answer; what waits for it begins."""
    from entrypoints.cli.operator import bind_operator

    bind_operator()
    lifted = session.use_cases().unblock_provider(name)
    until = _blocked(lifted.before)
    said = f"{name} was blocked until {until} and is called again." if until else f"{name} was not blocked."
    waited = f" {lifted.fetches} waiting fetch{'es are' if lifted.fetches > 1 else ' is'} due now." if lifted.fetches else ""
    click.echo(said + waited)


def _explain(found: Sequence[Provider]) -> None:
    """Print below the table, whose lines would get too long, why providers cannot be used."""
    from entrypoints.cli.tables import print_table

    waiting = [(provider.name, provider.problem) for provider in found if provider.problem]
    if waiting:
        click.echo("\nNot ready:")
        print_table((), waiting)


def _check(session: Session, form: str, *, online: bool) -> None:
    from entrypoints.cli.tables import print_json, print_table

    found = session.use_cases().check_providers(online=online)
    if form == "json":
        for name, findings in found.items():
            print_json({"name": name, "findings": findings})
    else:
        print_table(("name", "kept", "broken"), [_score(name, findings) for name, findings in found.items()])
    if any(finding.problem for findings in found.values() for finding in findings):
        sys.exit(1)


def _score(name: str, findings: Sequence[Finding]) -> tuple[str, ...]:
    broken = [f"{finding.rule}: {finding.problem}" for finding in findings if finding.problem]
    return name, f"{len(findings) - len(broken)} of {len(findings)}", "; ".join(broken)


def _row(listed: ProviderStatus) -> tuple[str, ...]:
    provider = listed.provider
    key = " ".join(filter(None, [_key(listed), provider.key_url]))
    limits = ", ".join(f"{limit.calls} in {limit.seconds} s" for limit in provider.limits)
    terms = "; ".join(filter(None, [provider.terms.attribution, f"redistribution: {provider.terms.redistribution}", provider.terms.url]))
    databases = ", ".join(provider.databases)
    return provider.name, provider.title, databases, "no" if provider.problem else "yes", key, limits, _blocked(listed), terms


def _blocked(listed: ProviderStatus) -> str:
    until = max(filter(None, [listed.blocked_until, listed.open_until]), default=None)
    return f"{until:%Y-%m-%d %H:%M:%S}" + (" (does not answer)" if until == listed.open_until else "") if until else ""


def _document(listed: ProviderStatus) -> dict[str, Any]:
    provider = listed.provider
    return {
        "name": provider.name,
        "title": provider.title,
        "databases": provider.databases,
        "ready": not provider.problem,
        "problem": provider.problem,
        "key": _key(listed),
        "key_url": provider.key_url,
        "limits": provider.limits,
        "concurrency": listed.concurrency,
        "blocked_until": listed.blocked_until,
        "circuit": listed.circuit,
        "open_until": listed.open_until,
        "gates": provider.gates,
        "terms": provider.terms,
    }


def _key(listed: ProviderStatus) -> str:
    if listed.provider.key_needed:
        return "needed"
    return "optional" if listed.provider.key_url else "none"
