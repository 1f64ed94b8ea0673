"""What the city knows about a resident: asked for, shown, given out, corrected, erased, and forgotten in time.

consent    how consent is asked for;  kinds: what kinds of data there are, by table
store      consents, links, the audit, and everything of one resident in any table
skill      the conversation about it in the chat
exporting  everything as a file;  web: the page behind the link to it
erasing    at once, with what features do besides
retention  the hourly job that forgets
"""
