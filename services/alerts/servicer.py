"""AlertsService: rules, what is found by them, and what people do about it."""

from datetime import timedelta
from uuid import UUID

from shadower.alerts.v1 import alert_pb2
from shadower.alerts.v1 import alerts_service_pb2 as pb
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceServicer

from services.alerts import answers, handling, keeping, places
from services.alerts.evaluating import Evaluator
from services.alerts.previewing import preview
from services.alerts.quieting import make_silence
from services.alerts.rules import rule_of
from services.runtime.call import Context, current_call
from services.runtime.times import from_duration, to_timestamp
from services.translation import requests
from services.translation.ids import after_id, following_id
from services.translation.pages import page_size
from services.warehouse.alerts.alerts import AlertQuery, get_alert, history_of, list_alerts
from services.warehouse.alerts.rules import get_rule, list_rules
from services.warehouse.alerts.silences import delete_silence, list_silences
from services.warehouse.database import Database
from services.warehouse.queries.interval import last

DEFAULT_PAGE, MAX_PAGE = 50, 500
USUAL_RULES = 1_000
USUAL_DURATION = timedelta(seconds=20)
USUAL_PREVIEW = timedelta(days=1)
OPEN = ("triggered", "acknowledged")
EVERYWHERE = "shadower-system"


class AlertsServicer(AlertsServiceServicer):
    """Translates between the contract and rules, alerts and silences as they are kept."""

    def __init__(self, database: Database, evaluator: Evaluator) -> None:
        self._database = database
        self._evaluator = evaluator

    async def CreateRule(
        self, request: pb.CreateRuleRequest, context: Context
    ) -> pb.CreateRuleResponse:
        async with self._database.writing(request.workspace_id) as session:
            await keeping.check_rule(session, request.rule)
            kept = await keeping.make_rule(session, request.rule_id, request.rule, _caller())
        return pb.CreateRuleResponse(rule=answers.kept_rule(kept))

    async def GetRule(self, request: pb.GetRuleRequest, context: Context) -> pb.GetRuleResponse:
        async with self._database.reading(request.workspace_id) as session:
            kept = await get_rule(session, request.rule_id)
        return pb.GetRuleResponse(rule=answers.kept_rule(kept))

    async def ListRules(
        self, request: pb.ListRulesRequest, context: Context
    ) -> pb.ListRulesResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_rules(session, limit + 1, after_id(request))
        return pb.ListRulesResponse(
            rules=map(answers.kept_rule, found[:limit]),
            next_page_token=following_id(request, [one.rule_id for one in found], limit),
            as_of=to_timestamp(session.as_of),
        )

    async def UpdateRule(
        self, request: pb.UpdateRuleRequest, context: Context
    ) -> pb.UpdateRuleResponse:
        asked = (request.rule_id, request.rule, request.etag, _caller())
        async with self._database.writing(request.workspace_id) as session:
            await keeping.check_rule(session, request.rule)
            kept = await keeping.change_rule(session, *asked)
        return pb.UpdateRuleResponse(rule=answers.kept_rule(kept))

    async def DeleteRule(
        self, request: pb.DeleteRuleRequest, context: Context
    ) -> pb.DeleteRuleResponse:
        async with self._database.writing(request.workspace_id) as session:
            await keeping.drop_rule(session, request.rule_id, _caller())
        return pb.DeleteRuleResponse()

    async def PreviewRule(
        self, request: pb.PreviewRuleRequest, context: Context
    ) -> pb.PreviewRuleResponse:
        async with self._database.reading(request.workspace_id) as session:
            await keeping.check_rule(session, request.rule)
            asked = requests.interval(request, last(USUAL_PREVIEW))
            found = await preview(session, rule_of("", request.rule), asked)
        return pb.PreviewRuleResponse(
            alerts=map(answers.previewed, found.alerts),
            judgements=found.judgements,
            truncated=found.is_truncated,
            as_of=to_timestamp(session.as_of),
        )

    async def EvaluateRules(
        self, request: pb.EvaluateRulesRequest, context: Context
    ) -> pb.EvaluateRulesResponse:
        workspace = None if request.workspace_id == EVERYWHERE else request.workspace_id
        given = request.HasField("max_duration")
        most_time = from_duration(request.max_duration) if given else USUAL_DURATION
        done = await self._evaluator.evaluate(
            workspace, request.max_rules or USUAL_RULES, most_time
        )
        return pb.EvaluateRulesResponse(
            judged=done.judged,
            judgements=done.judgements,
            incomplete=done.incomplete,
            failed=done.failed,
            remaining=await self._evaluator.count_due(workspace),
            triggered=done.triggered,
            resolved=done.resolved,
        )

    async def ListAlerts(
        self, request: pb.ListAlertsRequest, context: Context
    ) -> pb.ListAlertsResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        states = [_state(number) for number in request.states] or OPEN
        query = AlertQuery(states, request.rule, limit + 1, places.after_alert(request))
        async with self._database.reading(request.workspace_id) as session:
            found = await list_alerts(session, query)
        return pb.ListAlertsResponse(
            alerts=map(answers.alert, found[:limit]),
            next_page_token=places.following_alert(request, found, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def GetAlert(self, request: pb.GetAlertRequest, context: Context) -> pb.GetAlertResponse:
        alert_id = UUID(request.alert_id)
        async with self._database.reading(request.workspace_id) as session:
            found = await get_alert(session, alert_id)
            history = await history_of(session, alert_id)
        return pb.GetAlertResponse(
            alert=answers.alert(found), history=map(answers.transition, history)
        )

    async def AcknowledgeAlert(
        self, request: pb.AcknowledgeAlertRequest, context: Context
    ) -> pb.AcknowledgeAlertResponse:
        asked = (UUID(request.alert_id), _caller(), request.note)
        async with self._database.writing(request.workspace_id) as session:
            known = await handling.acknowledge(session, *asked)
        return pb.AcknowledgeAlertResponse(alert=answers.alert(known))

    async def ResolveAlert(
        self, request: pb.ResolveAlertRequest, context: Context
    ) -> pb.ResolveAlertResponse:
        asked = (UUID(request.alert_id), _caller(), request.note)
        async with self._database.writing(request.workspace_id) as session:
            known = await handling.resolve(session, *asked)
        return pb.ResolveAlertResponse(alert=answers.alert(known))

    async def CreateSilence(
        self, request: pb.CreateSilenceRequest, context: Context
    ) -> pb.CreateSilenceResponse:
        async with self._database.writing(request.workspace_id) as session:
            kept = await make_silence(session, request, _caller())
        return pb.CreateSilenceResponse(silence=answers.silence(kept))

    async def ListSilences(
        self, request: pb.ListSilencesRequest, context: Context
    ) -> pb.ListSilencesResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_silences(session, limit + 1, after_id(request))
        ids = [one.silence_id for one in found]
        return pb.ListSilencesResponse(
            silences=map(answers.silence, found[:limit]),
            next_page_token=following_id(request, ids, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def DeleteSilence(
        self, request: pb.DeleteSilenceRequest, context: Context
    ) -> pb.DeleteSilenceResponse:
        async with self._database.writing(request.workspace_id) as session:
            await delete_silence(session, request.silence_id)
        return pb.DeleteSilenceResponse()


def _state(number: int) -> str:
    name = alert_pb2.AlertState.Name(alert_pb2.AlertState.ValueType(number))
    return name.removeprefix("ALERT_STATE_").lower()


def _caller() -> str:
    return current_call().principal.subject
