"""The wire: messages, their JSON, and the session as a state machine without I/O."""
