"""The command line: `python -m core`. Exit 0 done, 1 broken, 2 invalid input, 3 diverged, 130 stopped."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core.catalog.all import CATALOGUES
from core.command import taking, telling, training
from core.command.words import BROKEN, INVALID, STOPPED, Arguments
from core.export import ways
from core.problems import Problems, StoreTrouble
from core.runtime import paths
from core.store.trouble import NoSuchRun


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say; the exit status."""
    arguments = _parser().parse_args(words)
    action: Callable[[Arguments], int] = arguments.action
    try:
        return action(arguments)
    except Problems as refused:
        print("\n".join(str(problem) for problem in refused.problems), file=sys.stderr)
    except NoSuchRun as unknown:
        print(unknown, file=sys.stderr)
    except StoreTrouble as trouble:
        print(trouble, file=sys.stderr)
        return BROKEN
    except KeyboardInterrupt:
        return STOPPED
    return INVALID


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m core", description="Train networks described as JSON.")
    actions = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, action: Callable[[Arguments], int], help: str) -> argparse.ArgumentParser:
        command = actions.add_parser(name, help=help, description=help)
        command.set_defaults(action=action)
        command.add_argument("--json", action="store_true", help="answer as JSON")
        command.add_argument(
            "--store", type=Path, default=paths.store(), help="folder of the runs (%(default)s)"
        )
        return command

    for name, action, help in (
        ("train", training.train, "queue a run, print what it tells, wait for its end"),
        ("check", telling.shapes, "say what is wrong with an experiment, or its shapes"),
    ):
        command = add(name, action, help)
        command.add_argument("file", help="an experiment file; - reads standard input")
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="PATH=VALUE",
            dest="sets",
            help="change one value: training.optimizer.learning_rate=0.1",
        )
    choosing = add("list", telling.choices, "what can be chosen")
    choosing.add_argument("what", choices=[*CATALOGUES, "templates"])
    add("template", telling.ready_made, "print a ready-made experiment").add_argument("name")
    add("runs", telling.runs, "every run, newest first")
    resuming = add("resume", training.resume, "have an interrupted run go on, and print what it tells")
    resuming.add_argument("run", type=int)
    replaying = add("replay", training.replay, "train a run again with what was changed by hand, and compare")
    replaying.add_argument("run", type=int)
    add("show", telling.one_run, "one run: state, scores, first losses").add_argument("run", type=int)
    exporting = add("export", taking.export, "take a run away, with proof that it is the same")
    exporting.add_argument("run", type=int)
    exporting.add_argument("--to", required=True, choices=ways.kinds(), help=", ".join(ways.kinds()))
    exporting.add_argument("-o", "--output", type=Path, required=True, metavar="PATH")
    predicting = add("predict", taking.predict, "what a run's network says of samples in a file")
    predicting.add_argument("run", type=int)
    predicting.add_argument("--input", type=Path, required=True, metavar="FILE",
                            help="CSV with the data set's columns; JSON: numbers or a text per sample; "
                                 "or .txt: a text per line")
    serving = add("serve", taking.serve, "answer over HTTP what a run's network says, on this machine only")
    serving.add_argument("run", type=int)
    serving.add_argument("--port", type=int, default=8700, help="0 takes a free one (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
