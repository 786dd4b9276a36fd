import json
from pathlib import Path
from typing import Any

import pytest

from segcli.config.errors import ConfigError
from segcli.ledger.entry import SCHEMA, Entry, Figure, command, read_entries

CONTENT: dict[str, Any] = {
    "schema": SCHEMA,
    "experiment": ["experiments/a.yaml"],
    "overrides": ["--model.decoder", "UNet", "--data.x", "a b"],
    "experiment_hash": "0123456789abcdef",
    "val": {"mIoU": {"mean": 0.65, "sd": None, "n": 1}, "mDice": None},
    "test": None,
    "cost": {"parameters": 5},
    "data": {"splits": {}},
    "settings": {"data.batch_size": 8},
    "runs": [{"seed": 0, "deep": {"values": [1, 2], "more": {"a": 1}}, "long": ["x" * 40] * 4}],
}


def written(folder: Path, name: str, **changes: object) -> Path:
    (folder / "results").mkdir(exist_ok=True)
    path = folder / "results" / f"{name}.json"
    path.write_text(Entry(name, {**CONTENT, **changes}).text())
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    entry = Entry.read(written(tmp_path, "b"))
    assert (entry.name, entry.content) == ("b", CONTENT)
    assert entry.files == (Path("experiments/a.yaml"),)
    assert entry.figure() == Figure(0.65, None, 1)
    assert entry.figure("mDice") is None
    assert entry.figure(stage="test") is None


def test_a_figure_stands_in_one_line_and_nothing_is_too_wide() -> None:
    lines = Entry("b", CONTENT).text().splitlines()
    assert '    "mIoU": {"mean": 0.65, "sd": null, "n": 1},' in lines
    assert '  "experiment": ["experiments/a.yaml"],' in lines
    assert max(map(len, lines)) <= 110


def test_the_command_can_be_pasted() -> None:
    entry = Entry("b", CONTENT)
    assert entry.command == "python -m segcli fit -c experiments/a.yaml --model.decoder UNet --data.x 'a b'"
    assert command((Path("a.yaml"), Path("b.yaml"))) == "python -m segcli fit -c a.yaml -c b.yaml"


def test_entries_are_one_experiment_if_their_commands_are() -> None:
    entry = Entry("b", CONTENT)
    assert entry.is_of(Entry("c", {**CONTENT, "settings": {"data.batch_size": 16}}))
    assert not entry.is_of(Entry("b", {**CONTENT, "overrides": []}))


def test_every_file_that_is_no_result_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "good")
    written(tmp_path, "old", schema=0)
    written(tmp_path, "torn", settings=None, val=3)
    written(tmp_path, "empty", runs=[])
    (tmp_path / "results" / "broken.json").write_text('{"schema": 1')
    (tmp_path / "results" / "list.json").write_text(json.dumps([1]))
    with pytest.raises(ConfigError) as caught:
        read_entries(tmp_path)
    messages = [problem.message for problem in caught.value.problems]
    assert [message.split()[0] for message in messages] == [
        f"results/{name}.json" for name in ("broken", "empty", "list", "old", "torn")
    ]
    assert "is damaged: val got 3, expected a mapping; take it from git as it was" in messages[-1]
    assert "cannot be read" in messages[0]
    assert "experiment or runs missing" in messages[1]


def test_a_folder_without_results_has_no_entries(tmp_path: Path) -> None:
    assert read_entries(tmp_path) == []
