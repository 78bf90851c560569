"""API keys: what is kept of them, and how long they are good."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope, TokenForm
from domain.errors import InvalidApiKey, InvalidInput, KeyNotFound
from domain.use_cases.check_key import REVOKED_WITHIN_SECONDS, CheckKey
from domain.use_cases.manage_keys import ManageKeys
from tests.fakes import StoppedClock


def test_a_key_is_told_once_and_kept_as_a_digest() -> None:
    """The store holds nothing from which the text could be had."""
    store = MemoryStore()
    key, text = ManageKeys(store).create("script", [Scope.READ])

    assert CheckKey(store)(text) == key
    assert text.startswith(f"lnr_{key.id}_")
    assert text.split("_", 2)[2] not in repr(ManageKeys(store).list())
    assert ManageKeys(store).create("other", [Scope.READ])[1] != text


def test_a_key_of_freds_form() -> None:
    """It has 32 lower-case letters and digits, of which the first twelve are its id; no two are alike."""
    store = MemoryStore()
    key, text = ManageKeys(store).create("script", [Scope.READ], form=TokenForm.FRED)

    assert CheckKey(store)(text) == key
    assert re.fullmatch("[0-9a-z]{32}", text)
    assert text.startswith(key.id)
    assert len({ManageKeys(store).create("x", [Scope.READ], form=TokenForm.FRED)[1][12:] for _ in range(50)}) == 50


@pytest.mark.parametrize("form", TokenForm)
@pytest.mark.parametrize("wrong", ["", "ü", "{}x", "x{}", "{:.30}", "{:.31}0"])
def test_another_text_opens_nothing(wrong: str, form: TokenForm) -> None:
    """Neither another form nor a secret that is longer or cut."""
    store = MemoryStore()
    text = "0"
    while text.endswith("0"):
        _, text = ManageKeys(store).create("script", [Scope.READ], form=form)

    with pytest.raises(InvalidApiKey):
        CheckKey(store)(wrong.format(text))


def test_the_secret_counts_and_not_the_id_alone() -> None:
    """Another key's secret behind this key's id is refused."""
    store = MemoryStore()
    (first, text), (_, other) = (ManageKeys(store).create(name, [Scope.READ]) for name in ("a", "b"))

    with pytest.raises(InvalidApiKey):
        CheckKey(store)(text[: len(f"lnr_{first.id}_")] + other[len(f"lnr_{first.id}_") :])


def test_a_key_expires() -> None:
    """After its days it is refused."""
    clock = StoppedClock()
    store = MemoryStore(clock=clock)
    _, text = ManageKeys(store).create("script", [Scope.READ], days=1)
    clock.time += timedelta(hours=23)
    assert CheckKey(store)(text).name == "script"
    clock.time += timedelta(hours=1)
    with pytest.raises(InvalidApiKey):
        CheckKey(store)(text)


def test_a_revoked_key_is_noticed_in_time() -> None:
    """A checker that has seen it good asks again before five seconds have passed."""
    store, moments = MemoryStore(), [100.0]
    check = CheckKey(store, lambda: moments[0])
    key, text = ManageKeys(store).create("script", [Scope.READ])
    check(text)
    ManageKeys(store).revoke(key.id)
    moments[0] += REVOKED_WITHIN_SECONDS

    with pytest.raises(InvalidApiKey):
        check(text)


def test_a_key_that_was_shown_before_is_looked_up_by_its_id() -> None:
    """It is active until it is revoked or expires; no id of another form or of nobody is."""
    store, moments = MemoryStore(), [0.0]
    key, _ = ManageKeys(store).create("page", [Scope.READ])
    check = CheckKey(store, lambda: moments[0])

    assert check.active(key.id) == key
    ManageKeys(store).revoke(key.id)
    moments[0] += REVOKED_WITHIN_SECONDS
    for name in (key.id, "", "0" * 12):
        with pytest.raises(InvalidApiKey):
            check.active(name)


def test_whether_a_key_opens_anything() -> None:
    """Keys that have expired or were revoked open nothing, however many there are."""
    time = datetime(2024, 3, 1, tzinfo=UTC)
    keys = ManageKeys(MemoryStore(clock=lambda: time))
    assert not keys.has_active()

    keys.create("a day", [Scope.READ], days=1)
    revoked, _ = keys.create("revoked", [Scope.READ])
    keys.revoke(revoked.id)
    assert keys.has_active()

    time += timedelta(days=1)
    assert not keys.has_active()


def test_revoking_twice_keeps_the_first_time() -> None:
    """It is no error; a key that there is not is one."""
    clock = StoppedClock()
    keys = ManageKeys(MemoryStore(clock=clock))
    key, _ = keys.create("script", [Scope.READ])
    first = keys.revoke(key.id).revoked_at
    clock.time += timedelta(days=1)

    assert keys.revoke(key.id).revoked_at == first
    with pytest.raises(KeyNotFound):
        keys.revoke("0" * 12)


@pytest.mark.parametrize(("name", "scopes"), [("", [Scope.READ]), ("x" * 101, [Scope.READ]), ("a\nb", [Scope.READ]), ("script", [])])
def test_what_makes_no_key(name: str, scopes: list[Scope]) -> None:
    """A key has a short name and at least one scope."""
    with pytest.raises(InvalidInput):
        ManageKeys(MemoryStore()).create(name, scopes)
