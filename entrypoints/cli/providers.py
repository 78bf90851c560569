"""``lanner providers``: the providers with their keys, limits and terms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

_HEADINGS = ("name", "title", "databases", "ready", "key", "limits", "blocked until", "terms")

if TYPE_CHECKING:
    from domain.providers import Finding, Provider
    from domain.use_cases.list_providers import ProviderStatus
    from entrypoints.cli.session import Session


_UNBLOCK = "unblock"


@click.command
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one provider a line."
)
@click.option("--check", is_flag=True, help="Check each against the rules for providers; exits with 1 if one is broken.")
@click.option("--online", is_flag=True, help="With --check: also fetch the examples of configured providers over the network.")
@click.pass_obj
def providers(session: Session, *, names: tuple[str, ...], form: str, check: bool, online: bool) -> None:
    """
    List the providers: whether they can be used, their API keys, limits and terms.

    With NAME, only these providers, with all that is known of them. `lanner providers unblock NAME` calls one again that asked for a
    pause or did not answer.
    """
    if names[:1] == (_UNBLOCK,):
        if len(names) == 1:
            raise click.UsageError("Missing the NAME of the provider to unblock.")
        _unblock(session, names[1:])
        return
    if check or online:
        _check(session, names, form, online=online)
        return
    from entrypoints.cli.tables import print_json, terminal_width

    found = session.use_cases().list_providers(names)
    if form == "json":
        for listed in found:
            print_json(_document(listed))
    elif terminal_width() is None:
        _print_all(found)
    elif names:
        _print_each(found)
    else:
        _print_overview(found)


def _unblock(session: Session, names: Sequence[str]) -> None:
    """Call providers again, though they asked for a pause or did not answer; what waits for them begins."""
    from entrypoints.cli.operator import bind_operator
    from entrypoints.cli.tables import say

    bind_operator()
    for name in names:
        lifted = session.use_cases().unblock_provider(name)
        until = _blocked(lifted.before)
        said = f"{name} was blocked until {until} and is called again." if until else f"{name} was not blocked."
        waited = f" {lifted.fetches} waiting fetch{'es are' if lifted.fetches > 1 else ' is'} due now." if lifted.fetches else ""
        say(said + waited)


def _print_all(found: Sequence[ProviderStatus]) -> None:
    from entrypoints.cli.tables import print_table

    print_table(_HEADINGS, map(_row, found))
    _print_problems([listed.provider for listed in found])


def _print_overview(found: Sequence[ProviderStatus]) -> None:
    """Print what fits on a terminal; all facts of twenty providers are hundreds of lines there."""
    from entrypoints.cli.tables import print_table, say

    rows = [(each.provider.name, each.provider.title, _ready(each), _key(each), ", ".join(each.provider.databases)) for each in found]
    print_table(("name", "title", "ready", "key", "databases"), rows, wraps=("title", "databases"), spare=("databases",))
    _print_problems([listed.provider for listed in found])
    blocked = [(each.provider.name, _why_blocked(each)) for each in found if _blocked(each)]
    if blocked:
        click.echo("\nLeft alone for now:")
        print_table(("name", "reason"), blocked, wraps=("reason",), has_heading=False)
    click.echo()
    say("`lanner providers NAME` shows limits and terms, and where a key is had.")


def _print_each(found: Sequence[ProviderStatus]) -> None:
    from entrypoints.cli.tables import print_facts

    for number, listed in enumerate(found):
        if number:
            click.echo()
        name, *facts = _row(listed)
        print_facts(name, dict(zip(_HEADINGS[1:], facts, strict=True)) | {"not ready": listed.provider.problem})


def _print_problems(found: Sequence[Provider]) -> None:
    """Print below the table, whose lines would get too long, why providers cannot be used."""
    from entrypoints.cli.tables import print_table

    waiting = [(provider.name, provider.problem) for provider in found if provider.problem]
    if waiting:
        click.echo("\nNot ready:")
        print_table(("name", "reason"), waiting, wraps=("reason",), has_heading=False)


def _check(session: Session, names: Sequence[str], form: str, *, online: bool) -> None:
    from entrypoints.cli.tables import print_json, print_table

    found = session.use_cases().check_providers(names, online=online)
    if form == "json":
        for name, findings in found.items():
            print_json({"name": name, "findings": findings})
    else:
        print_table(("name", "kept", "broken"), [_score(name, findings) for name, findings in found.items()], wraps=("broken",))
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
    return provider.name, provider.title, databases, _ready(listed), key, limits, _blocked(listed), terms


def _ready(listed: ProviderStatus) -> str:
    return "no" if listed.provider.problem else "yes"


def _why_blocked(listed: ProviderStatus) -> str:
    until = _blocked(listed).partition(" (")[0]
    return f"It does not answer; until {until}" if listed.open_until else f"It asked for no calls until {until}"


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
