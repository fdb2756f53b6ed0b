"""The tags that pages are made of: exact markup on small examples, and nothing that people type runs."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone
from django.utils.safestring import mark_safe

SPRITE = Path(settings.BASE_DIR, "static/img/icons.svg")
MARK = '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="/static/img/icons.svg#{}"/></svg>'


def render(source: str, path: str = "/", **context: Any) -> str:
    request = RequestFactory().get(path)
    html = engines["django"].from_string(source).render(context, request)
    return re.sub(r"\n\s*", "", html)


def badge(name: str = "Kaizen Burst", **more: Any) -> SimpleNamespace:
    return SimpleNamespace(name=name, emblem_url=lambda width: f"/emblems/{width}", **more)


def award(**more: Any) -> SimpleNamespace:
    starts_at = datetime(2026, 11, 16, 6, 52, tzinfo=UTC)
    return SimpleNamespace(badge=badge(), starts_at=starts_at, get_absolute_url=lambda: "/awards/1", **more)


def person(name: str = "Amara Okafor", title: str = "Senior staff nurse") -> SimpleNamespace:
    return SimpleNamespace(pk=7, name=name, title=title)


class IdeaForm(forms.Form):
    name = forms.CharField(help_text="Up to <40> characters")
    area = forms.ChoiceField(choices=[("4b", "Ward 4B")], required=False)
    mail = forms.BooleanField(label="Send the mail", required=False)
    role = forms.ChoiceField(choices=[("a", "Author"), ("l", "Leader")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput)


def test_icon_refers_to_the_sprite() -> None:
    assert render('{% icon "bell" "sm" %}') == MARK.format(" icon--sm", "bell")


def test_every_icon_in_the_templates_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text()))
    uses = re.compile(
        r'{% icon "([^"]+)"|{% chip (?:"[^"]*"|[^" %]+)(?:\|[^ %]+)? "([^"]*)"'
        r'|{% nav_link "[^"]+" "[^"]+" "([^"]+)"|icon="([^"]+)"'
    )
    used = {
        (path.name, name)
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for match in uses.findall(path.read_text())
        for name in match
        if name and "{" not in name
    }
    assert {(path, name) for path, name in used if name not in drawn} == set()


def test_chip_says_its_fact_in_words() -> None:
    assert render('{% chip "Given" "check" "ok" %}{% chip text %}', text="<b>") == (
        f'<span class="chip chip--ok">{MARK.format("", "check")}Given</span>'
        '<span class="chip">&lt;b&gt;</span>'
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Amara Okafor", "AO"),
        ("José María de la Cruz", "JC"),
        ("Cher", "C"),
        ("李 小龙", "李小"),
        ("(Bob) <script>", "BS"),
        ("  ", ""),
        ("🎉 🎉", ""),
    ],
)
def test_initials_of_any_name(name: str, expected: str) -> None:
    assert render("{{ name|initials }}", name=name) == expected


def test_person_name_escapes_what_people_type() -> None:
    shown = render("{% person_name person %}", person=person("<script>alert(1)</script> X", "a & b"))
    assert shown == (
        '<span class="person"><span class="avatar" aria-hidden="true">SX</span><span>'
        '<span class="person__name"><bdi>&lt;script&gt;alert(1)&lt;/script&gt; X</bdi></span>'
        '<span class="person__meta">a &amp; b</span></span></span>'
    )


def test_person_name_with_another_line_or_none() -> None:
    assert "Ward 4B" in render('{% person_name person meta="Ward 4B" %}', person=person())
    assert "person__meta" not in render('{% person_name person meta="" %}', person=person())


def test_emblem_names_the_badge_and_how_often() -> None:
    assert render("{% emblem badge 28 count=3 %}", badge=badge('"><script>')) == (
        '<span class="pin pin--sm"><img class="emblem" src="/emblems/28" srcset="/emblems/56 2x" '
        'alt="&quot;&gt;&lt;script&gt;, earned 3 times" width="28" height="28" loading="lazy">'
        '<span class="pin__count" aria-hidden="true">×3</span></span>'
    )


def test_emblem_beside_its_name_and_over() -> None:
    assert render('{% emblem badge 84 alt="" off=True %}', badge=badge()) == (
        '<img class="emblem is-off" src="/emblems/84" srcset="/emblems/168 2x" alt="" '
        'width="84" height="84" loading="lazy">'
    )


def test_emblems_link_to_awards_and_count_the_rest() -> None:
    shown = render(
        "{% emblems awards person limit=1 %}", awards=[award(times=3), award()], person=person("A <i>")
    )
    assert shown == (
        '<ul class="emblems" aria-label="Badges of A &lt;i&gt;"><li class="has-tip"><a href="/awards/1">'
        '<span class="pin pin--sm"><img class="emblem" src="/emblems/28" srcset="/emblems/56 2x" '
        'alt="Kaizen Burst, earned 3 times" width="28" height="28" loading="lazy">'
        '<span class="pin__count" aria-hidden="true">×3</span></span></a>'
        '<span class="tip" aria-hidden="true"><b>Kaizen Burst ×3</b>16 Nov 2026</span></li>'
        '<li><a class="emblems__more" href="" aria-label="1 more badge of A &lt;i&gt;">+1</a></li></ul>'
    )


def test_a_text_marked_as_safe_does_not_open_a_way_for_others() -> None:
    assert 'alt="a&lt;b"' in render("{% emblem badge alt=safe %}", badge=badge(), safe=mark_safe("a<b"))  # noqa: S308
    assert 'alt="a&lt;b"' in render("{% emblem badge %}", badge=badge("a<b"))


def test_options_of_a_select() -> None:
    shown = render("<select>{% options choices 2 %}</select>", choices=[("", "Any"), (1, "<i>"), (2, "Two")])
    assert shown == (
        '<select><option value="">Any</option><option value="1">&lt;i&gt;</option>'
        '<option value="2" selected>Two</option></select>'
    )


def test_emblems_of_somebody_without() -> None:
    assert render("{% emblems awards person %}", awards=[], person=person()) == (
        '<span class="subtle sm">None yet</span>'
    )


def test_shadow_draws_progress_along_the_shape_of_the_kind() -> None:
    shown = render('{% shadow badge 62.4 40 "Coach, 62 percent" %}', badge=badge(kind="training"))
    assert shown.startswith('<svg class="shadow" viewBox="-2 -2 100 100" width="40" height="40" role="img" ')
    assert 'aria-label="Coach, 62 percent"' in shown
    assert 'stroke-dasharray="62 100" d="M48 2C57' in shown
    assert (
        '<use class="shadow__icon" href="/static/img/icons.svg#school" x="28" y="24" width="40" height="40"/>'
        in shown
    )


def test_shadow_shows_the_emblem_that_a_badge_has() -> None:
    one = badge()
    one.emblem_id = 1
    shown = render("{% shadow badge 0 40 %}", badge=one)
    assert f'<image class="shadow__emblem" href="{one.emblem_url(80)}"' in shown
    assert "shadow__icon" not in shown


@pytest.mark.parametrize(("percent", "drawn"), [(-5, None), (0, None), (250, "100 100")])
def test_shadow_keeps_progress_between_none_and_all(percent: int, drawn: str | None) -> None:
    match = re.search(
        r'stroke-dasharray="([^"]+)"', render("{% shadow badge percent %}", badge=badge(), percent=percent)
    )
    assert (match and match[1]) == drawn


def test_spark_scales_to_the_highest() -> None:
    assert render("{% spark values label='Per month' top=4 %}", values=[0, 4, 8]) == (
        '<svg class="spark" viewBox="0 0 17 22" preserveAspectRatio="none" role="img" aria-label="Per month">'
        '<rect class="z" x="0" y="20.5" width="4.4" height="1.5" rx="1"/>'
        '<rect x="6" y="12.0" width="4.4" height="10.0" rx="1"/>'
        '<rect x="12" y="2.0" width="4.4" height="20.0" rx="1"/></svg>'
    )


def test_months_say_in_words_what_each_held() -> None:
    counts = [(date(2026, 9, 1), 0), (date(2026, 10, 1), 2), (date(2026, 11, 1), 0)]
    shown = render('{% months counts "Months with an improvement" %}', counts=counts)
    assert re.findall(r'<li class="([^"]+)">.*?<span class="vh">([^<]+)', shown) == [
        ("off", "September: none"),
        ("on", "October: 2 submitted"),
        ("off now", "November: not yet"),
    ]


def test_field_links_hint_and_error_to_the_control() -> None:
    form = IdeaForm({"name": ""})
    assert render("{% field form.name maxlength=40 %}", form=form) == (
        '<div class="field has-error"><label for="id_name">Name</label>'
        '<span class="field__hint" id="id_name-hint">Up to &lt;40&gt; characters</span>'
        '<input type="text" name="name" aria-describedby="id_name-hint id_name-err" class="input" '
        'maxlength="40" required aria-invalid="true" id="id_name">'
        f'<span class="field__error" id="id_name-err">{MARK.format(" icon--sm", "alert-circle")}'
        "Please fill this in.</span></div>"
    )


def test_field_without_hint_does_not_refer_to_one() -> None:
    assert render('{% field form.name hint="" %}', form=IdeaForm()) == (
        '<div class="field"><label for="id_name">Name</label>'
        '<input type="text" name="name" class="input" required id="id_name"></div>'
    )


def test_field_that_may_stay_empty() -> None:
    expected = (
        '<div class="field"><label for="id_area">Area{}</label>'
        '<select name="area" class="select" id="id_area"><option value="4b">Ward 4B</option></select></div>'
    )
    optional = ' <span class="field__opt">(optional)</span>'
    assert render("{% field form.area %}", form=IdeaForm()) == expected.format(optional)
    assert render("{% field form.area opt=False %}", form=IdeaForm()) == expected.format("")


def test_field_of_one_box() -> None:
    assert render("{% field form.mail %}", form=IdeaForm()) == (
        '<div class="field"><label class="check"><input type="checkbox" name="mail" id="id_mail">'
        '<span class="check__text">Send the mail</span></label></div>'
    )


def test_field_of_choices_is_a_group() -> None:
    assert render("{% field form.role %}", form=IdeaForm()) == (
        '<fieldset class="field"><legend class="field__label">Role</legend>'
        '<label class="check"><input type="radio" name="role" value="a" id="id_role_0" required>'
        "<span>Author</span></label>"
        '<label class="check"><input type="radio" name="role" value="l" id="id_role_1" required>'
        "<span>Leader</span></label>"
        "</fieldset>"
    )


def test_error_summary_links_to_the_fields() -> None:
    form = IdeaForm({})
    assert render('{% error_summary form verb="submit" %}', form=form) == (
        '<div class="callout callout--bad" role="alert" tabindex="-1" data-error-summary>'
        f'{MARK.format("", "alert-circle")}<div class="callout__body">'
        "<strong>3 things to fix before you can submit</strong><ul><li>Please fill this in.</li>"
        '<li><a href="#id_name">Name: Please fill this in.</a></li>'
        '<li><a href="#id_role_0">Role: Please fill this in.</a></li></ul></div></div>'
    )


def test_error_summary_of_one_general_error_is_the_error() -> None:
    form = IdeaForm({"name": "x", "role": "a", "token": "t"})
    form.add_error(None, "<em>No</em>")
    shown = render("{% error_summary form %}", form=form)
    assert "<strong>&lt;em&gt;No&lt;/em&gt;</strong></div></div>" in shown


def test_error_summary_of_a_sound_form_is_empty() -> None:
    assert render("{% error_summary form %}", form=IdeaForm({"name": "x", "role": "a", "token": "t"})) == ""


def test_dates_are_the_organizations() -> None:
    late = datetime(2026, 11, 15, 22, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        shown = render(
            "{{ x|day }}|{{ x|day_year }}|{{ x|full_day }}|{{ x|day_time }}|{% moment x 'month' %}", x=late
        )
    assert shown == (
        "16 Nov|16 Nov 2026|16 November 2026|16 Nov, 07:30|"
        '<time datetime="2026-11-15T22:30:00+00:00">November 2026</time>'
    )


def test_dates_that_are_days_or_missing() -> None:
    assert render("{{ x|full_day }}|{{ y|day }}", x=date(2026, 12, 9), y=None) == "9 December 2026|"


LINK = '<a class="wraps" href="{0}" rel="nofollow noopener noreferrer">{1}</a>'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See https://x.example/a?b=1&c=2.", f"See {LINK.format(*['https://x.example/a?b=1&amp;c=2'] * 2)}."),
        ("(www.x.example)", f"({LINK.format('https://www.x.example', 'www.x.example')})"),
        ("amara@x.example", LINK.format("mailto:amara@x.example", "amara@x.example")),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,x", "data:text/html,x"),
        (
            'https://x.example/"onclick="x',
            f"{LINK.format(*['https://x.example/'] * 2)}&quot;onclick=&quot;x",
        ),
        ("<a href='http://x.example'>", None),
        (mark_safe("<b>5 &lt; 6</b>"), "&lt;b&gt;5 &amp;lt; 6&lt;/b&gt;"),
    ],
)
def test_addresses_that_people_write_are_links_and_nothing_else_is(written: str, shown: str | None) -> None:
    html = render("{{ written|linked }}", written=written)
    assert html == shown if shown else "<a href='" not in html
    if written.startswith("See"):
        assert render("{{ a|linked|linebreaks }}", a=f"{written}\n\n<i>") == f"<p>{shown}</p><p>&lt;i&gt;</p>"


def test_page_head_escapes_its_words() -> None:
    assert render("{% page_head title sub='All' %}<a>New</a>{% end_page_head %}", title="<b>") == (
        '<header class="page-head"><div class="page-head__text"><h1>&lt;b&gt;</h1>'
        '<p class="page-head__sub">All</p></div>'
        '<div class="page-head__actions"><a>New</a></div></header>'
    )


def test_empty_state_without_actions() -> None:
    assert render("{% empty_state 'Nobody' text 'search' %}{% end_empty_state %}", text="<i>") == (
        f'<section class="card empty">{MARK.format(" icon--lg", "search")}'
        "<h2>Nobody</h2><p>&lt;i&gt;</p></section>"
    )


def test_pager_keeps_the_rest_of_the_address() -> None:
    page = Paginator(range(25), 10).page(2)
    shown = render('{% include "components/pager.html" with what="people" %}', "/?q=a%26b&page=2", page=page)
    assert "<span>11 to 20 of 25 people</span>" in shown
    assert re.findall(r'href="([^"]+)"', shown)[0] == "?q=a%26b&amp;page=1"
    assert "?q=a%26b&amp;page=3" in shown


def test_pager_of_a_single_page_counts_alone() -> None:
    pager = '{% include "components/pager.html" with what="people" %}'
    assert "<span>All 3 people</span>" in render(pager, "/", page=Paginator(range(3), 10).page(1))
    assert "span" not in render(pager, "/", page=Paginator(range(1), 10).page(1))


def test_frame_without_an_organization_has_the_brand_alone() -> None:
    shown = render('{% extends "base.html" %}{% block main %}x{% endblock %}')
    assert "topnav" not in shown
    assert '<a class="brand" href="/" aria-label="Lapel home">' in shown
