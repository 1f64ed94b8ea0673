"""Models behind ports: `whisper` and `scripted` recognise speech, `silero` tells when somebody speaks."""
