"""From sound to captions that people read.

    web/          the edges: pages, the stream of captions, the WebSocket that takes audio, the API
    sources       live meetings: one source of audio each
    rtms/         sound from Zoom
    uploads       recordings that are handed in
    sending       sends sound to a meeting, for other programs
    service       the transactions, in rooms: planning, captioning, reviewing, reading (common: what they share)
    translating   one caption into one language; what is being said, too
    readers       which languages are being read, in any process
    keeping       the sound of meetings that keep it; retention deletes it, and meetings, on schedule
    store         queries (tables: the tables; renderings: what a meeting has called names and numbers)
    naming        pure: names and numbers that are called the same throughout
    hub           fan-out to viewers; each event is framed once
    relays/       committed captions go on to Zoom, Teams and YouTube
    session       the shell around one live session: buffers, threads, queues
    live          pure: what to do about audio, voice and hypotheses
    agreement     pure: which words two hypotheses agree on
    sentences     pure: words into readable segments
    recogniser    the port; recognisers/ has Whisper and a scripted one
    vad           where there is voice
    audio         bytes of any kind into samples, bounded
    decoding      what FFmpeg may open, and a process of its own for long files
    offline       whole recordings
    records       a meeting's record as it goes into a file, read in parts
    exports       pure: WebVTT, SubRip, text
    documents     pure: a page to print, a document for word processors
    hls           pure: segments and playlists for HLS players
    lines         pure: captions in lines and blocks that can be read, with time to read them
    breaks        pure: where a line may end
    phrases       pure: the same for pages, whose lines the browser breaks
    model         values

A segment is stored before anyone sees it. Everything a viewer is shown is read from the rows, by position.
"""
