"""PostgreSQL: engine, sessions, the declarative base and bulk writes."""

from malha.db.base import Base, CreatedAt, JsonObject, PrimaryKey
from malha.db.engine import Database, ReadSession, Session

__all__ = ["Base", "CreatedAt", "Database", "JsonObject", "PrimaryKey", "ReadSession", "Session"]
