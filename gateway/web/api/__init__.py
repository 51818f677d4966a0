"""The JSON API. `ROUTES` in `table.py` is both what is served and what the OpenAPI document is made of."""
