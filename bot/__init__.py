"""The chat: from a resident's message to an answer, and from an unanswered question to a person.

    line/        the edge to LINE: webhook, events, messenger
    desk         the edge to staff: the desk's pages
    service      the transactions of a conversation
    requests     the transactions of the staff desk
    outbox       delivering what was decided
    store        tables and queries
    dialogue     pure: what to do about an event (no await, no clock, no log)
    knowledge    articles and finding the right one
    triggers     words that mean something by themselves (help, thanks, a person please)
    replies      actions as LINE messages in the resident's language
    city         what a city edits: its facts, departments, shelters
    model        values
    simulator/   a LINE to try it all without an account

A message comes in at `line.webhook`, is stored as a job, and is worked on by `service`: facts are gathered, the
dialogue decides, and one transaction stores the new state, the answer and the end of the job. `outbox` delivers.
"""
