"""What both halves of the service need, and no word of either.

    clock, ids, errors, log, metrics   small values and seams
    database                           one writer, many readers; migrations are run from here
    jobs                               durable work with leases: the inbox and the outbox
    bus                                hints between tasks ("look again"); rows are the truth
    tasks                              supervised background tasks
    accounts                           staff accounts and their passwords
    words                              the words that people read, per language, from data files
    web/                               sessions, CSRF, pages, error answers, health and metrics

Nothing here imports another package of the house.
"""
