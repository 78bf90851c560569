"""The rows of docs/old-quandl-databases.md, as the table of old databases has them."""

from __future__ import annotations

from collections.abc import Iterator

from domain.old_databases import Answer, OldDatabase, old_databases


def answered_rows() -> Iterator[str]:
    for old in old_databases().values():
        if old.answers:
            answers = "<br>".join(_answer(old, answer) for answer in old.answers)
            columns = "<br>".join(dict.fromkeys(map(_columns, old.answers)))
            notes = "<br>".join(dict.fromkeys(filter(None, [*(answer.note for answer in old.answers), old.reason])))
            yield f"| {old.code} | {old.title} | {answers} | {columns} | {notes} |"


def unanswered_rows() -> Iterator[str]:
    for old in old_databases().values():
        if not old.answers:
            yield f"| {old.code} | {old.title} | {old.reason} |"


def _answer(old: OldDatabase, answer: Answer) -> str:
    return f"`{old.code}/{answer.example}`, `{answer.provider}`, `{answer.own_code(answer.example)}`"


def _columns(answer: Answer) -> str:
    lost = [name for name, own in answer.columns.items() if not own]
    without = f"; without {', '.join(lost)}" if lost else ""
    return f"{', '.join(answer.answered) or 'the provider’s own'}{without}"
