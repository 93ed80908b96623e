"""Commands that take a run away or put it to use."""

import csv
import sys

from core.command.words import BROKEN, DONE, Arguments, meant_run
from core.runtime import exports, follow


def export(arguments: Arguments) -> int:
    """Write a run to a file, and say what the check of it showed."""
    proof = exports.export(arguments.store, meant_run(arguments), arguments.to, arguments.output)
    print(follow.as_json(proof) if arguments.json else proof["said"])
    return DONE if proof["equal"] or proof["close"] else BROKEN


def serve(arguments: Arguments) -> int:
    """Answer over HTTP until interrupted."""
    from core.runtime.serve import serve as answer  # loads torch

    answer(arguments.store, meant_run(arguments), arguments.port, lambda line: print(line, flush=True))
    return DONE


def predict(arguments: Arguments) -> int:
    """Print what a run's network says of the samples in a file."""
    rows = exports.predict(arguments.store, meant_run(arguments), arguments.input)
    if arguments.json:
        print(follow.as_json(rows))
        return DONE
    from core.export.predict import table  # loads torch

    csv.writer(sys.stdout, lineterminator="\n").writerows(table(rows))
    return DONE
