"""What kinds of data there are, as a resident would name them, and which table holds which.

Every table with a column `resident_id` has to be here: a resident who asks is told about all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

# Table → kind; the phrase `privacy.kind.<kind>` names it. In the order in which they are told.
KINDS: Mapping[str, str] = {
    "messages": "messages",
    "requests": "requests",
    "form_bookings": "bookings",
    "form_drafts": "drafts",
    "attachments": "files",
    "disaster_checkins": "checkins",
    "disaster_areas": "area",
    "disaster_notice_recipients": "notices",
    "counter_watches": "tickets",
    "counter_papers": "papers",
    "notice_choices": "choices",
    "privacy_consents": "consent",
    "privacy_exports": "exports",
}

# What is begun by consent alone and ends with it. What the city has to hand out or answer stays until it is done.
ENDS_WITH_CONSENT = ("form_drafts", "counter_watches", "disaster_areas")


def told(counted: Mapping[str, int]) -> dict[str, int]:
    """Kind → how many, of what each table holds."""
    found: dict[str, int] = {}
    for table, kind in KINDS.items():
        if table in counted:
            found[kind] = found.get(kind, 0) + counted[table]
    return found
