"""The whole store on one machine: a supervisor, its programs, and faults that are played at the wire."""
