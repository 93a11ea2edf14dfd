"""A process that looks up CNPJs until somebody kills it: settings as JSON, then the CNPJs."""

from __future__ import annotations

import asyncio
import json
import sys

from malha.db import Database
from malha.settings import BrokerSettings, DatabaseSettings, OutboundSettings, Settings
from malha.suppliers.service import ApiResources, look_up
from malha.suppliers.settings import SupplierSettings


async def main(given: str, cnpjs: list[str]) -> None:
    told = json.loads(given)
    settings = Settings(
        database=DatabaseSettings(url=told["database_url"]),
        broker=BrokerSettings(redis_url=told["redis_url"]),
        outbound=OutboundSettings(allowed_hosts=[told["host"]]),
    ).with_groups(SupplierSettings.model_validate(told["suppliers"]))
    database = Database(settings.database)
    await look_up(ApiResources(database, settings), cnpjs)
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
