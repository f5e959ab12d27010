"""Operations on customization templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from mock_truv.api.bodies.templates import CreateTemplate
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page
from mock_truv.api.shapes.templates import Template, TemplateQuery
from mock_truv.core import templates
from mock_truv.core.instants import text_z
from mock_truv.core.names import folded

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core import model


def list_templates(call: Call) -> Page[Template]:
    """Return the templates, newest first (order assumed); ``query`` picks by name, ``default_for_products`` by that."""
    wanted: TemplateQuery = call.params
    part = folded(wanted.query or "")
    picked = [
        it
        for it in reversed(call.world.state.templates.values())
        if part in folded(it.name) and wanted.default_for_products in {None, it.default_for_products}
    ]
    return page(call, picked, shown)


def create(call: Call) -> Template:
    """Create a customization template."""
    body: CreateTemplate = call.body
    made = templates.create(
        call.world,
        name=body.name,
        products=body.products or [],
        default_for_products=body.default_for_products is True,
        settings=_settings(call),
    )
    return shown(made)


def read(call: Call) -> Template:
    """Return one customization template."""
    return shown(call.target)


def patch(call: Call) -> Template:
    """Change a template: what is not sent stays as it is."""
    body: CreateTemplate = call.body
    templates.change(
        call.world,
        call.target,
        name=body.name,
        products=body.products,
        default_for_products=body.default_for_products,
        settings=_settings(call),
    )
    return shown(call.target)


def delete(call: Call) -> None:
    """Delete a template."""
    templates.delete(call.world, call.target)


def shown(it: model.Template) -> Template:
    """Return a template; its settings are the documented ones and those that the client added."""
    sections: dict[str, Any] = {name: templates.section(it, name) for name in templates.DEFAULTS}
    return Template(
        id=it.id,
        name=it.name,
        products=it.products,
        default_for_products=it.default_for_products,
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
        **sections,
    )


def _settings(call: Call) -> dict[str, Any]:
    """Return section -> settings as they were sent: the body's types have checked them, but leave out unknown keys."""
    sent = msgspec.json.decode(call.request.body) if call.request.body.strip() else {}
    given = ((name, sent.get(name, UNSET)) for name in templates.DEFAULTS)
    return {name: value for name, value in given if value is not UNSET}


OPERATIONS = (
    Operation(
        "GET", "/templates/", list_templates, "templates_list; page inferred", query=TemplateQuery,
        answer=Page[Template],
    ),
    Operation("POST", "/templates/", create, "templates_create", CreateTemplate, 201, answer=Template),
    Operation("GET", "/templates/{template}/", read, "templates_read", answer=Template),
    Operation("PATCH", "/templates/{template}/", patch, "templates object", CreateTemplate, answer=Template),
    Operation("DELETE", "/templates/{template}/", delete, "templates object", status=204),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"template": lambda world, ident, _: world.state.templates.get(ident)}
