"""What RCS says, in the JSON of Sinch's Conversation API (providers-rcs.md 4.1). Pure."""

from __future__ import annotations

from typing import Final, TypeAlias

from pydantic import JsonValue

from bot.carriers.rbm import Card, Carousel, File, Media, Message, Panel, Suggestion, Unsayable, Words

Json: TypeAlias = dict[str, JsonValue]

CHOICES_MAX: Final = 10
ON_CARD_MAX: Final = 4
"""Sinch takes ten, RCS shows four; what becomes of the others is not documented."""
UNDER_CAROUSEL_MAX: Final = 3


def content(message: Message, elsewhere: str = "") -> Json:
    """The `message` of a send. Raises Unsayable: it takes fewer choices, and shows places by their coordinates alone.

    elsewhere: where a calendar or place button leads on a phone that cannot do it, if the card does not say: Sinch must
    be told. What stands under a card joins its buttons. Orientation, alignment and width it chooses itself.
    """
    match message:
        case Words(text=text, suggestions=()):
            return {"text_message": {"text": text}}
        case Words():
            return {
                "choice_message": {"text_message": {"text": message.text}, **_choices(message.suggestions, elsewhere)}
            }
        case File(suggestions=()):
            return {"media_message": _media(message.media)}
        case File():
            return {
                "card_message": {"media_message": _media(message.media), **_choices(message.suggestions, elsewhere)}
            }
        case Card():
            return {"card_message": _panel(message.panel, elsewhere, message.suggestions)}
        case Carousel():
            cards: list[JsonValue] = [_panel(panel, elsewhere) for panel in message.panels]
            return {
                "carousel_message": {"cards": cards, **_choices(message.suggestions, elsewhere, UNDER_CAROUSEL_MAX)}
            }


def _panel(panel: Panel, elsewhere: str, under: tuple[Suggestion, ...] = ()) -> Json:
    said: Json = {}
    if panel.title:
        said["title"] = panel.title
    if panel.description:
        said["description"] = panel.description
    if panel.media:
        said |= {"height": panel.media.height, "media_message": _media(panel.media)}
    return said | _choices(panel.suggestions + under, elsewhere, ON_CARD_MAX)


def _media(media: Media) -> Json:
    return {"url": media.url, **({"thumbnail_url": media.thumbnail} if media.thumbnail else {})}


def _choices(suggestions: tuple[Suggestion, ...], elsewhere: str, most: int = CHOICES_MAX) -> Json:
    if len(suggestions) > most:
        raise Unsayable(f"more than {most} choices")
    return {"choices": [_choice(one, one.fallback_url or elsewhere) for one in suggestions]} if suggestions else {}


def _choice(one: Suggestion, fallback_url: str) -> Json:
    about = one.about
    titled: Json = {"title": one.label}
    match one.action:
        case "reply":
            said: Json = {"text_message": {"text": one.label}}
        case "openUrlAction":
            said = {"url_message": titled | {"url": about["url"]}}
        case "dialAction":
            said = {"call_message": titled | {"phone_number": about["phoneNumber"]}}
        case "viewLocationAction" if "latLong" in about:
            place = about["latLong"]
            at: Json = {"coordinates": {"latitude": place["latitude"], "longitude": place["longitude"]}}
            label: Json = {"label": about["label"]} if "label" in about else {}
            said = {"location_message": titled | label | at}
        case "shareLocationAction" if fallback_url:
            said = {"share_location_message": titled | {"fallback_url": fallback_url}}
        case "createCalendarEventAction" if fallback_url:
            event: Json = {
                "event_start": about["startTime"],
                "event_end": about["endTime"],
                "event_title": about["title"],
            }
            event |= {"event_description": about["description"]} if "description" in about else {}
            said = {"calendar_message": titled | event | {"fallback_url": fallback_url}}
        case action:
            raise Unsayable(action)
    return said | {"postback_data": one.postback}
