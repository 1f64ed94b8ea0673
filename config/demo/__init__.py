"""Trying it all without an account anywhere.

stage    the service and a LINE simulator on this machine, with a city, people and a meeting
run      `madoguchi demo`: the stage until it is stopped
story    `madoguchi demo --once`: a scripted story on the real code over real HTTP
speech/  English speech made for the demo meeting and the demo voice message
"""
