"""Titles and texts that owners of targets write, in Liquid, within bounds.

A template sees values and a few filters, and nothing that runs, reads or includes. What it makes
is bounded at every step: a filter neither takes nor gives more than MOST; and all steps together
are: no template takes more work than MOST_WORK.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import FilterError, LiquidError
from liquid.expression import Expression

from services.notifications.template_work import MOST_ITERATIONS, CountedTemplate, ShortRange

MOST = 8_192
MOST_OUTPUT = 16_384
TAGS_NOT_HAD = ("include", "render", "increment", "decrement", "tablerow", "cycle", "ifchanged")
NUMBERS = ("abs", "at_least", "at_most", "ceil", "floor", "round")
SUMS = ("plus", "minus", "times", "divided_by", "modulo")
TEXTS = ("append", "prepend", "capitalize", "downcase", "upcase", "strip", "strip_newlines")
PARTS = ("truncate", "truncatewords", "slice", "split", "remove", "replace", "url_encode")
LISTS = ("first", "last", "join", "map", "where", "sort", "uniq", "compact", "reverse", "size")
REST = ("date", "default", "escape", "newline_to_br")
FILTERS = frozenset((*NUMBERS, *SUMS, *TEXTS, *PARTS, *LISTS, *REST))
BIGGEST_NUMBER = 10**30
# What filters raise of values that they cannot do anything with.
UNSUITABLE = (ValueError, TypeError, ArithmeticError, AttributeError)


class TemplateError(Exception):
    """It cannot be read, or comes to no end, or to too much."""


class _Bounded(Environment):
    template_class = CountedTemplate
    loop_iteration_limit = MOST_ITERATIONS
    output_stream_limit = MOST_OUTPUT
    local_namespace_limit = 65_536
    block_nesting_limit = 10
    context_depth_limit = 10


def _environment(*, is_html: bool) -> Environment:
    made = _Bounded(autoescape=is_html)
    for name in TAGS_NOT_HAD:
        made.tags.pop(name, None)
    made.filters = {
        name: _bounded(name, one) for name, one in made.filters.items() if name in FILTERS
    }
    return made


def check(template: str) -> None:
    """Raises TemplateError if it cannot be read."""
    _read(template, False)


def render(template: str, values: Mapping[str, Any], *, is_html: bool = False) -> str:
    """Of HTML, values come out escaped. Raises TemplateError."""
    try:
        return str(_read(template, is_html).render(**values))
    except (LiquidError, RecursionError, *UNSUITABLE) as failed:
        raise TemplateError(_in_words(failed)) from failed


@lru_cache(maxsize=2)
def _made(is_html: bool) -> Environment:
    return _environment(is_html=is_html)


@lru_cache(maxsize=256)
def _read(template: str, is_html: bool) -> Any:
    try:
        made = _made(is_html).from_string(template)
        if isinstance(made, CountedTemplate):
            made.parts = _checked_parts(made)
        return made
    except (LiquidError, RecursionError, *UNSUITABLE) as unreadable:
        raise TemplateError(_in_words(unreadable)) from unreadable


def _checked_parts(template: CountedTemplate) -> int:
    """How many nodes and expressions there are. Loops over ranges are counted; whatever else is
    done with one could take as long as it is long, as to look for something in it. Raises
    TemplateError."""
    context = RenderContext(template)
    nodes: list[Node] = list(template.nodes)
    parts = 0
    while nodes:
        node = nodes.pop()
        parts += 1 + sum(map(_parts, node.expressions()))
        nodes.extend(node.children(context))
    return parts


def _parts(expression: Expression) -> int:
    """Raises TemplateError."""
    if isinstance(expression, RangeLiteral):
        raise TemplateError("a range is for loops alone")
    parts = list(expression.children())
    if isinstance(expression, LoopExpression) and isinstance(expression.iterable, RangeLiteral):
        told = expression.iterable
        expression.iterable = ShortRange(told.token, told.start, told.stop)
        parts = [*parts[1:], *told.children()]
    filters = getattr(expression, "filters", None) or ()
    return 1 + len(filters) + sum(map(_parts, parts))


def _in_words(failed: Exception) -> str:
    return (str(failed) or type(failed).__name__).splitlines()[0][:200]


def _bounded(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def bounded(*values: Any, **named: Any) -> Any:
        for value in values:
            _check_size(value)
        _check_product(name, values)
        try:
            made = work(*values, **named)
        except UNSUITABLE as unsuitable:
            raise FilterError(f"{name} cannot be used here", token=None) from unsuitable
        _check_size(made)
        return made

    return bounded


def _check_size(value: Any) -> None:
    is_big = isinstance(value, int) and abs(value) > BIGGEST_NUMBER
    if is_big or (hasattr(value, "__len__") and len(value) > MOST):
        raise FilterError("the value is too large", token=None)


def _check_product(name: str, values: tuple[Any, ...]) -> None:
    """Of filters whose result can be as large as two values multiplied."""
    if name not in ("replace", "join") or len(values) < 2:
        return
    pieces = len(values[0]) if hasattr(values[0], "__len__") else 1
    piece = len(str(values[-1]))
    if name == "replace":
        pieces = str(values[0]).count(str(values[1])) if str(values[1]) else pieces + 1
    if pieces * piece > MOST:
        raise FilterError("the value is too large", token=None)
