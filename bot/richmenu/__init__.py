"""The menu under the chat: one for each language, drawn here, linked to each resident by the language they use."""
