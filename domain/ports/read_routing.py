"""Where the reads of a request go, if the store has a replica beside its primary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

#: Has a token in responses and webhooks' messages; a request that sends the last one back is shown nothing older.
CONSISTENCY_HEADER = "Lanner-Consistency-Token"


class ReplicaState(StrEnum):
    """
    Whether the replica is read, and why not.

    Behind: it lacks what clients have been shown. Promoted: it is no standby, but a primary. Unrelated: it belongs to another primary.
    """

    OK = "ok"
    STARTING = "starting"
    UNREACHABLE = "unreachable"
    BEHIND = "behind"
    PROMOTED = "promoted"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaStatus:
    """
    The replica as this process sees it.

    Attributes:
        primary_reachable: None before it was first looked.
        lag_bytes, lag_seconds: how far it is behind the primary; None where that is not known.
        fallbacks: how many reads went to the primary in place of the replica, in all processes on this machine, by reason.

    """

    state: ReplicaState
    primary_reachable: bool | None
    lag_bytes: int | None
    lag_seconds: float | None
    fallbacks: Mapping[str, int]


class ReadRouting(Protocol):
    """
    Sends the reads of a request to the replica or to the primary, all of them to the same.

    Whichever it is, they never show an older state than the process has shown before, or than the request's token stands for.
    """

    def begin(self, token: str, *, at_primary: bool) -> None:
        """
        Begin a request in this thread.

        Args:
            token: of an answer that the client has got; empty if it sends none.
            at_primary: whether all its reads go to the primary.

        Raises:
            InvalidInput: it is no token.

        """
        ...

    def begin_again(self) -> bool:
        """Have the request's further reads go to the primary; return whether earlier ones went to the replica."""
        ...

    def end(self) -> str:
        """
        Return a token of everything that the request has read or written; empty if that is nothing.

        What it reads from here on, for a body that is written while it is sent, may change servers.
        """
        ...

    def status(self) -> ReplicaStatus:
        """Return how the replica is."""
        ...
