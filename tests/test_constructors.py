"""Constructors: what ruff does not see of dataclasses."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("acquisition", "engines", "gui", "pssr_live")
MOST_BY_POSITION = 3


def dataclasses_by_position(path: Path) -> Iterator[ast.ClassDef]:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "dataclass" in text else ():
        if isinstance(node, ast.ClassDef) and any(
            "dataclass" in (made := ast.unparse(decorator))
            and "kw_only=True" not in made
            and "init=False" not in made
            for decorator in node.decorator_list
        ):
            yield node


def fields(node: ast.ClassDef) -> list[str]:
    if any(isinstance(line, ast.FunctionDef) and line.name == "__init__" for line in node.body):
        return []
    return [
        line.target.id
        for line in node.body
        if isinstance(line, ast.AnnAssign)
        and isinstance(line.target, ast.Name)
        and "ClassVar" not in ast.unparse(line)
        and "init=False" not in ast.unparse(line)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_dataclass_takes_more_than_three_values_by_position(package: str) -> None:
    by_position = [
        (node.name, fields(node))
        for path in (ROOT / package).rglob("*.py")
        for node in dataclasses_by_position(path)
    ]
    assert by_position or package == "gui"
    assert not [name for name, values in by_position if len(values) > MOST_BY_POSITION]
