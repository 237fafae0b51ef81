"""What a bench of full-size models is made of, what each piece will take, and what fits.

A piece is timed in one go and written at once. Seconds are estimated from counted operations and
an assumed share of the matrix product's rate; once something was timed, by how that was off.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .runs import Part, Run

ARCHITECTURES = Path(__file__).parents[2] / "architectures"
RATE = 780.0  # TFLOP/s of a bf16 matrix product on an H200, until this machine's own is known
START = 25.0  # seconds: the libraries' import, the device's start, the matrix product
DEAR = 8.0  # seconds: a look at a network that takes longer comes after second rounds
OVERRUN = (1.0, 3.0)  # an estimate is not believed to be off by more, nor to be too long


@dataclass(frozen=True)
class Piece:
    """One timing of a run, or a look at a network (`part` is None)."""

    run: str
    network: str  # what must be built for it
    name: str
    value: int
    seconds: float
    part: Part | None = None

    @property
    def id(self) -> str:
        return f"{self.run}: {self.name}"


def architectures() -> dict[str, dict[str, Any]]:
    """What was published of each full-size model, by its file's name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(ARCHITECTURES.glob("*.json"))
    }


def finished(done: dict[str, Any]) -> set[str]:
    """The pieces that were timed; what failed, in words, is tried again."""
    return {id for id, took in done.items() if not isinstance(took, str)}


def flops(spec: dict[str, Any], counts: Iterable[int]) -> float:
    """TFLOP of one picture for each of these step counts, guidance and decoding included."""
    evaluation, decode = spec["tflop"]["evaluation"], spec["tflop"]["decode"]
    return sum(count * evaluation * rows_of(spec) + decode for count in counts)


def rows_of(spec: dict[str, Any]) -> int:
    """Rows of the denoiser's batch per picture: two where guidance runs a second pass."""
    return 2 if any(name.startswith("negative") for name in spec["embeds"]) else 1


def seconds(spec: dict[str, Any], run: Run, part: Part) -> float:
    """What a part takes at the assumed shares."""
    counts = (part.at,) if part.at else run.steps
    work = flops(spec, counts) * run.prompts * run.seeds
    return sum(work / (run.shares[way] * RATE) for way in part.ways)


def network_of(spec: dict[str, Any]) -> str:
    """Specs with one network are built once, under the name of their first."""
    return spec.get("network", "")


def pieces(specs: dict[str, dict[str, Any]], runs: dict[str, Run]) -> list[Piece]:
    """Everything there is to time, the most valuable first."""
    found = []
    for id, run in runs.items():
        spec = specs[run.architecture]
        network = network_of(spec) or run.architecture
        batch = spec["tflop"]["evaluation"] * run.width / (0.3 * RATE)
        seen: dict[tuple[Any, ...], int] = {}
        for part in run.parts:
            turn = seen[part.ways, part.at] = seen.get((part.ways, part.at), 0) + 1
            name = " ".join([*part.ways, f"at {part.at}" if part.at else "", f"#{turn}"])
            took = seconds(spec, run, part)
            if part is run.parts[0] and network_of(spec):
                took += set_up(spec)  # its shapes are others than those of the network's first
            found.append(Piece(id, network, " ".join(name.split()), part.value, took, part))
        if run.pace:
            for name, took in (("techniques", 2 + 18 * batch), ("kernels", 4 + 4 * batch)):
                value = 3 if took < DEAR else 5
                found.append(Piece(id, network, name, value, took))
    return sorted(found, key=lambda piece: piece.value)


def set_up(spec: dict[str, Any]) -> float:
    """Seconds assumed until a network is built, warm and compiled."""
    return sum(spec["seconds"].values())


def chosen(
    todo: Sequence[Piece], specs: dict[str, dict[str, Any]], limit: float
) -> tuple[list[Piece], float]:
    """What fits the seconds, the most valuable first; and the seconds of that."""
    total, built, kept = START, set(), []
    for piece in todo:
        more = piece.seconds
        if piece.network not in built:
            more += set_up(specs[piece.network])
        if total + more <= limit:
            total += more
            built.add(piece.network)
            kept.append(piece)
    return kept, total


def in_order(kept: Sequence[Piece]) -> list[Piece]:
    """Network by network, that of the most valuable piece first; within one by value."""
    networks = list(dict.fromkeys(piece.network for piece in kept))
    return sorted(kept, key=lambda piece: (networks.index(piece.network), piece.value))


def plan(
    specs: dict[str, dict[str, Any]],
    runs: dict[str, Run],
    limit: float,
    done: Container[str] = (),
) -> str:
    """The plan as lines: what is timed in which order, its seconds, and what is left out."""
    todo = [piece for piece in pieces(specs, runs) if piece.id not in done]
    kept, total = chosen(todo, specs, limit)
    lines = [f"{START:7.1f} s  start: libraries, device, the matrix product's rate"]
    network = ""
    for piece in in_order(kept):
        if piece.network != network:
            network = piece.network
            lines.append(f"{set_up(specs[network]):7.1f} s  {network}: build, warm up, compile")
        lines.append(f"{piece.seconds:7.1f} s  {piece.id}")
    lines.append(f"{total:7.1f} s  in all, of {limit:.0f}")
    lines += [
        f"left out  {piece.id} ({piece.seconds:.1f} s)" for piece in todo if piece not in kept
    ]
    return "\n".join(lines)
