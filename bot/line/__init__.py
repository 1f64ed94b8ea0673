"""The edge to LINE. Rules are those of LINE's Messaging API reference; names of its fields stay in here."""
