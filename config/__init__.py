"""The top of the house: settings, assembly, the command line, the demo.

settings     read once, from the environment, a .env file or madoguchi.toml
migrations/  the history of the tables of all packages
assembly     settings → running objects
site         the web application of all packages
listening    voice messages of the chat, heard by the recogniser of the meetings
names        what languages are called
server       the web application and its workers, started and stopped in order
commands     `madoguchi …`
demo/        a city, residents, clerks and a meeting to try it all with; the scripted story
city/        everything that a city edits: articles, phrases, triggers, shelters
"""
