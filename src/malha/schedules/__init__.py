"""Work that comes back by the clock: cron expressions in time zones, with history and a stop after failures."""
