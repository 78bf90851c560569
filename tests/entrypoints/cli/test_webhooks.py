"""``lanner webhooks``."""

from __future__ import annotations

import pytest

from adapters.memory.webhook_sender import RecordingSender
from domain.errors import InvalidInput, WebhookNotFound, WebhookSecretMissing
from domain.use_cases import UseCases
from domain.webhooks.delivery import Reply
from domain.webhooks.events import EventType
from entrypoints.cli.follow import follow
from entrypoints.cli.tables import when
from entrypoints.cli.webhooks import webhooks
from tests.builders import NOBODY, memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource

URL = "https://receiver.example/hook"


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def use_cases(sender: RecordingSender) -> UseCases:
    return memory_use_cases({"canned": CannedSource()}, sender=sender)


def test_one_is_added_listed_and_removed(run: Run, use_cases: UseCases) -> None:
    """The secret alone is on standard output, so that it can go into a file; the list does not have it."""
    added = run(use_cases, webhooks, f"add {URL} --event fetch.failed --event vintage.created --only canned:X/* --threshold 2.5")
    (webhook,) = use_cases.manage_webhooks.list()
    listed = run(use_cases, webhooks, "list").stdout
    removed = run(use_cases, webhooks, f"remove {webhook.id}")

    assert added.stdout.startswith("whsec_")
    assert len(added.stdout.splitlines()) == 1
    assert str(webhook.id) in added.stderr
    assert (webhook.events, str(webhook.selector), webhook.threshold) == (
        {EventType.FETCH_FAILED, EventType.VINTAGE_CREATED},
        "canned:X/*",
        2.5,
    )
    assert listed == f"{webhook.id}  {URL}\n  events        fetch.failed vintage.created\n  only          canned:X/*\n"
    assert "whsec_" not in listed
    assert removed.stdout == f"Webhook {webhook.id} is removed.\n"
    assert use_cases.manage_webhooks.list() == []


def test_all_events_are_the_default(run: Run, use_cases: UseCases) -> None:
    """Of all series."""
    run(use_cases, webhooks, f"add {URL}")
    (webhook,) = use_cases.manage_webhooks.list()

    assert (webhook.events, webhook.selector) == (set(EventType), None)
    assert run(use_cases, webhooks, "list").stdout == f"{webhook.id}  {URL}\n  events        all\n"


def test_the_list_is_written_for_reading(run: Run, use_cases: UseCases) -> None:
    """A paragraph for each webhook, in lines of at most 80 characters."""
    run(use_cases, webhooks, f"add {URL} " + " ".join(f"--event {event}" for event in list(EventType)[:-1]))
    run(use_cases, webhooks, f"add {URL}/2")
    lines = run(use_cases, webhooks, "list").stdout.splitlines()

    assert [line for line in lines if line.endswith(("hook", "hook/2"))] == [lines[0], lines[lines.index("") + 1]]
    assert max(map(len, lines)) <= 80


def test_the_list_says_what_is_tried_again_and_what_is_stopped(run: Run) -> None:
    """The next attempt at a receiver that does not answer; of a stopped webhook the reason instead."""
    sender = RecordingSender(answer=lambda *_: Reply(None, "It could not be reached."))
    use_cases = memory_use_cases({"canned": CannedSource()}, sender=sender)
    run(use_cases, webhooks, f"add {URL}")
    run(use_cases, follow, "X/A")
    use_cases.deliver_events()
    waits = run(use_cases, webhooks, "list").stdout
    (webhook,) = use_cases.manage_webhooks.list()
    use_cases.manage_webhooks.change(webhook.id, {"enabled": False})
    stopped = run(use_cases, webhooks, "list").stdout

    assert f"  next attempt  {when(webhook.retry_at)}\n" in waits
    assert "next attempt" not in stopped
    assert "  disabled      It was stopped by a request.\n" in stopped


def test_one_is_tried(run: Run, use_cases: UseCases, sender: RecordingSender) -> None:
    """The command says what came back, and fails if the message was not accepted."""
    run(use_cases, webhooks, f"add {URL}")
    (webhook,) = use_cases.manage_webhooks.list()
    good = run(use_cases, webhooks, f"test {webhook.id}")
    sender.answer = lambda *_: Reply(None, "It could not be reached.")
    bad = run(use_cases, webhooks, f"test {webhook.id}")

    assert good.stdout == f"{sender.sent[0][1]['webhook-id']}: It answered 204.\n"
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert bad.stdout.endswith(": It could not be reached.\n")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("add http://example.org", InvalidInput),
        (f"add {URL} --only nonsense", InvalidInput),
        (f"add {URL} --threshold 0", InvalidInput),
        (f"test {NOBODY}", WebhookNotFound),
        (f"remove {NOBODY}", WebhookNotFound),
    ],
)
def test_what_is_wrong_is_told(run: Run, use_cases: UseCases, line: str, error: type[Exception]) -> None:
    """By the domain's error; nothing is added."""
    assert isinstance(run(use_cases, webhooks, line).exception, error)
    assert use_cases.manage_webhooks.list() == []


def test_without_a_master_secret(run: Run) -> None:
    """The error names the setting."""
    failed = run(memory_use_cases({}, webhook_secret=""), webhooks, f"add {URL}").exception

    assert isinstance(failed, WebhookSecretMissing)
    assert "LANNER_WEBHOOK_SECRET" in failed.message
