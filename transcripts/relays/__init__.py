"""Relays: committed captions go on to Zoom, Microsoft Teams and YouTube.

    runner      `Relays`: one sender for each relay, by lease, in one of the processes
    delivery    one packet: tries, back-off, giving up
    service     what staff do with relays
    store       table and queries
    sink        the port; sinks/ has Zoom, Teams and YouTube
    simulators/ the other side of each, which checks the rules
    planning    pure: which captions go out next, and which no longer
    wording     pure: a caption as packets that a reader can take in
    address     the URL as a secret, and where it may lead
    model       values

The URL of a relay lets anybody write captions into a meeting. It is never logged, never shown again, and deleted
some time after the meeting.
"""
