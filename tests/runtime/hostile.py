"""Run as a process of its own: handles hostile input under an audit hook and prints what ran (PEP 578)."""

import json
import random
import struct
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from core.experiment import model
from core.experiment.templates import names, template
from core.problems import Problems, StoreTrouble
from core.records import Snapshot
from core.runtime import commands, locks, paths, requests
from core.runtime.desk import Desk
from core.store.catalog import Catalog
from tests.runtime.test_stream import BAD

FORBIDDEN = {
    "pickle.find_class", "marshal.loads", "marshal.load", "exec", "compile", "import", "subprocess.Popen",
    "os.system", "os.exec", "os.posix_spawn", "socket.connect", "ctypes.dlopen",
}
OWNED = "__import__('os').system('touch owned')"
WORDS = [OWNED, "{{7*7}}", "${x}", "../../etc/passwd", "\x00", "nan", "1e999", "", "é" * 99]
WRONG = [*WORDS, None, True, -1, 10**30, 1.5, [], {}, [[]], {"kind": "linear"}]
ROUNDS = 1500

chance = random.Random(7)


def mutated(value: Any) -> Any:
    """The same document with something wrong in one place."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        if chance.random() < 0.8:
            return {**value, key: mutated(value[key])}
        return {**value, chance.choice(WORDS): 1}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        return [*value[:place], mutated(value[place]), *value[place + 1 :]]
    return chance.choice(WRONG)


def handle(desk: Desk, text: str) -> None:
    """Answer a request as the live route does."""
    with suppress(Problems, StoreTrouble):
        request = requests.read(text)
        if not isinstance(request, requests.Watch | requests.Preview | requests.Look):
            desk.answer(request)


def everything(desk: Desk) -> None:
    """Requests, drafts, edits, commands and snapshots, all of them wrong somewhere."""
    for text in BAD:
        handle(desk, text)
    drafts = [model.write(template(name).experiment) for name in names()]
    for number in range(ROUNDS):
        draft = mutated(chance.choice(drafts))
        edit = {"kind": "set", "path": "network.hidden1.units", "value": chance.choice(WORDS)}
        handle(desk, json.dumps({"id": number, "do": "check", "draft": draft}))
        handle(desk, json.dumps(mutated({"id": number, "do": "edit", "draft": draft, "edit": edit})))
        handle(desk, json.dumps(mutated({"id": number, "do": "train", "draft": draft, "key": "k" * 9})))
        with suppress(Problems):
            commands.read(mutated({"kind": "set", "setting": "training.seed", "value": 1.0}))
    whole = Snapshot(1, 1, {"a": 1}, {}).pack()
    for _ in range(500):
        block = bytearray(whole)
        block[chance.randrange(len(block))] = chance.randrange(256)
        with suppress(ValueError, KeyError, TypeError, AttributeError, struct.error):
            Snapshot.unpack(bytes(block))


def main(store: Path, planted: bool) -> None:
    """Once to have everything imported, then again with the hook armed."""
    Catalog(store).close()
    lock = locks.take(paths.jobs_lock(store))  # so that no dispatcher is started
    assert lock is not None
    lock.sign(version=paths.code_version())
    seen: list[str] = []
    armed = False
    with closing(Desk(store)) as desk:
        everything(desk)
        sys.addaudithook(lambda event, said: seen.append(event) if armed and event in FORBIDDEN else None)
        armed = True
        if planted:
            eval("1")
        everything(desk)
        armed = False
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] == ["planted"])
