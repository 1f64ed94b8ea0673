"""From sound to captions that people read.

    web/          the edges: pages, the stream of captions, the WebSocket that takes audio, the API
    sources       live meetings: one source of audio each
    service       the transactions: meetings, segments, captions, corrections
    store         tables and queries
    hub           fan-out to viewers; each event is framed once
    relays/       committed captions go on to Zoom, Teams and YouTube
    session       the shell around one live session: buffers, threads, queues
    live          pure: what to do about audio, voice and hypotheses
    agreement     pure: which words two hypotheses agree on
    sentences     pure: words into readable segments
    recogniser    the port; recognisers/ has Whisper and a scripted one
    vad           where there is voice
    audio         bytes of any kind into samples, bounded
    offline       whole recordings
    records       a meeting's record as it goes into a file, read in parts
    exports       pure: WebVTT, SubRip, text
    documents     pure: a page to print, a document for word processors
    hls           pure: segments and playlists for HLS players
    lines         pure: captions in lines and blocks that can be read, with time to read them
    breaks        pure: where a line may end
    model         values

A segment is stored before anyone sees it. Everything a viewer is shown is read from the rows, by position.
"""
