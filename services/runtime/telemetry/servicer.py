"""StatisticsService: what an operator sees of a process without anybody who collects it."""

from shadower.runtime.v1 import statistics_service_pb2 as pb
from shadower.runtime.v1.statistics_service_pb2_grpc import StatisticsServiceServicer

from services.runtime.call import Context
from services.runtime.telemetry.instruments import Instruments
from services.runtime.telemetry.telling import process_statistics


class StatisticsServicer(StatisticsServiceServicer):
    """Translates between the contract and the instruments of this process."""

    def __init__(self, measured: Instruments) -> None:
        self._measured = measured

    async def GetStatistics(
        self,
        request: pb.GetStatisticsRequest,
        context: Context,
    ) -> pb.GetStatisticsResponse:
        return pb.GetStatisticsResponse(statistics=process_statistics(self._measured))
