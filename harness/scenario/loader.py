"""From YAML files to scenarios: ours and the user's own, all checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from harness.scenario import form, sense
from harness.scenario.model import (
    GENERAL,
    KINDS,
    Do,
    Expect,
    Proof,
    Requirement,
    Scenario,
    Setting,
    Step,
    Variant,
)
from harness.scenario.problems import BadScenario, Problem
from harness.scenario.suites import expanded, ids
from harness.scenario.yamlread import Document, read
from harness.words import Words

OURS = "H."  # first letters of our ids; a user's own have another first word


@dataclass
class Library:
    """Every scenario found, by id, and what is wrong in the files that gave none."""

    scenarios: dict[str, Scenario] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ours: tuple[str, ...] = ()  # every id of ours, whether read or not

    @property
    def ids(self) -> list[str]:
        """Every id that may be asked for."""
        return sorted({*self.ours, *self.scenarios})

    def pick(self, asked: Sequence[str]) -> tuple[list[Scenario], list[str]]:
        """The scenarios asked for by id, its beginning (``H.INS``) or a suite, in order; what matched nothing."""
        if not asked:
            return list(self.scenarios.values()), []
        matched = {word: [key for key in self.scenarios if _matches(key, expanded(word))] for word in asked}
        wanted = {key for keys in matched.values() for key in keys}
        return [s for key, s in self.scenarios.items() if key in wanted], [w for w, keys in matched.items() if not keys]


def _matches(key: str, words: Iterable[str]) -> bool:
    """An id, its first parts, or the beginning of a family: ``H.DMP`` takes ``H.DMPA`` and ``H.DMPC`` in."""
    key, wanted = key.upper(), [word.upper().rstrip(".*") for word in words]
    return any(
        key.startswith(f"{word}.") or (key.startswith(word) if word[-1:].isalpha() else key == word) for word in wanted
    )


def library(own: Iterable[Path] = (), known: sense.Known | None = None, *, only: Sequence[str] = ()) -> Library:
    """Our scenarios, then those of the user's own files and folders; never raises for a bad file.

    ``only`` (ids, beginnings or suites): of ours, the others are not even read.
    """
    known = known or sense.Known.here()
    found = Library()
    with as_file(files("scenarios")) as folder:
        found.ours = tuple((folder / "ids.lock").read_text(encoding="utf-8").split())
        paths = [p for p in sorted(folder.glob("*/*.yaml")) if not only or _matches(p.stem, ids(only))]
        for path in paths:
            _add(found, path, str(path.relative_to(folder.parent)), known, found.ours)
        if not only:
            for missing in sorted(set(found.ours) - found.scenarios.keys() - _ids_at_fault(found)):
                lock = Document(str(Path(folder.name) / "ids.lock"), None, {}, {})
                found.problems.append(lock.problem((), "lock_gone", found=missing))
    for place in own:
        if not place.exists():
            found.problems.append(Document(str(place), None, {}, {}).problem((), "no_folder"))
        for path in sorted(place.rglob("*.yaml")) if place.is_dir() else [place] if place.exists() else []:
            _add(found, path, str(path), known, None)
    return found


@cache
def _ours(path: Path, name: str, known: sense.Known, stamp: int) -> tuple[Document, Scenario]:
    """One of our files, read once per process and again when it changes: checking them all takes a second."""
    return _checked(path, name, known)


def _checked(path: Path, name: str, known: sense.Known) -> tuple[Document, Scenario]:
    """A file without fault and its scenario; raises BadScenario."""
    document = read(path, name)
    if wrong := form.problems(document) or sense.problems(document, known):
        raise BadScenario(wrong)
    return document, build(document.data, path)


def _add(found: Library, path: Path, name: str, known: sense.Known, locked: Sequence[str] | None) -> None:
    try:
        if locked is None:
            document, scenario = _checked(path, name, known)
        else:
            document, scenario = _ours(path, name, known, path.stat().st_mtime_ns)
    except BadScenario as error:
        found.problems += error.problems
        return
    if scenario.id in found.scenarios or (locked is None and scenario.id in found.ours):
        other = found.scenarios.get(scenario.id)
        taken = other.file if other else scenario.id
        found.problems.append(document.problem(("id",), "id_taken", found=scenario.id, file=taken))
    elif locked is not None and scenario.id not in locked:
        found.problems.append(document.problem(("id",), "not_locked", found=scenario.id))
    elif locked is None and scenario.id.startswith(OURS):
        found.problems.append(document.problem(("id",), "id_reserved", found=scenario.id))
    else:
        found.scenarios[scenario.id] = scenario


def _ids_at_fault(found: Library) -> set[str]:
    """Ids whose file has problems: told there already, not gone."""
    return {Path(problem.file).stem for problem in found.problems}


# -- plain values to the model -----------------------------------------------------------------------------------


def build(raw: Mapping[str, Any], path: Path | None = None) -> Scenario:
    """The scenario that checked plain values describe."""
    requirements = tuple(Requirement(**each) for each in raw["requirements"])
    every = tuple(each.id for each in requirements)
    return Scenario(
        id=raw["id"],
        title=Words.of(raw["title"]),
        requirements=requirements,
        products=tuple(raw["products"]),
        waves=tuple(raw["waves"]),
        steps=tuple(_step(each, every) for each in raw["steps"]),
        variants=tuple(_variant(each) for each in raw["variants"]) if raw.get("variants") else (Variant(),),
        goal=Words.of(raw.get("goal")),
        before=Words.of(raw.get("before")),
        limits=Words.of(raw.get("limits")),
        profiles=tuple(raw.get("profiles", (GENERAL,))),
        needs=tuple(raw.get("needs", ())),
        values=raw.get("values", {}),
        setting=_setting(raw),
        timeout=float(raw.get("timeout", 60)),
        file=path,
    )


def _variant(raw: Mapping[str, Any]) -> Variant:
    return Variant(raw["id"], Words.of(raw["text"]), raw.get("values", {}), raw.get("when", {}), _setting(raw))


def _setting(raw: Mapping[str, Any]) -> Setting:
    return Setting(raw.get("world", {}), raw.get("faults", {}), raw.get("clock"), tuple(raw.get("incoming", ())))


def _step(raw: Mapping[str, Any], requirements: tuple[str, ...]) -> Step:
    do = raw.get("do")
    ok = do.get("ok", True) if do else True
    return Step(
        id=raw["id"],
        type=raw["type"],
        text=Words.of(raw["text"]),
        do=Do(do["action"], do.get("with", {}), None if ok == "any" else ok, do.get("optional", False)) if do else None,
        save=raw.get("save", {}),
        expect=tuple(_expect(each, requirements) for each in raw.get("expect", ())),
        evidence=tuple(
            Proof(each["proof"], tuple(each["keeps"]), Words.of(each.get("text")), tuple(each.get("only", ())))
            for each in raw.get("evidence", ())
        ),
        setting=_setting(raw),
        only=tuple(raw.get("only", ())),
        timeout=float(raw.get("timeout", 0)),
    )


def _expect(raw: Mapping[str, Any], requirements: tuple[str, ...]) -> Expect:
    kind = next(each for each in KINDS if each in raw)
    return Expect(
        id=raw["id"],
        kind=kind,
        spec=raw[kind],
        text=Words.of(raw["text"]),
        fix=Words.of(raw.get("fix")),
        requirements=tuple(raw.get("requirements", requirements)),
        only=tuple(raw.get("only", ())),
    )
