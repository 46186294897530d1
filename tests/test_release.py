"""What goes with a release says the same everywhere."""

from __future__ import annotations

import re
import tomllib

import yaml
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from pssr_live import __version__
from tests.places import ROOT


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert __version__ in headings[:2]


def test_whoever_reports_a_problem_is_asked_for_the_doctor_s_report() -> None:
    folder = ROOT / ".github" / "ISSUE_TEMPLATE"
    forms = [yaml.safe_load(form.read_text(encoding="utf-8")) for form in folder.glob("*.yml")]
    asked = [form for form in forms if "body" in form]
    assert len(asked) == 2
    for form in asked:
        assert "doctor --report report.txt" in str(form["body"])


def test_every_python_that_is_named_is_tested_on_every_system() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    beginning = "Programming Language :: Python :: "
    named = {one.removeprefix(beginning) for one in project["classifiers"] if beginning in one}
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    matrix = yaml.safe_load(workflow)["jobs"]["tests"]["strategy"]["matrix"]
    assert set(matrix["python"]) == named
    assert {one.split("-")[0] for one in matrix["system"]} == {"ubuntu", "windows", "macos"}


def test_what_pypi_shows_leads_to_no_file_that_is_not_there() -> None:
    """Its page has nothing beside it: pictures and links by relative paths would be broken."""
    shown = ProjectMetadata(str(ROOT), PluginManager()).core.readme
    assert shown.startswith("# pssr-live\n")
    assert "docs/" not in shown
    assert "Start in five minutes" in shown
    assert all(link.startswith("https://") for link in re.findall(r"\]\(([^)]*)", shown))
