from dataclasses import dataclass
from pathlib import Path

from segcli.datasets.packed_file import PackedFile, file_of, read_source
from segcli.datasets.record import MaskFile, Record


@dataclass(frozen=True)
class Part(PackedFile):
    def read(self) -> bytes:
        return self.key.encode()


PART = Part(Path("all.zip"), "a.png")


def test_a_packed_file_is_a_path_inside_its_container(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"b")
    assert PART.path == Path("all.zip/a.png")
    assert [read_source(source) for source in (PART, tmp_path / "b", b"c")] == [b"a.png", b"b", b"c"]
    assert [file_of(source) for source in (PART, tmp_path / "b", b"c")] == [Path("all.zip"), tmp_path / "b", None]


def test_it_says_no_more_than_that_it_can_be_read() -> None:
    assert (PART.grouped_as, PART.identity, PART.follows_container, PART.size) == (PART.path, PART.key, False, None)
    assert PART.stored_bytes() == len(b"a.png")


def test_records_know_the_files_on_disk_and_the_content() -> None:
    record = Record("a", PART.path, (MaskFile(PART.path, content=PART),), packed=(PART,))
    assert record.files == [Path("all.zip"), Path("all.zip")]
    assert record.image_sources == (PART,)
    assert (record.image_data(), record.masks[0].data()) == ([b"a.png"], b"a.png")
    several = Record("a", PART.path, more=(PART.path,), packed=(PART, PART))
    assert several.files == [Path(name) for name in several.file_names()] == [Path("all.zip")] * 2
    assert (several.image_sources, several.image_data()) == ((PART, PART), [b"a.png"] * 2)
    plain = Record("a", Path("a.png"), (MaskFile(Path("m.png")),))
    assert (plain.image_data(), plain.masks[0].data()) == (None, None)
