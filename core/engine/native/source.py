"""The whole C++ file of compiled steps: what is handed over, the loop around a step, and what comes back."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torch.fx import GraphModule

from core.engine.native.arithmetic import KINDS
from core.engine.native.lowering import Lowering

_HEADERS = "steps.h", "images.h"
_FILE = """{header}
struct Rows {{
  {rows}
}};
{functions}
struct Room {{
  Rows rows;
  {rooms}
}};

extern "C" const int64_t batches = {batches};
extern "C" const int64_t given_count = {given_count};
extern "C" const int64_t given[] = {{{given}}};  // numbers of inputs, targets, knobs and each tensor
extern "C" int64_t room() {{ return sizeof(Room); }}

extern "C" void take(int64_t first, int64_t count, const void* inputs, const void* targets,
                     const float* knobs, void* const* tensors, const float* draws, float* losses,
                     void* scratch) {{
  const WithoutTinyNumbers here;
  Room* const room = static_cast<Room*>(scratch);
  Rows* const rows = &room->rows;
  {begin}
  for (int64_t n = 0; n < count; ++n) {{
    const {input}* const input = static_cast<const {input}*>(inputs) + (first + n) * {input_size};
    const {target}* const target = static_cast<const {target}*>(targets) + (first + n) * {target_size};
    const float* const knob = knobs + n * {knobs};
    const float* const drawn = draws + n * {drawn};
    {calls}
  }}
  {end}
}}
"""
_FUNCTION = """
extern "C" const int64_t {name}_count = {count};
extern "C" const int64_t {name}_sizes[] = {{{sizes}}};
extern "C" const double {name}_chances[] = {{{chances}}};

struct {name}_Arrays {{
  {arrays}
}};

static void {name}(Rows* const rows, void* const* const tensors, const {input}* const input,
                   const {target}* const target, const float* const knob, const float* const drawn,
                   float* const loss, {name}_Arrays* const at) {{
  {others}
  {lines}
}}
"""


class Row(NamedTuple):
    """Tensors that lie in one row of numbers."""

    size: int
    spans: Sequence[tuple[int, int]]
    """Of each tensor where in the row it begins, and how many numbers it has."""


class Part(NamedTuple):
    """A step with a batch of one size."""

    step: GraphModule
    """(*rows, *others, inputs, targets, knobs) -> (*rows, *others, loss)"""
    batch: Sequence[Tensor]
    """An example of its inputs, targets and knobs."""


class State(NamedTuple):
    """What steps read and change besides their batch."""

    rows: Sequence[Row]
    others: Sequence[Tensor]
    moved: Sequence[int]
    """The places of those others that change."""


def source(whole: Part, rest: Part | None, state: State, batches: int) -> str:
    """C++ with a function `take` that takes steps and changes tensors, and `room`, the bytes it works in.

    whole: a step with one of `batches` batches of an epoch. rest: one with what is left over, where there is
    some; it comes last. Raises Unsupported.
    """
    named = {"whole": whole, **({"rest": rest} if rest else {})}
    lowered = {name: _lowered(part, state) for name, part in named.items()}
    inputs, targets, knobs = whole.batch
    samples = batches * len(inputs) + (len(rest.batch[0]) if rest else 0)
    given = [samples * inputs[0].numel(), samples * targets[0].numel(), knobs.numel(),
             *(size for row in state.rows for _, size in row.spans),
             *(other.numel() for other in state.others)]
    call = "{0}(rows, tensors, input, target, knob, drawn, losses + n, &room->{0});"
    calls = f"if (first + n < {batches}) {call.format('whole')}"
    return _FILE.format(
        header="\n".join(Path(__file__).with_name(name).read_text() for name in _HEADERS),
        rows="\n  ".join(f"alignas(64) float row{number}[{row.size}];"
                         for number, row in enumerate(state.rows)),
        functions="".join(_function(name, named[name], lowered[name], state) for name in named),
        rooms="\n  ".join(f"{name}_Arrays {name};" for name in named), batches=batches,
        begin="\n  ".join(_copies(state.rows, back=False)), end="\n  ".join(_copies(state.rows, back=True)),
        input=KINDS[inputs.dtype], input_size=inputs.numel(), target=KINDS[targets.dtype],
        target_size=targets.numel(), knobs=knobs.numel(),
        given=", ".join(map(str, given)), given_count=len(given),
        drawn=sum(draw.size for draw in lowered["whole"].drawn.draws),
        calls=f"{calls} else {call.format('rest')}" if rest else calls)


def _lowered(part: Part, state: State) -> Lowering:
    rows = [f"rows->row{number}" for number in range(len(state.rows))]
    others = [f"other{number}" for number in range(len(state.others))]
    changed = [name if place in state.moved else "" for place, name in enumerate(others)]
    return Lowering(part.step, [*rows, *others, "input", "target", "knob"], [*rows, *changed, "loss"])


def _function(name: str, part: Part, lowered: Lowering, state: State) -> str:
    draws, (inputs, targets, _) = lowered.drawn.draws, part.batch
    before = sum(len(row.spans) for row in state.rows)
    return _FUNCTION.format(
        name=name, count=len(draws), sizes=", ".join(str(draw.size) for draw in draws) or "0",
        chances=", ".join(str(draw.chance) for draw in draws) or "0",
        arrays="\n  ".join(lowered.code.members), lines="\n  ".join(lowered.code.lines),
        input=KINDS[inputs.dtype], target=KINDS[targets.dtype],
        others="\n  ".join(f"{KINDS[other.dtype]}* const other{number} = static_cast<{KINDS[other.dtype]}*>"
                           f"(tensors[{before + number}]);" for number, other in enumerate(state.others)))


def _copies(rows: Sequence[Row], back: bool) -> list[str]:
    """Into the rows, or back into the tensors."""
    lines = [] if back else ["std::memset(rows, 0, sizeof *rows);"]
    spans = [(f"rows->row{number} + {start}", size) for number, row in enumerate(rows)
             for start, size in row.spans]
    for number, (place, size) in enumerate(spans):
        ends = (f"tensors[{number}]", place) if back else (place, f"tensors[{number}]")
        lines.append(f"std::memcpy({ends[0]}, {ends[1]}, {size} * sizeof(float));")
    return lines
