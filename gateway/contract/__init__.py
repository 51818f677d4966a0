"""What crosses a boundary: topics, messages, slips, events. Pure; imports nothing else of the house."""
