"""Forms that residents fill in by talking. A city writes them in `config/city/forms/*.toml`; no code is needed.

model       what a form consists of, and what was booked
conditions  when a field is asked
reading     from TOML to forms;  checking: what is wrong with them
calendar    open days;  slots: the days, times and places that can be booked
answers     what a resident wrote, as an answer or as what is wrong with it
showing     values as readers of each language write them
filling     pure: `step`, one form from the first question to the receipt
skill       filling, for the dialogue: what it has to know and what it wants done
store       tables and queries
reminders   the day before
bookings    what staff do with a booking;  web: their pages
"""
