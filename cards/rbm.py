"""Card → contentMessage of Google's RCS for Business (reference: `AgentContentMessage`, `RichCard`, `Suggestion`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import JsonValue

from cards.actions import Action, AddEvent, AskPlace, Dial, OpenUrl, ShowPlace
from cards.form import arranged, content
from cards.limits import RBM
from cards.model import Button, Card, Layout, Media, Panel

RbmJson = dict[str, JsonValue]


def to_rbm(card: Card) -> RbmJson:
    """Text, a standalone card, a carousel or a file, with chips. Raises CardError when it is more than RBM takes."""
    form = arranged(card, RBM)
    if form.file:
        message: RbmJson = {"contentInfo": _content_info(form.file)}
    elif len(form.panels) > 1:
        contents: list[JsonValue] = [_content(panel) for panel in form.panels]
        message = {"richCard": {"carouselCard": {"cardWidth": card.layout.width.upper(), "cardContents": contents}}}
    elif form.panels:
        message = {"richCard": {"standaloneCard": _standalone(form.panels[0], card.layout)}}
    else:
        message = {"text": form.words}
    if form.chips:
        message["suggestions"] = [_suggestion(button) for button in form.chips]
    return message


def _standalone(panel: Panel, layout: Layout) -> RbmJson:
    card: RbmJson = {"cardOrientation": layout.orientation.upper()}
    if layout.orientation == "horizontal":
        card["thumbnailImageAlignment"] = layout.image.upper()
    card["cardContent"] = _content(panel)
    return card


def _content(panel: Panel) -> RbmJson:
    return content(panel, _media, _suggestion)


def _media(media: Media) -> RbmJson:
    return {"height": media.height.upper(), "contentInfo": _content_info(media)}


def _content_info(media: Media) -> RbmJson:
    info: RbmJson = {"fileUrl": media.url}
    if media.thumbnail:
        info["thumbnailUrl"] = media.thumbnail
    return info


def _suggestion(button: Button) -> RbmJson:
    told: RbmJson = {"text": button.label, "postbackData": button.postback}
    if button.action is None:
        return {"reply": told}
    if button.fallback:
        told["fallbackUrl"] = button.fallback
    name, fields = _ACTIONS[type(button.action)]
    told[name] = fields(button.action)
    return {"action": told}


def _open(action: OpenUrl) -> RbmJson:
    if not action.view:
        return {"url": action.url}
    return {"url": action.url, "application": "WEBVIEW", "webviewViewMode": action.view.upper()}


def _view(action: ShowPlace) -> RbmJson:
    if action.query:
        return {"query": action.query}
    place: RbmJson = {"latLong": {"latitude": action.latitude, "longitude": action.longitude}}
    return {**place, "label": action.label} if action.label else place


def _event(action: AddEvent) -> RbmJson:
    event: RbmJson = {"startTime": action.starts, "endTime": action.ends, "title": action.title}
    return {**event, "description": action.details} if action.details else event


_ACTIONS: Final[dict[type[Action], tuple[str, Callable[[Any], RbmJson]]]] = {
    OpenUrl: ("openUrlAction", _open),
    Dial: ("dialAction", lambda action: {"phoneNumber": action.number}),
    ShowPlace: ("viewLocationAction", _view),
    AskPlace: ("shareLocationAction", lambda _: {}),
    AddEvent: ("createCalendarEventAction", _event),
}
