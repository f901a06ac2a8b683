"""What the gateways in front of an operator's SMPP link have in common (providers-rcs.md 5)."""

from __future__ import annotations

from typing import Final

from bot.messages import Status

GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€"
)
"""The GSM alphabet with its extension (3GPP TS 23.038): anything else makes a text UCS-2."""

STATES: Final[dict[str, Status]] = {
    "DELIVRD": Status.DELIVERED,
    **dict.fromkeys(("UNDELIV", "EXPIRED", "REJECTD", "DELETED"), Status.FAILED),
    **dict.fromkeys(("ACCEPTD", "ENROUTE"), Status.SENT),
}
"""SMPP's message states; UNKNOWN says nothing (5.2)."""


def is_gsm(text: str) -> bool:
    """Can it be sent in the GSM alphabet?"""
    return GSM.issuperset(text)
