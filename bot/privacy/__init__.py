"""What the city knows about a resident: shown, given out, corrected, erased, and forgotten in time.

store      consents, the audit, and everything of one resident in any table
skill      the conversation about it in the chat
retention  the daily job that forgets
"""
