"""How long reading experiments takes, beside `python -c "import yaml, omegaconf"`, and how it grows.

python -m tests.benchmarks.bench_config [--rounds 7] [--experiments 1000]
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from segcli.config.compose import compose
from segcli.config.files import Revision
from segcli.config.review import review
from tests.conftest import working_directory

ROOT = Path(__file__).parent.parent.parent
FPN, UNET = "experiments/camvid_fpn_lite0.yaml", "experiments/camvid_unet_lite0.yaml"
VERBS = {
    "show": ["show", UNET],
    "show --sources --resolved": ["show", UNET, "--sources", "--resolved"],
    "why": ["why", UNET, "model.optimizer.lr"],
    "list decoders": ["list", "decoders"],
    "list transforms": ["list", "transforms"],
    "diff A B": ["diff", FPN, UNET],
    "diff --git HEAD": ["diff", "--git", "HEAD"],
    "fit with an unknown key": ["fit", "-c", UNET, "--model.decodr", "FPN"],
}
BASE = [sys.executable, "-c", "import yaml, omegaconf"]


def seconds(command: Sequence[str]) -> float:
    """Time one process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return time.perf_counter() - start


def verbs(rounds: int) -> None:
    """Print the time of each verb as a ratio to the base, medians of interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in ("base", *VERBS)}
    for _ in range(rounds):
        times["base"].append(seconds(BASE))
        for name, words in VERBS.items():
            times[name].append(seconds([sys.executable, "-m", "segcli", *words]))
    base = statistics.median(times["base"])
    print(f"import yaml, omegaconf: {base:.3f} s")
    for name in VERBS:
        median = statistics.median(times[name])
        print(f"{name:28}{median:.3f} s  {median / base:.1f}x")


def checking(rounds: int) -> None:
    """Print what `check` of all shipped experiments costs beyond its import, per experiment."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "experiments").glob("*.yaml"))
    imports = "import segcli.experiment.lightning_cli, segcli.experiment.meta_build"
    base, one, several = [], [], []
    for _ in range(rounds):
        base.append(seconds([sys.executable, "-c", imports]))
        one.append(seconds([sys.executable, "-m", "segcli", "check", files[0]]))
        several.append(seconds([sys.executable, "-m", "segcli", "check", *files]))
    found = [statistics.median(times) for times in (base, one, several)]
    print(f"check: import {found[0]:.2f} s, one experiment {found[1]:.2f} s, {len(files)} experiments {found[2]:.2f} s")
    print(f"       {(found[2] - found[0]) / len(files):.3f} s each beyond the import")


def many(count: int, parents: int = 50) -> None:
    """Print how long many experiments over shared parents take to compose and to compare with a revision."""
    with TemporaryDirectory() as name, working_directory(Path(name)):
        base = Path("experiments/base")
        base.mkdir(parents=True)
        for p in range(parents):
            text = f"vars: {{n: {p + 1}}}\ntrainer: {{max_epochs: '${{vars.n}}'}}\ndata: ShapesDataModule\n"
            (base / f"p{p}.yaml").write_text(text)
        for e in range(count):
            text = f"extends: [base/p{e % parents}.yaml, base/p{(e + 1) % parents}.yaml]\n"
            decoder = ("FPN", "UNet")[e % 2]
            (base.parent / f"e{e}.yaml").write_text(f"{text}model: {{decoder: {decoder}}}\nseed_everything: {e}\n")
        Path("code.py").write_text("x = 1\n")
        git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
        for words in (["init", "--quiet"], ["add", "-A"], ["commit", "--quiet", "-m", "Start"]):
            subprocess.run([*git, *words], check=True)
        start = time.perf_counter()
        for e in range(count):
            compose([base.parent / f"e{e}.yaml"])
        composed = time.perf_counter() - start
        changed = base / "p7.yaml"
        changed.write_text(changed.read_text().replace("n: 8", "n: 80"))
        start = time.perf_counter()
        found = review(Revision("HEAD"))
        compared = time.perf_counter() - start
        expected = {f"e{e}" for e in range(count) if (e + 1) % parents == 7}
        named = {Path(file).stem for file in found.pairs}
        print(f"{count} experiments over {parents} parents: composed in {composed:.1f} s, compared in {compared:.1f} s")
        Path("code.py").write_text("x = 2\n")  # now both sides of every experiment are composed
        start = time.perf_counter()
        again = {Path(file).stem for file in review(Revision("HEAD")).pairs}
        print(f"       compared in {time.perf_counter() - start:.1f} s where code changed as well")
        named &= again if named == again else set()
        print(f"       {len(named)} named as changed, {'exactly' if named == expected else 'NOT'} those affected")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--experiments", type=int, default=1000)
    chosen = parser.parse_args()
    verbs(chosen.rounds)
    checking(min(3, chosen.rounds))
    many(chosen.experiments)
