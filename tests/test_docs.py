"""What the documentation shows is run: the engine it builds, the links it gives, the tables it prints."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tools import docs_tables

from everjam.errors import EverjamError
from everjam.live.service import ENDPOINT
from everjam.steering import FIELDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])


def block(name: str) -> str:
    """A marked code block of docs/writing-an-engine.md."""
    text = (ROOT / "docs" / "writing-an-engine.md").read_text("utf-8")
    found = re.search(rf"<!-- {name}:begin -->\n```\w+\n(.*?)```\n<!-- {name}:end -->", text, re.DOTALL)
    assert found, f"no block {name}"
    return found.group(1)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder that holds the tutorial's engine as an installer would leave it."""
    project = tomllib.loads(block("project"))["project"]
    (tmp_path / "everjam_hum.py").write_text(block("engine"), "utf-8")
    info = tmp_path / f"everjam_hum-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"]
    lines = [f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in points.items()) for group, points in groups.items()]
    (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")
    return tmp_path


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        env={"PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tutorials_engine_keeps_the_whole_contract(installed: Path) -> None:
    run(installed, "-W", "error", "-c", "from everjam.testing import check_engine; check_engine('hum')")


def test_the_tutorials_engine_is_found_and_renders(installed: Path) -> None:
    everjam = ("-c", "import sys; from everjam.cli.main import main; sys.exit(main())")
    assert "One chord that hums" in run(installed, *everjam, "engines")
    take = ("render", "anything", "--engine", "hum", "--brightness", "0.9", "-d", "2", "-o", "hum.wav", "-q")
    run(installed, *everjam, *take)
    assert (installed / "hum.wav").stat().st_size > 2 * 48_000 * 4


def test_the_tutorials_engine_is_about_forty_lines() -> None:
    lines = [line for line in block("engine").splitlines() if line.strip()]
    assert len(lines) <= 45


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    broken = [
        target
        for target in targets
        if not target.startswith(("http://", "https://", "#")) and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if "[[[cog" in page.read_text("utf-8")], ids=lambda p: p.name)
def test_generated_parts_are_current(page: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "--diff", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"make format brings it up to date:\n{done.stdout}{done.stderr}"


def test_the_tables_leave_nothing_out() -> None:
    assert all(f"`{spec.wire_name}`" in docs_tables.fields() for spec in FIELDS)
    codes = docs_tables.close_codes()
    leaves = [kind for kind in EverjamError.__subclasses__() if not kind.__subclasses__()]
    assert all(f"`{kind.__name__}`" in codes for kind in leaves if kind.__name__ in {"ServerBusy", "EngineError"})
    assert "everjam_underruns_total" in docs_tables.metrics()


def test_the_documented_addresses_are_those_that_are_served() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    paths = re.findall(r"wss?://localhost:\d+(/\S+)", text)
    assert len(paths) >= 2
    assert all(ENDPOINT.search(path) for path in paths)


def test_figures_come_from_results_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs_tables, "FIGURES", tmp_path)
    assert docs_tables.figures("speed").startswith("Not measured yet")
    (tmp_path / "speed.json").write_text(
        '{"revision": "abcdef0123", "machine": "x", "rows": [{"card": "Funk", "x": 50.12}]}', "utf-8"
    )
    assert "| Funk | 50.1 |" in docs_tables.figures("speed")
    assert "revision abcdef01" in docs_tables.figures("speed")
