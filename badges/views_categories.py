"""Categories of badges: added, renamed, put in order, removed; and the order of the badges in each."""

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from badges.arranging import add_category, remove_category, rename_category, shift_badge, shift_category
from badges.models import Badge, BadgeCategory
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.roles import Capability
from people.text import plain_text

defines_badges = requires(Capability.MANAGE_BADGES)
form_page = require_http_methods(["GET", "HEAD", "POST"])
DIRECTIONS = {"up": -1, "down": 1}


class CategoryForm(forms.Form):
    name = forms.CharField(
        label="Name of the category",
        max_length=60,
        validators=[plain_text],
        error_messages={"required": "Give the category a name, such as Safety."},
    )


@form_page
@defines_badges
def categories(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = CategoryForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            add_category(name=form.cleaned_data["name"], by=request.person)
        except Refused as refused:
            form.add_error("name", str(refused))
        else:
            return redirect("badges:categories", organization)
    found = BadgeCategory.objects.filter(organization=request.organization)
    context = {"form": form, "categories": found.annotate(badges=Count("its_badges"))}
    return render(request, "badges/categories.html", context, status=422 if form.errors else 200)


@form_page
@defines_badges
def category(request: OrganizationRequest, organization: str, category_id: int) -> HttpResponse:
    found = _category(request, category_id)
    form = CategoryForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if form.is_bound and form.is_valid():
        try:
            rename_category(category=found, name=form.cleaned_data["name"], by=request.person)
        except Refused as refused:
            form.add_error("name", str(refused))
        else:
            return redirect("badges:categories", organization)
    context = {
        "form": form,
        "category": found,
        "badges": Badge.objects.visible_to(request.person).filter(category=found).in_order(),
        "others": BadgeCategory.objects.filter(organization=request.organization).exclude(pk=found.pk),
    }
    return render(request, "badges/category.html", context, status=422 if form.errors else 200)


@require_POST
@defines_badges
def remove(request: OrganizationRequest, organization: str, category_id: int) -> HttpResponse:
    found, to = _category(request, category_id), request.POST.get("to", "")
    others = BadgeCategory.objects.filter(organization=request.organization).exclude(pk=found.pk)
    is_number = to.isascii() and to.isdecimal() and len(to) < 19
    target = get_object_or_404(others, pk=int(to) if is_number else 0) if to else None
    remove_category(category=found, to=target, by=request.person)
    messages.success(request, f"{found.name} is removed.")
    return redirect("badges:categories", organization)


@require_POST
@defines_badges
def shift(request: OrganizationRequest, organization: str, category_id: int) -> HttpResponse:
    shift_category(category=_category(request, category_id), by=_direction(request))
    return redirect("badges:categories", organization)


@require_POST
@defines_badges
def shift_one(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = get_object_or_404(Badge.objects.visible_to(request.person).select_related("category"), slug=slug)
    if badge.category is None:
        return redirect("badges:categories", organization)
    shift_badge(badge=badge, by=_direction(request))
    return redirect(badge.category)


def _category(request: OrganizationRequest, category_id: int) -> BadgeCategory:
    return get_object_or_404(BadgeCategory, organization=request.organization, pk=category_id)


def _direction(request: OrganizationRequest) -> int:
    return DIRECTIONS.get(request.POST.get("direction", ""), 0)
