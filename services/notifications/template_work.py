"""How much work a template may make, counted and not timed: the same on each machine, each time."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from liquid import BoundTemplate, RenderContext
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import FilterError, ResourceLimitError
from liquid.token import Token
from liquid.undefined import UNDEFINED

# An alert takes a few thousand. This much takes about a tenth of a second.
MOST_WORK = 200_000
MOST_ITERATIONS = 500
MOST_DATE = 100
COST_OF_DATE = 500


class CountingContext(RenderContext):
    """Of one rendering. Whatever is read, made or gone through counts as long as it is."""

    __slots__ = ("work",)

    def spend(self, work: int) -> None:
        """Raises ResourceLimitError."""
        self.work = getattr(self, "work", 0) + work
        if self.work > MOST_WORK:
            raise ResourceLimitError("it takes too much work", token=None)

    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        found = super().get(path, token=token, default=default)
        self.spend(len(path) + size_of(found))
        return found

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        return partial(self._filtered, name, super().filter(name, token))

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Each turn may go through all that the template has."""
        super().raise_for_loop_limit(length)
        parts = self.template.parts if isinstance(self.template, CountedTemplate) else 1
        self.spend(length * parts)

    def _filtered(self, name: str, work: Callable[..., Any], *values: Any, **named: Any) -> Any:
        self.spend(_cost(name, values))
        made = work(*values, **named)
        self.spend(size_of(made))
        return made


class CountedTemplate(BoundTemplate):
    """Knows how many nodes and expressions it has."""

    context_class = CountingContext
    parts = 1


class ShortRange(RangeLiteral):
    """Loops go through what is passed over as well, and keep what they go through backwards."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> range:
        made = super().evaluate(context)
        if made.stop - made.start > MOST_ITERATIONS:
            raise FilterError("the range is too long", token=None)
        return made


def size_of(value: object) -> int:
    """Of a text its length; of what holds others, all that they hold."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(1 + size_of(key) + size_of(one) for key, one in value.items())
    if isinstance(value, list | tuple):
        return sum(1 + size_of(one) for one in value)
    return 1


def _cost(name: str, values: Sequence[Any]) -> int:
    """Of a filter before it is tried. Raises FilterError."""
    given = sum(map(size_of, values))
    if name == "date":
        if given > MOST_DATE:
            raise FilterError("the value is too large", token=None)
        return COST_OF_DATE
    # It compares each with each.
    is_square = name == "uniq" and hasattr(values[0], "__len__")
    return given + (len(values[0]) ** 2 if is_square else 1)
