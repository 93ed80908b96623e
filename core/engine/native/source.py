"""The whole C++ file of compiled steps: what is handed over, the loop around a step, and what comes back."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torch.fx import GraphModule

from core.engine.native.arithmetic import KINDS
from core.engine.native.drawn import Draw
from core.engine.native.lowering import Lowering

_TEXT = """{header}
struct Arrays {{
  {arrays}
}};

extern "C" const int64_t draws_count = {count};
extern "C" const int64_t draws_sizes[] = {{{sizes}}};
extern "C" const float draws_chances[] = {{{chances}}};
extern "C" int64_t room() {{ return sizeof(Arrays); }}

extern "C" void take(int64_t first, int64_t count, const void* inputs, const void* targets,
                     const float* knobs, void* const* tensors, const float* draws, float* losses,
                     void* scratch) {{
  const WithoutTinyNumbers here;
  Arrays* const at = static_cast<Arrays*>(scratch);
  {begin}
  for (int64_t n = 0; n < count; ++n) {{
    {batch}
    {step}
  }}
  {end}
}}
"""


_HEADERS = "steps.h", "images.h"


class Row(NamedTuple):
    """Tensors that lie in one row of numbers."""

    size: int
    spans: Sequence[tuple[int, int]]
    """Of each tensor where in the row it begins, and how many numbers it has."""


def source(step: GraphModule, rows: Sequence[Row], others: Sequence[Tensor], moved: Sequence[int],
           batch: Sequence[Tensor]) -> str:
    """C++ with a function `take` that takes steps and changes tensors, and `room`, the bytes it works in.

    step: (*rows, *others, inputs, targets, knobs) -> (*rows, *others, loss). moved: the places of those
    others that change. batch: an example of one step's inputs, targets and knobs. Raises Unsupported.
    """
    row_names = [f"at->row{number}" for number in range(len(rows))]
    other_names = [f"other{number}" for number in range(len(others))]
    lowering = Lowering(step, [*row_names, *other_names, "input", "target", "knob"],
                        [*row_names, *(name if place in moved else "" for place, name
                                       in enumerate(other_names)), "loss"])
    arrays = [f"alignas(64) float row{number}[{row.size}];" for number, row in enumerate(rows)]
    header = "\n".join(Path(__file__).with_name(name).read_text() for name in _HEADERS)
    return _TEXT.format(header=header, arrays="\n  ".join([*arrays, *lowering.code.members]),
                        begin="\n  ".join([*_copies(rows, back=False), *_pointers(rows, others)]),
                        batch="\n    ".join([*_batch(batch), _drawn(lowering.drawn.draws)]),
                        count=len(lowering.drawn.draws),
                        sizes=", ".join(str(draw.size) for draw in lowering.drawn.draws) or "0",
                        chances=", ".join(str(draw.chance) for draw in lowering.drawn.draws) or "0", step="\n    ".join(lowering.code.lines),
                        end="\n  ".join(_copies(rows, back=True)))


def _copies(rows: Sequence[Row], back: bool) -> list[str]:
    """Into the rows, or back into the tensors."""
    lines, number = [] if back else [f"std::memset(at->row{place}, 0, sizeof at->row{place});"
                                     for place in range(len(rows))], 0
    for place, row in enumerate(rows):
        for start, size in row.spans:
            ends = f"at->row{place} + {start}", f"tensors[{number}]"
            to, origin = reversed(ends) if back else ends
            lines.append(f"std::memcpy({to}, {origin}, {size} * sizeof(float));")
            number += 1
    return lines


def _pointers(rows: Sequence[Row], others: Sequence[Tensor]) -> list[str]:
    before = sum(len(row.spans) for row in rows)
    return [f"{KINDS[other.dtype]}* const other{number} = static_cast<{KINDS[other.dtype]}*>"
            f"(tensors[{before + number}]);" for number, other in enumerate(others)]


def _batch(batch: Sequence[Tensor]) -> list[str]:
    """Where the numbers of this step are."""
    inputs, targets, knobs = batch
    lines = [f"const {KINDS[one.dtype]}* const {name} = static_cast<const {KINDS[one.dtype]}*>({name}s) "
             f"+ (first + n) * {one.numel()};" for name, one in (("input", inputs), ("target", targets))]
    return [*lines, f"const float* const knob = knobs + n * {knobs.numel()};",
            "float* const loss = losses + n;"]


def _drawn(draws: Sequence[Draw]) -> str:
    return f"const float* const drawn = draws + n * {sum(draw.size for draw in draws)};" if draws else ""
