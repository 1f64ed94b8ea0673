"""Translation on this machine, and how far to trust it.

    service       Translator: the way of a text, from the caller's side
    languages     the languages served, their names, scripts and codes (data/languages.toml)
    detection     which language a text is in
    splitting     sentences and the gaps between them; joining gives the text back
    facts/        numbers, dates, prices, phones …: found, protected, written for the reader, checked
    phrases       everyday phrases that people translated, used before any engine
    sentences     one sentence through a route: protect, decode, restore, judge, try again
    guards        what can be wrong with a translation: flags and a confidence
    routes        which engines lead from one language to another
    batching      one queue for each engine, shared by all callers
    engine        the port; engines/ are the two that run: Argos packages and Firefox models
    packages      the models folder: list, import, verify, prepare the starter models
    assembly      from the models folder to a running Translator

Nothing here knows who asks: a chat, a meeting or the command line.
"""
