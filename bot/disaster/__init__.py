"""Help in a disaster: who is safe and where, which shelters are open, and notices in every language.

model      values;  areas: the parts of the city;  words: what residents say in so many words
interview  pure: the check-in from "are you safe?" to the summary
checkin    the interview, for the dialogue;  shelters: nearest shelters;  area: where somebody wants notices for
reminders  asking again after some hours
desk       what staff do: disaster mode, shelters, the list, its export;  people: the list;  map: the city as a drawing
templates  usual notices, written by people;  composing: one notice in every language
broadcasts what staff do with a notice;  sending: delivering it, once to everybody
store, notices  tables and queries;  web, web_notices: the pages of staff
"""
