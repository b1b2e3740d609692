"""What templates may do, and that they cannot do more."""

import time
import tracemalloc

import pytest

from services.notifications.templates import TemplateError, render

VALUES = {
    "title": "T",
    "alert": {"ruleName": "<b>R</b>", "value": 3.0, "group": {"agent_id": "a"}},
    "lines": [{"label": "Severity", "value": "Critical"}, {"label": "Group", "value": "x"}],
    "big": 10**9,
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ title }}: {{ alert.value }}", "T: 3.0"),
        (
            "{% for one in lines %}{{ one.label }}={{ one.value }};{% endfor %}",
            "Severity=Critical;Group=x;",
        ),
        ("{% if alert.group.agent_id == 'a' %}yes{% else %}no{% endif %}", "yes"),
        ("{{ alert.ruleName | upcase | append: '!' }}", "<B>R</B>!"),
        ("{{ alert.nothing.at.all }}", ""),
        ("{% for i in (1..alert.value) %}{{ i }}{% endfor %}", "123"),
        ("{% if alert.group.agent_id contains 'a' %}yes{% endif %}", "yes"),
        ("{{ alert.group | map: 'x' | join: ',' }}", ""),
    ],
)
def test_it_writes(template: str, text: str) -> None:
    assert render(template, VALUES) == text


def test_values_come_out_escaped_where_it_is_html() -> None:
    template = "<i>{{ alert.ruleName }}</i>{{ alert.ruleName | escape | upcase }}"
    made = render(template, VALUES, is_html=True)
    assert made.startswith("<i>&lt;b&gt;R&lt;/b&gt;</i>")
    assert "<b>" not in made.lower()


GROW = " | replace: 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'" * 40
LOOP = "{% for i in (1..400) %}"
PLENTY = (
    "{% assign s1 = ' ' %}{% assign s = 'abcd efg ' %}{% for i in (1..9) %}"
    "{% assign s = s | append: s %}{% endfor %}"
    "{% assign a = s | split: s1 %}{% assign b = s | split: s1 %}{% assign z = s | append: 'z' %}"
)
NUMBERS = (
    f"{{% assign s = '' %}}{LOOP}{{% assign n = forloop.index | append: ' ' %}}"
    "{% assign s = s | append: n %}{% endfor %}"
)
SORT = " | split: s1 | sort | join: s1"
ATTACKS = {
    "unread": "{{ title",
    "unended": "{% if title %}",
    "unknown tag": "{% python %}import os{% endpython %}",
    "unknown filter": "{{ title | system }}",
    "safe": "{{ alert.ruleName | safe }}",
    "include": "{% include '/etc/passwd' %}",
    "render": "{% render 'x' %}",
    "nested": "{% if title %}" * 200 + "{% endif %}" * 200,
    "for ever": "{% for i in (1..big) %}{% endfor %}",
    "for ever in each other": f"{LOOP}{LOOP}{{% endfor %}}{{% endfor %}}",
    "much": LOOP + "x" * 100 + "{% endfor %}",
    "grown": "{{ 'a'" + GROW + " }}",
    "doubled": "{% assign a = 'aaaa' %}" + LOOP + "{% assign a = a | append: a %}{% endfor %}",
    "joined": "{{ (1..1000000000) | join: 'x' }}",
    "cut": "{{ 'a' | replace: '', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'" + GROW + " }}",
    "sought": "{% if (1..99999999999) contains 'x' %}{% endif %}",
    "sought elsewhere": "{% assign a = (1..99999999999) %}{% if a contains 'x' %}{% endif %}",
    "sought otherwise": "{% unless b or (1..99999999999) contains 'x' %}{% endunless %}",
    "sought in a loop": LOOP + "{% if (1..99999999999) contains 'x' %}{% endif %}{% endfor %}",
    "for ever by lines": "{% liquid\nfor i in (1..999999)\necho i\nendfor %}",
    "too far": "{% for i in (1..99999999999999999999999) %}{% endfor %}",
    "numbers": "{{ 9999999999 | times: 9999999999 | times: 9999999999 | times: 9999999999 }}",
    "backwards": "{% for i in (1..99999999999) reversed %}{% endfor %}",
    "passed over": "{% for i in (1..99999999999) limit: 1 offset: 99999999990 %}{% endfor %}",
    "sorted": PLENTY + LOOP + "{% assign q = s" + SORT * 100 + " %}{% endfor %}",
    "compared": PLENTY + LOOP + "{% if " + "a == b or " * 300 + "false %}{% endif %}{% endfor %}",
    "searched": PLENTY
    + LOOP
    + "{% if "
    + "s contains z or " * 200
    + "false %}{% endif %}{% endfor %}",
    "each by each": NUMBERS + "{% assign q = s | split: ' ' | uniq %}",
    "one after the other": "{% for i in (1..500) %}{% if 1 == 1 %}{% endif %}{% endfor %}" * 60,
    "dates": "{{ 'now' | date: '" + "%999999Y" * 50 + "' }}",
    "zero": "{{ 1 | divided_by: 0 }}",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_ends_as_a_failure(name: str) -> None:
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(TemplateError) as failed:
            render(ATTACKS[name], VALUES, is_html=True)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 2
    assert str(failed.value)
    assert len(str(failed.value)) <= 200


def test_work_is_counted_and_not_timed() -> None:
    """Once it works, and often it would work as well, if nobody had to wait for it."""
    once = "{% assign q = s" + SORT + " %}{{ q | size }}"
    assert render(PLENTY + once, VALUES) == "4607"
    often = PLENTY + "{% for i in (1..20) %}" + once + "{% endfor %}"
    with pytest.raises(TemplateError, match="takes too much work"):
        render(often, VALUES)
    # What one takes is not charged to the next.
    assert render(PLENTY + once, VALUES) == "4607"


@pytest.mark.parametrize(
    "template",
    [
        "{{ title.__class__ }}",
        "{{ title.__class__.__mro__ }}",
        "{{ lines.__len__ }}",
        "{{ alert['__class__'] }}",
        "{{ __import__ }}",
        "{{ lines.append }}",
    ],
)
def test_nothing_of_python_is_seen(template: str) -> None:
    assert render(template, VALUES) == ""
