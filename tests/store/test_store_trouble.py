"""Protects what a person reads when the disk does not do what it should: one clear line with the way out."""

import errno
import os
import shutil

import apsw
import pytest

from core.events import StepsRecorded
from core.problems import StoreTrouble
from core.store import files
from core.store.catalog import Catalog
from core.store.database import Database, Plan
from core.store.reader import Reader
from core.store.trouble import NewerStore, StoreFull, StoreMissing
from core.store.writer import Writer


def one_clear_line(trouble: pytest.ExceptionInfo[StoreTrouble], *words: str) -> bool:
    text = str(trouble.value)
    return "\n" not in text and text.endswith(".") and all(word in text for word in words)


def test_a_store_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("I am no folder.")
    with pytest.raises(StoreTrouble) as trouble:
        Catalog(tmp_path / "file" / "store")
    assert one_clear_line(trouble, str(tmp_path), "Choose another store folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreTrouble) as trouble:
        Catalog(tmp_path / "store")
    tmp_path.chmod(0o700)
    assert one_clear_line(trouble, "cannot be written")


def test_a_store_that_is_not_there_is_not_made_by_those_who_must_find_it(tmp_path):
    with pytest.raises(StoreMissing) as trouble:
        Catalog(tmp_path / "store", create=False)
    assert one_clear_line(trouble, "is not there")
    assert not (tmp_path / "store").exists()


def test_a_store_of_a_later_version_is_refused_politely(tmp_path):
    Catalog(tmp_path).close()
    Writer(tmp_path).close()
    for name in (files.CATALOG, files.RUN):
        connection = apsw.Connection(str(tmp_path / name))
        connection.execute("PRAGMA user_version = 9")
        connection.close()
    for use in (lambda: Catalog(tmp_path), lambda: Writer(tmp_path), lambda: Reader(tmp_path).events()):
        with pytest.raises(NewerStore) as trouble:
            use()
        assert one_clear_line(trouble, "version 9", "reads up to ", "Update the app")


def test_a_damaged_file_is_called_damaged(tmp_path):
    (tmp_path / files.RUN).write_bytes(b"This was a database once. " * 100)
    with pytest.raises(StoreTrouble) as trouble:
        Reader(tmp_path).events()
    assert one_clear_line(trouble, "damaged")


def test_a_file_that_cannot_be_written_leaves_the_one_before_and_nothing_half(tmp_path):
    path = tmp_path / "answer.bin"
    files.put(path, b"before")

    def refuse(new):
        new.write_bytes(b"half")
        raise OSError(errno.EDQUOT, "Disk quota exceeded")
    with pytest.raises(StoreFull) as trouble:
        files.place(path, refuse)
    assert one_clear_line(trouble, "full", "Free some space")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"answer.bin": b"before"}
    assert path.stat().st_mode & 0o777 == 0o600, "for its owner's eyes only"


def test_an_older_store_is_led_to_the_version_of_today_once(tmp_path):
    path = tmp_path / files.CATALOG
    Database(path, Plan("catalog.sql")).close()
    today = Plan("catalog.sql", "ALTER TABLE runs ADD COLUMN colour TEXT",
                 "CREATE INDEX colours ON runs (colour)")
    for _ in range(2):
        base = Database(path, today)
        assert base.rows("SELECT colour FROM runs") == []
        assert base.row("PRAGMA user_version") == (3,)
        base.close()


def test_a_migration_that_breaks_leaves_the_version_before(tmp_path):
    path = tmp_path / files.CATALOG
    Database(path, Plan("catalog.sql")).close()
    with pytest.raises(apsw.SQLError):
        Database(path, Plan("catalog.sql", "ALTER TABLE runs ADD COLUMN colour TEXT; SELECT nonsense"))
    base = Database(path, Plan("catalog.sql"))
    assert base.row("PRAGMA user_version") == (1,)
    assert base.row("SELECT count(*) FROM pragma_table_info('runs') WHERE name = 'colour'") == (0,)
    base.close()


def test_a_full_disk_loses_nothing_stored_and_takes_more_when_there_is_room(small_disk):
    writer = Writer(small_disk)
    filler = small_disk / "filler"
    event, stored = StepsRecorded(steps=tuple(range(1, 501)), losses=(0.5,) * 500), 0

    def fill() -> None:
        nonlocal stored
        while True:
            writer.append(event)
            stored += 1

    for _ in range(3):
        filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free // 2))
        with pytest.raises(StoreFull) as trouble:
            fill()
        assert one_clear_line(trouble, "full", "Free some space")
        with pytest.raises(StoreFull):
            files.put(small_disk / "answer.bin", b"x" * 2_000_000)
        filler.unlink()
        writer.append(event)
        stored += 1
    writer.close()
    reader = Reader(small_disk)
    assert len(reader.events()) == stored
    assert reader.last_point() == stored * 500
    reader.close()
    base = apsw.Connection(str(small_disk / files.RUN))
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    base.close()
    assert {path.name for path in small_disk.glob(".*")} == set(), "nothing half-written is left"
