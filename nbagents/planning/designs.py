"""Designs: the specialists that a model proposes for a goal, as values to edit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from types import EllipsisType
from typing import Any

from nbagents.errors import DesignError
from nbagents.planning.design_defects import find
from nbagents.redaction import Discreet, clipped, redacted

_SHOWN = 60  # characters of a cell of the table
_HEAD = ("name", "role", "capabilities", "system")


@dataclass(frozen=True, slots=True)
class Design(Discreet):
    """One specialist, before there is an agent.

    Attributes:
        name: What plans call it; unique among the designs.
        role: What it is good at, in a sentence: the planner reads this.
        capabilities: What it can do, in a few words each.
        system: Its system prompt.
        model: Name of the model it asks; `None` is the team's. Only you can set it.
    """

    name: str
    role: str
    capabilities: tuple[str, ...]
    system: str
    model: str | None = None

    @property
    def description(self) -> str:
        """What a planner reads of it."""
        able = ", ".join(self.capabilities)
        return f"{self.role.rstrip('.')}. Can: {able}" if able else self.role

    def to_dict(self) -> dict[str, Any]:
        """Return the design as JSON values."""
        chosen = {} if self.model is None else {"model": self.model}
        return {
            "name": self.name,
            "role": self.role,
            "capabilities": list(self.capabilities),
            "system": self.system,
            **chosen,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Designs:
    """The specialists for a goal: a value, of which each edit returns another.

    Iterating gives each `Design`; `designs["name"]` gives one. In a cell it is a table.

    Attributes:
        goal: What they are for.
        designs: The specialists, in the order of the model's answer.
        made_by: Name of the model that designed them; `None` where a person did.

    Raises:
        DesignError: They cannot be agents; the error lists every defect at once.

    Example:
        >>> one = Design("poet", "Writes verse", ("sonnets",), "You write verse.")
        >>> Designs("A poem", (one,)).edit("poet", system="You rhyme.")["poet"].system
        'You rhyme.'
    """

    goal: str
    designs: tuple[Design, ...]
    made_by: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "designs", tuple(self.designs))
        if found := find([design.to_dict() for design in self.designs]):
            raise DesignError(found)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Designs":
        """Return the designs that `to_dict` made a dict of.

        Raises:
            DesignError: With every defect of the data.
        """
        listed = data.get("agents") if isinstance(data, Mapping) else None
        goal = data.get("goal") if isinstance(data, Mapping) else None
        if found := find(listed):
            raise DesignError(found)
        made_by = data.get("made_by")
        known = isinstance(made_by, str)
        made = (read(each, each.get("model")) for each in listed or ())
        return cls(str(goal or ""), tuple(made), made_by if known else None)

    def to_dict(self) -> dict[str, Any]:
        """Return the designs as JSON values; `Designs.from_dict` gives them back."""
        listed = [design.to_dict() for design in self.designs]
        return {"goal": self.goal, "agents": listed, "made_by": self.made_by}

    def without(self, *names: str) -> "Designs":
        """Return the designs without those named.

        Raises:
            DesignError: There is no such design, or none would be left.
        """
        gone = {self[name].name for name in names}
        left = tuple(each for each in self.designs if each.name not in gone)
        return replace(self, designs=left)

    def add(self, *designs: Design) -> "Designs":
        """Return the designs and these.

        Raises:
            DesignError: A name is taken, or one cannot be an agent.
        """
        return replace(self, designs=(*self.designs, *designs))

    def edit(
        self,
        which: str,
        /,
        *,
        name: str | None = None,
        role: str | None = None,
        capabilities: Iterable[str] | None = None,
        system: str | None = None,
        model: str | EllipsisType | None = ...,
    ) -> "Designs":
        """Return the designs with one of them changed.

        Args:
            which: Name of the design.
            name: Another name; `None`, here and below, leaves what there is.
            role: What it is good at.
            capabilities: What it can do.
            system: Its system prompt.
            model: Name of the model it asks; `None` is the team's.

        Raises:
            DesignError: There is no such design, or it cannot be an agent then.
        """
        able = None if capabilities is None else _texts(capabilities)
        given = {"name": name, "role": role, "capabilities": able, "system": system}
        changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
        if model is not ...:
            changes["model"] = model
        new = replace(self[which], **changes)
        listed = (new if each.name == which else each for each in self.designs)
        return replace(self, designs=tuple(listed))

    def __getitem__(self, name: str) -> Design:
        for each in self.designs:
            if each.name == name:
                return each
        known = ", ".join(f"'{each.name}'" for each in self.designs)
        message = f"there is no design {clipped(name, 60)} (known: {known})"
        raise DesignError([message])

    def __contains__(self, name: object) -> bool:
        return any(each.name == name for each in self.designs)

    def __iter__(self) -> Iterator[Design]:
        return iter(self.designs)

    def __len__(self) -> int:
        return len(self.designs)

    def __repr__(self) -> str:
        rows = [_HEAD, *map(_row, self.designs)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{each}</th>" for each in _HEAD)
        body = "".join(f"<tr>{_cells(each)}</tr>" for each in self.designs)
        return f"<table><tr>{head}</tr>{body}</table>"


def read(item: Mapping[str, Any], model: str | None = None) -> Design:
    """Return the design that `item` is, in which nothing is wrong."""
    able = tuple(each.strip() for each in item["capabilities"])
    name, role = item["name"].strip(), " ".join(item["role"].split())
    return Design(name, role, able, item["system"].strip(), model)


def _texts(values: Any) -> tuple[Any, ...]:
    # A lone text is one capability, not its letters.
    return (values,) if isinstance(values, str) else tuple(values)


def _whole(design: Design) -> tuple[str, ...]:
    able, system = ", ".join(design.capabilities), " ".join(design.system.split())
    return tuple(map(redacted, (design.name, design.role, able, system)))


def _row(design: Design) -> tuple[str, ...]:
    return tuple(_cut(each) for each in _whole(design))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _cells(design: Design) -> str:
    return "".join(f"<td>{escape(each)}</td>" for each in _whole(design))
