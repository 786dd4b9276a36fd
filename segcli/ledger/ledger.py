"""The ledger: what the experiments of a folder measured, in files that are reviewed and committed beside them."""

import difflib
from pathlib import Path

from segcli.config.catalogue import describe
from segcli.config.discover import find_experiments
from segcli.config.errors import ConfigError, Problem
from segcli.config.library import installed
from segcli.ledger.entry import RESULTS, Entry, command, read_entries
from segcli.ledger.staleness import staleness
from segcli.ledger.table import BEGIN, END, PageError, Row, table, with_table

PAGE = "README.md"
_NEW_PAGE = f"# Experiments and what they measured\n\n{BEGIN}\n{END}\n"


class Ledger:
    """The recorded results of a folder of experiments.

    Args:
        folder: Of the experiments; results lie in ``results/``, their table in ``README.md``.

    Raises:
        ConfigError: If there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigError([Problem(f"no folder {folder}; --folder DIR names that of the experiments")])
        self.folder, self.page = folder, folder / PAGE

    def path(self, name: str) -> Path:
        """Return the file of a result."""
        return self.folder / RESULTS / f"{name}.json"

    def entries(self) -> list[Entry]:
        """Return the recorded results, by name.

        Raises:
            ConfigError: If a file in ``results/`` is none.
        """
        return read_entries(self.folder)

    def rows(self) -> list[Row]:
        """Return a row for every result, and for every experiment that has none as it stands."""
        library, entries = installed(), self.entries()
        found = {Path(library.files.show(path)): path for path in find_experiments(self.folder, library)}
        rows = []
        for file in sorted({*found, *(entry.files[0] for entry in entries)}):
            mine = sorted((e for e in entries if e.files[0] == file), key=lambda e: (bool(e.overrides), e.name))
            summary = describe(str(file), "experiments").summary if file.is_file() else ""
            if file in found and all(entry.overrides or len(entry.files) > 1 for entry in mine):
                rows.append(Row(file.stem, summary, command((file,))))
            rows += [Row(e.name, summary, e.command, e, staleness(e)) for e in mine]
        return rows

    def written_page(self) -> str | None:
        """Return the page with the table as the files give it; None if it has no place for one and needs none.

        Raises:
            ConfigError: If it lacks the marks of the table while there are results, or has them wrong.
        """
        page = self.page.read_text(encoding="utf-8") if self.page.is_file() else _NEW_PAGE
        rows = self.rows()
        if BEGIN not in page and END not in page and all(row.entry is None for row in rows):
            return None
        try:
            return with_table(page, table(rows))
        except PageError as error:
            raise ConfigError([Problem(f"{self.page} {error}")]) from None

    def outdated(self) -> list[str]:
        """Return the lines of the page that are not what the files give, ``-`` before, ``+`` as they should be.

        Raises:
            ConfigError: As :meth:`written_page` does.
        """
        if not self.page.is_file() and not self.entries():
            return []
        page = self.page.read_text(encoding="utf-8") if self.page.is_file() else ""
        wanted = self.written_page()
        lines = difflib.unified_diff(page.splitlines(), (page if wanted is None else wanted).splitlines(), n=0)
        return [line for line in list(lines)[2:] if line[:1] in "+-"]
