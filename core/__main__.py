"""The command line: `python -m core`. Exit 0 done, 1 broken, 2 invalid input, 3 diverged, 130 stopped."""

import argparse
import contextlib
import csv
import json
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from core.catalog.all import CATALOGUES, described
from core.catalog.metrics import compared
from core.events import (
    Continued,
    Diverged,
    Event,
    Failed,
    Finished,
    Started,
    Stopped,
    TurboChanged,
    Validated,
)
from core.experiment import edits, model
from core.experiment.check import check, steps_per_epoch, walk
from core.experiment.templates import names, template
from core.export import ways
from core.problems import Problem, Problems, StoreTrouble
from core.records import Run, RunState
from core.runtime import client, exports, follow, paths, replaying
from core.store import files
from core.store.catalog import Catalog
from core.store.reader import Reader
from core.store.trouble import NoSuchRun

DONE, BROKEN, INVALID, DIVERGED, STOPPED = 0, 1, 2, 3, 130
_ENDS = {RunState.FINISHED: DONE, RunState.STOPPED: STOPPED, RunState.DIVERGED: DIVERGED}

Arguments = argparse.Namespace


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
        ("train", _train, "queue a run, print what it tells, wait for its end"),
        ("check", _check, "say what is wrong with an experiment, or its shapes"),
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
    add("list", _list, "what can be chosen").add_argument("what", choices=[*CATALOGUES, "templates"])
    add("template", _template, "print a ready-made experiment").add_argument("name")
    add("runs", _runs, "every run, newest first")
    resuming = add("resume", _resume, "have an interrupted run go on, and print what it tells")
    resuming.add_argument("run", type=int)
    add("replay", _replay, "train a run again with what was changed by hand, and compare").add_argument(
        "run", type=int)
    add("show", _show, "one run: state, scores, first losses").add_argument("run", type=int)
    exporting = add("export", _export, "take a run away, with proof that it is the same")
    exporting.add_argument("run", type=int)
    exporting.add_argument("--to", required=True, choices=ways.kinds(), help=", ".join(ways.kinds()))
    exporting.add_argument("-o", "--output", type=Path, required=True, metavar="PATH")
    predicting = add("predict", _predict, "what a run's network says of samples in a file")
    predicting.add_argument("run", type=int)
    predicting.add_argument("--input", type=Path, required=True, metavar="FILE",
                            help="CSV with the data set's columns; JSON: numbers or a text per sample; "
                                 "or .txt: a text per line")
    serving = add("serve", _serve, "answer over HTTP what a run's network says, on this machine only")
    serving.add_argument("run", type=int)
    serving.add_argument("--port", type=int, default=8700, help="0 takes a free one (%(default)s)")
    return parser


def _train(arguments: Arguments) -> int:
    experiment = _experiment(arguments)
    check(experiment)
    staying = client.stay(arguments.store)
    try:
        run = client.submit(
            arguments.store,
            model.write(experiment),
            experiment.name,
            str(uuid.uuid4()),
            None,
            compared(experiment.data.task).kind,
        )
        _follow(arguments, run)
        return _said_end(arguments, run)
    finally:
        staying.end()


def _replay(arguments: Arguments) -> int:
    staying = client.stay(arguments.store)
    try:
        run = replaying.replay(arguments.store, arguments.run, str(uuid.uuid4()))
        _follow(arguments, run)
        points, differ = replaying.differences(arguments.store, arguments.run, run)
        if not arguments.json:
            print(f"{points - differ:,} of {points:,} points are equal to the last digit.")
        return _said_end(arguments, run)
    finally:
        staying.end()


def _resume(arguments: Arguments) -> int:
    with contextlib.closing(Reader(files.run_folder(arguments.store, arguments.run))) as reader:
        told = reader.last_number()
    client.resume(arguments.store, arguments.run)
    staying = client.stay(arguments.store)
    try:
        _follow(arguments, arguments.run, told)
        return _said_end(arguments, arguments.run)
    finally:
        staying.end()


def _follow(arguments: Arguments, run: int, after: int = 0) -> None:
    """Print a run's events after the number `after` until it is over.

    An interrupt stops the run; a second one leaves at once.
    """
    with _interrupted() as interrupted:
        def heed() -> None:
            if interrupted.is_set():
                interrupted.clear()
                _stop(arguments.store, run)
                print("Stopping the run. Press Ctrl+C again to leave at once.", file=sys.stderr, flush=True)

        for event in follow.events(arguments.store, run, heed, after):
            _print(arguments, event)


@contextlib.contextmanager
def _interrupted() -> Generator[threading.Event]:
    """Set by the first interrupt, which so never cuts a line that is being printed; the next one raises."""
    seen = threading.Event()

    def note(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        seen.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _print(arguments: Arguments, event: Event) -> None:
    line = event.model_dump_json() if arguments.json else _line(event)
    if line:
        print(line, flush=True)


def _stop(store: Path, run: int) -> None:
    catalog = Catalog(store, create=False)
    try:
        with contextlib.suppress(StoreTrouble):  # it ended by itself meanwhile
            catalog.command(run, {"kind": "stop"})
    finally:
        catalog.close()


def _said_end(arguments: Arguments, run: int) -> int:
    catalog = Catalog(arguments.store, create=False)
    try:
        row = catalog.run(run)
    finally:
        catalog.close()
    if arguments.json:
        print(follow.as_json(follow.told(arguments.store, row)))
    elif row.reason:
        print(row.reason, file=sys.stderr)
    return _ENDS.get(row.state, BROKEN)


def _line(event: Event) -> str:
    """An event for a person; nothing for what is only for charts."""
    match event:
        case Started():
            return f"{event.parameters:,} parameters on {event.device_name}, threads: {event.threads}"
        case Continued():
            steps = f" (steps to {event.step + event.again} were taken again)" if event.again else ""
            return f"goes on exactly from step {event.step}{steps}" if event.exact else (
                f"goes on from step {event.step}{steps}. {event.why}")
        case Validated():
            return f"epoch {event.epoch:>5}  step {event.step:>7}  {_scores(event.scores)}"
        case Finished() | Stopped():
            return f"{event.type} after {event.seconds:.1f} s of training  test: {_scores(event.test)}"
        case Diverged():
            return f"diverged at step {event.step}: the loss was {event.loss}"
        case Failed():
            return event.what
        case TurboChanged():
            return _turbo(event)
        case _:
            return ""


def _turbo(event: TurboChanged) -> str:
    match event.state:
        case "compiling":
            return f"turbo: compiling beside the run, from step {event.step}"
        case "on":
            return (f"turbo: on from step {event.step}, {event.gain:.1f} times as fast, {event.steps} steps "
                    f"at once (compiled in {event.seconds:.0f} s)")
        case "off":
            return f"turbo: off. {event.reason}"


def _scores(scores: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in scores.items())


def _check(arguments: Arguments) -> int:
    experiment = _experiment(arguments)
    walked = walk(experiment)
    if walked.problems:
        raise Problems(*walked.problems)
    facts = {
        "parameters": sum(walked.parameters.values()),
        "steps_per_epoch": steps_per_epoch(experiment),
        "shapes": {id: list(shape.sizes) for id, shape in walked.shapes.items()},
    }
    if arguments.json:
        print(follow.as_json(facts))
    else:
        for id, shape in walked.shapes.items():
            print(f"{id:<20} {shape!s:<14} {walked.parameters.get(id, 0):>9,} parameters")
        print(f"{'all':<20} {'':<14} {facts['parameters']:>9,} parameters")
    return DONE


def _list(arguments: Arguments) -> int:
    rows: list[dict[str, Any]]
    if arguments.what == "templates":
        ready = [template(name) for name in names()]
        rows = [
            {"name": one.name, "title": one.title, "what": one.what, "try_this": one.try_this}
            for one in ready
        ]
    else:
        rows = [described(entry) for entry in CATALOGUES[arguments.what]]
    if arguments.json:
        print(follow.as_json(rows))
    else:
        for row in rows:
            print(f"{row.get('kind', row.get('name')):<18} {row.get('help', row.get('what'))}")
    return DONE


def _template(arguments: Arguments) -> int:
    print(json.dumps(model.write(template(arguments.name).experiment), indent=2, ensure_ascii=False))
    return DONE


def _runs(arguments: Arguments) -> int:
    catalog = Catalog(arguments.store)
    try:
        runs = catalog.runs()
    finally:
        catalog.close()
    if arguments.json:
        print(follow.as_json(runs))
        return DONE
    for run in runs:
        best = f"{run.metric} {run.best:.4g}" if run.best is not None else ""
        print(f"{run.id:>5}  {run.state:<12} {best:<20} {run.seconds:>8.1f} s  {run.name}")
    if not runs:
        print(
            "No runs yet. Start one: python -m core template two-spirals > spirals.json; "
            "python -m core train spirals.json"
        )
    return DONE


def _show(arguments: Arguments) -> int:
    catalog = Catalog(arguments.store)
    try:
        told = follow.told(arguments.store, catalog.run(arguments.run))
    finally:
        catalog.close()
    if arguments.json:
        print(follow.as_json(told))
        return DONE
    for name in ("id", "name", "state", "reason", "steps", "seconds", "metrics", "first_losses"):
        print(f"{name:<14} {told[name]}")
    return DONE


def _export(arguments: Arguments) -> int:
    proof = exports.export(arguments.store, _run(arguments), arguments.to, arguments.output)
    print(follow.as_json(proof) if arguments.json else proof["said"])
    return DONE if proof["equal"] or proof["close"] else BROKEN


def _serve(arguments: Arguments) -> int:
    from core.runtime import serve  # loads torch

    serve.serve(arguments.store, _run(arguments), arguments.port, lambda line: print(line, flush=True))
    return DONE


def _run(arguments: Arguments) -> Run:
    """The run that is meant. Raises NoSuchRun."""
    with contextlib.closing(Catalog(arguments.store)) as catalog:
        return catalog.run(arguments.run)


def _predict(arguments: Arguments) -> int:
    rows = exports.predict(arguments.store, _run(arguments), arguments.input)
    if arguments.json:
        print(follow.as_json(rows))
        return DONE
    from core.export.predict import table  # loads torch

    csv.writer(sys.stdout, lineterminator="\n").writerows(table(rows))
    return DONE


def _experiment(arguments: Arguments) -> model.Experiment:
    """The experiment of a file with the values set on the command line. Raises Problems."""
    if arguments.file == "-":
        raw = sys.stdin.buffer.read()
    else:
        try:
            raw = Path(arguments.file).read_bytes()
        except OSError as error:
            raise Problems(
                Problem(
                    where=arguments.file,
                    what=f"The file cannot be read ({error.strerror}).",
                    fix="Check its name.",
                )
            ) from None
    experiment = model.read(raw)
    for word in arguments.sets:
        path, _, value = word.partition("=")
        experiment = edits.apply(experiment, {"kind": "set", "path": path, "value": _value(value)})
    return experiment


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main())
