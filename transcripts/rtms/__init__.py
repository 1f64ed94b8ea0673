"""Sound from Zoom: Realtime Media Streams (RTMS) as a source of meetings.

    webhook     what Zoom tells us, and whether it was Zoom
    service     which Zoom meeting feeds which of ours; who runs a stream; restarts
    stream      one stream: the two WebSockets, keep-alive, reconnecting
    address     where Zoom may send us
    protocol    pure: messages and signatures
    simulator   Zoom's side, for tests and for trying things out

Facts from developers.zoom.us/docs/rtms (data types, working with streams, media) as of 2025-11; docs/rtms.md says what
could not be tried against Zoom itself.
"""
