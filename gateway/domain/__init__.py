"""Pure: money, menu, visit, order, check, ticket, print job, settings, errors. No I/O, no clock, no chance."""
