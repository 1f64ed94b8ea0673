"""The counters at the city hall: how busy they are, whose turn it is, whose papers are ready.

A ticket machine (or a clerk) says how each counter stands; residents ask for it, and ask to be told when their turn is
near. Everything said unasked is a push that counts against LINE's quota, so it is said once, and only to those who
wanted it.
"""
