"""The doors in: two listeners, guest and staff. Flask lives here and nowhere else in the gateway."""
