import json
from pathlib import Path

import pytest

from segcli.runs.passport import Passport
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_files import StoredFileError
from segcli.runs.stored_passport import SCHEMA, passport_of, read_passport, require_end


def test_a_passport_that_was_changed_is_refused_whichever_entry_it_was(tmp_path: Path) -> None:
    Passport(RunFolder(tmp_path), ["segcli", "fit"], 0, [], cost={"train_s": 1.0}).update("finished")
    file = tmp_path / "passport.json"
    whole = json.loads(file.read_text())
    assert read_passport(tmp_path) == whole
    for key in whole:
        file.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        with pytest.raises(StoredFileError, match="changed after the run wrote it"):
            read_passport(tmp_path)
    file.write_text(json.dumps({**whole, "cost": {"train_s": 2.0}}))
    with pytest.raises(StoredFileError, match="changed after the run wrote it"):
        read_passport(tmp_path)
    assert passport_of(RunFolder(tmp_path))["cost"] == {"train_s": 2.0}  # enough to resume


def test_entries_of_the_wrong_kind_are_named(tmp_path: Path) -> None:
    for entries, reason in [
        ({"cost": {"train_s": "long"}}, "cost.train_s got 'long', expected a number"),
        ({"data": {"classes": "a", "splits": {}}}, "data.classes got 'a', expected a list"),
        ({"seed": [0]}, "seed got"),
        ({"command": None}, "command got None, expected a list"),
    ]:
        (tmp_path / "passport.json").write_text(json.dumps(entries))
        with pytest.raises(StoredFileError, match=reason):
            read_passport(tmp_path)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"status": "running"}, r"did not finish \(running, or killed\)"),
        ({"status": "failed"}, r"did not finish \(failed\)"),
        ({"schema": 1, "segcli": "0.1"}, r"is of another version of segcli \(0\.1\)"),
        ({"data": {}}, "does not say what data it was trained on"),
    ],
)
def test_a_run_that_did_not_reach_its_end_says_why(entries: dict[str, object], reason: str) -> None:
    whole = {"status": "finished", "schema": SCHEMA, "data": {"classes": ["a", "b"]}}
    require_end(whole)
    with pytest.raises(StoredFileError, match=reason):
        require_end({**whole, **entries})
