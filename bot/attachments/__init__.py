"""What residents send besides words: pictures, recordings, videos and files, on the city's own disk.

kinds      what a file is, by its first bytes
store      the table
service    fetched once by a durable job, read, forgotten
web        shown to staff, as a download that no browser runs
"""
