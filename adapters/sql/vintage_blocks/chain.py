"""
Chains: states stored as a snapshot and a few deltas.

Each vintage that is not a snapshot has a step, one more than that of the vintage known just before it, and builds on the
vintage of that chain whose step is its own with the lowest set bit cleared. So any state is at most ten blocks away.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime

from adapters.sql.vintage_blocks.codec import Block, encode
from domain.deltas import Step, difference, replay
from domain.observations import Observations
from domain.vintages import Vintage

MAX_STEP = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """
    A stored vintage with the snapshot and deltas of its state.

    Attributes:
        numbers: of the vintages to fold, the snapshot first, this one last.
        parts: what each of them puts, drops and flags; the snapshot's rows have their flags.
        snapshot_bytes: length of the snapshot's payload.

    """

    vintage: Vintage
    step: int
    numbers: tuple[int, ...]
    parts: tuple[Step, ...]
    snapshot_bytes: int
    state: Observations

    def is_sound(self) -> bool:
        """Return whether the state matches the vintage's digest, rows and dates."""
        facts, state = self.vintage, self.state
        return state.digest().hex() == facts.digest and (len(state), state.first, state.last) == (facts.rows, facts.first, facts.last)

    def below(self, step: int) -> tuple[int, Observations]:
        """Return the length and state of the part of this chain on which a vintage of this step builds."""
        depth = (step & (step - 1)).bit_count() + 1
        return depth, self.state if depth == len(self.parts) else replay(self.parts[0].put, self.parts[1:depth])

    def grown(self, vintage: Vintage, step: int, part: Step, state: Observations) -> Chain:
        """Return the chain of a new vintage of this step that builds on this one."""
        depth = step.bit_count()
        return Chain(
            vintage=vintage,
            step=step,
            numbers=(*self.numbers[:depth], vintage.number),
            parts=(*self.parts[:depth], part),
            snapshot_bytes=self.snapshot_bytes,
            state=state,
        )


@dataclass(frozen=True, slots=True)
class PendingChains:
    """Chains that are not stored yet, in knowledge order."""

    chains: list[Chain] = field(default_factory=list)

    def add(self, chain: Chain) -> None:
        """Add the chain of the latest arrival."""
        insort(self.chains, chain, key=_known_at)

    def before(self, moment: datetime) -> Chain | None:
        """Return the last one known at a moment."""
        place = bisect_right(self.chains, moment, key=_known_at)
        return self.chains[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class Link:
    """A new vintage's block and chain."""

    block: Block
    chain: Chain


def link(vintage: Vintage, state: Observations, chain: Chain | None) -> Link:
    """Return a new vintage's link: a delta if that is possible and at most half a snapshot's size, else a snapshot."""
    step = chain.step + 1 if chain else MAX_STEP
    if chain and step < MAX_STEP:
        depth, base = chain.below(step)
        delta = difference(base, state)
        if delta:
            codec, payload = encode(*delta.step[:2], snapshot=False, flags=delta.step.flags)
            if 2 * len(payload) <= chain.snapshot_bytes:
                block = Block(vintage.number, step, chain.numbers[:depth], codec, payload)
                return Link(block, chain.grown(vintage, step, delta.step, state))
    return _snapshot(vintage, state)


def _snapshot(vintage: Vintage, state: Observations) -> Link:
    whole = Step(state, state.dates[:0])
    codec, payload = encode(state, whole.drop, snapshot=True)
    chain = Chain(
        vintage=vintage,
        step=0,
        numbers=(vintage.number,),
        parts=(whole,),
        snapshot_bytes=len(payload),
        state=state,
    )
    return Link(Block(vintage.number, 0, (), codec, payload), chain)


def _known_at(chain: Chain) -> datetime:
    return chain.vintage.known_at
