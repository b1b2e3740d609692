"""When something is tried again, how fast a target is sent to, and how secrets are kept."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from shadower.notifications.v1.target_pb2 import Target

from services.notifications.mail_server import mail_server
from services.notifications.outcome import Outcome, Verdict, unwell
from services.notifications.pacing import BURST, Pace
from services.notifications.retrying import Retries
from services.notifications.sealing import Sealer, UnreadableSecretError
from services.notifications.settings import NotificationSettings

NOW = datetime(2026, 4, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONGEST = Retries(8, 10 * SECOND, 5 * SECOND, chance=lambda _, most: most)
SHORTEST = Retries(8, 10 * SECOND, 5 * SECOND, chance=lambda least, _: least)
FAILED = unwell("TIMEOUT")


def test_pauses_grow_and_all_of_them_take_about_a_day() -> None:
    waits = [LONGEST.following(tried, FAILED).after.total_seconds() for tried in range(1, 8)]
    assert waits == [10, 50, 250, 1250, 6250, 31_250, 43_200]
    assert sum(waits) < 24 * 3600
    assert LONGEST.following(8, FAILED).state == "failed"
    assert all(SHORTEST.following(tried, FAILED).after == 0 * SECOND for tried in range(1, 8))


def test_a_pause_is_at_least_as_long_as_the_receiver_says() -> None:
    said = unwell("STATUS: 429", retry_after=90 * SECOND)
    assert SHORTEST.following(1, said).after == 90 * SECOND
    assert LONGEST.following(4, said).after == 1250 * SECOND


def test_what_will_never_be_taken_is_not_tried_again() -> None:
    for verdict in (Verdict.NEVER, Verdict.GONE):
        assert LONGEST.following(1, Outcome(verdict)).state == "failed"
    assert LONGEST.following(8, Outcome(Verdict.DELIVERED)).state == "delivered"


def test_a_receiver_is_left_alone_for_longer_the_longer_it_fails() -> None:
    waits = [LONGEST.pause_after(number).total_seconds() for number in (1, 2, 3, 4, 5, 500)]
    assert waits == [5, 10, 20, 40, 60, 60]
    assert SHORTEST.pause_after(1).total_seconds() == 2.5


def test_messages_come_in_a_burst_and_then_evenly() -> None:
    pace = Pace(Target(slack={}), datetime.fromtimestamp(0, UTC))
    assert pace.room(NOW) == BURST
    pace.take(NOW, BURST)
    assert (pace.room(NOW), pace.wait(NOW)) == (0, SECOND)
    assert pace.room(NOW + 3 * SECOND) == 3
    fast = Pace(Target(webhook={}), NOW + 2 * SECOND)
    assert (fast.room(NOW), fast.wait(NOW)) == (0, SECOND / 10)


def test_what_is_sealed_is_opened_by_its_key_and_for_its_owner_alone() -> None:
    old, new = bytes(32), bytes(range(32))
    sealed = Sealer([old]).seal(b"secret", "w/ops")
    assert b"secret" not in sealed
    assert Sealer([old]).seal(b"secret", "w/ops") != sealed
    assert Sealer([new, old]).open(sealed, "w/ops") == b"secret"
    for sealer, kept, owner in (
        (Sealer([new]), sealed, "w/ops"),
        (Sealer([]), sealed, "w/ops"),
        (Sealer([old]), sealed, "v/ops"),
        (Sealer([old]), sealed[:-1] + bytes([sealed[-1] ^ 1]), "w/ops"),
    ):
        with pytest.raises(UnreadableSecretError):
            sealer.open(kept, owner)
    assert Sealer([new]).open(Sealer([]).seal(b"secret", "w/ops"), "w/ops") == b"secret"


def settings(**more: Any) -> NotificationSettings:
    return NotificationSettings(DATABASE_URL="unused", jwks_file=Path("unused"), **more)


def test_settings_are_read() -> None:
    key = base64.b64encode(bytes(32)).decode()
    made = settings(
        notification_key=f"{key}, {key}", notification_allowed_networks="10.0.0.0/8, fd00::/8"
    )
    assert made.sealing_keys == [bytes(32)] * 2
    assert [str(one) for one in made.notification_allowed_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert settings().mail_server is None
    assert key not in repr(made)


def test_the_key_for_sealing_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(base64.b64encode(bytes(32)).decode() + "\n")
    assert settings(notification_key_file=file).sealing_keys == [bytes(32)]
    newer = base64.b64encode(b"n" * 32).decode()
    both = settings(notification_key=newer, notification_key_file=file)
    assert both.sealing_keys == [b"n" * 32, bytes(32)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "http://mail"},
        {"smtp_url": "smtp://"},
        {"smtp_url": "smtp://mail?tls=maybe"},
        {"smtp_from": "nobody"},
        {"smtp_from": "a@b.example\r\nBcc: c@d.example"},
        {"notification_key": "short"},
        {"notification_key": base64.b64encode(bytes(16)).decode()},
        {"notification_key_file": Path("/nowhere/key")},
        {"notification_allowed_networks": "everything"},
        {"notification_lease_seconds": 20},
        {"notification_kept_days": 1},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_a_server_for_mail_is_read() -> None:
    by_starttls = mail_server("smtp://user:p%40ss@mail.example")
    assert by_starttls
    assert (by_starttls.port, by_starttls.is_tls, by_starttls.starttls) == (587, False, True)
    assert (by_starttls.user, by_starttls.password) == ("user", "p@ss")
    by_tls = mail_server("smtps://mail.example")
    assert by_tls
    assert (by_tls.port, by_tls.is_tls, by_tls.starttls) == (465, True, False)
    plain = mail_server("smtp://mail.example:25?tls=none")
    assert plain
    assert (plain.port, plain.is_tls, plain.starttls) == (25, False, False)
