"""Protects what is put on the disk: whole or not there, and safe when power is cut."""

import os

import pytest

from core import disk


@pytest.fixture
def synced(monkeypatch):
    """The inodes that were synced."""
    found: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (found.append(os.fstat(handle).st_ino), sync(handle)))
    return found


def test_a_new_folder_and_those_above_it_are_safe_where_they_lie(tmp_path, synced):
    disk.make_folder(tmp_path / "one" / "two")
    assert synced == [(tmp_path / "one").stat().st_ino, tmp_path.stat().st_ino]
    synced.clear()
    disk.make_folder(tmp_path / "one" / "two")
    assert synced == []


def test_a_file_is_safe_before_it_has_its_name_and_its_name_after(tmp_path, synced):
    disk.place(tmp_path / "file", lambda new: new.write_text("all of it"))
    assert synced == [(tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino]


def test_what_breaks_in_between_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path):
    (tmp_path / "file").write_text("before")

    def breaks(new):
        new.write_text("half")
        raise OSError(28, "no room")

    with pytest.raises(OSError, match="no room"):
        disk.place(tmp_path / "file", breaks)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "before"
