"""Translation on this machine, and how far to trust it.

    service       Translator: the way of a text, from the caller's side
    languages     the languages served, their names, scripts and codes (data/languages.toml)
    detection     which language a text is in
    splitting     sentences and the gaps between them; joining gives the text back
    facts/        numbers, dates, prices, phones …: found, protected, written for the reader, checked
    memory/       what people translated or approved: answers first, suggests what is similar, TMX in and out
    phrases       everyday phrases that people translated, used before any engine
    glossary/     the city's words: found, checked, put into translations
    sentences     one sentence through a route: protect, decode, restore, judge, try again
    tries         judging an output, and what to try next
    guards        what can be wrong with a translation: flags
    confidence    how likely a reader gets the right meaning
    makers        who wrote a translation, people or a machine
    routes        which engines lead from one language to another
    fleet         the engines at hand: those that come, go or break while the service runs
    batching      one queue in front of all engines, shared by all callers; lanes: who goes next, and with whom
    loading       which models are in memory: loaded at first use, unloaded when idle or when others need the room
    engine        the port; engines/ are those that run: Argos packages, Firefox models, and any CTranslate2 model
    packages/     the models folder: list, install, import, verify, remove, prepare the starter models
    assembly      from the models folder to a running Translator
    web/          pages and API: approved translations, the glossary, a place to try both

Nothing here knows who asks: a chat, a meeting or the command line.
"""
