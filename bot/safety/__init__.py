"""Danger in a message: found by words and what stands around them, in every language at once.

    folding      texts without case, width, accents and stray spaces
    patterns     the patterns of one language, compiled
    alarms       which danger a message tells of, if any
    lookalike    a second net: messages that are like known cries for help
    answers      what is said at once, and which desk is told
    evaluation   how much is found, and how often for nothing

The patterns are data, `config/city/triggers/safety/<language>.toml`; `docs/safety.md` explains them.
"""
