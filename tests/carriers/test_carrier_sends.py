"""Every carrier against its provider's stand-in, over real HTTP: taken, refused, throttled, lost."""

from __future__ import annotations

import pytest
from standins.base import CUT, TIME_OUT, Fault, Standin
from standins.kit import NUMBER, sendable

from bot.carriers import build, meanings
from bot.carriers.base import Carrier
from bot.carriers.http import ANSWER_LIMIT_BYTES, Http
from bot.errors import FACTS, SendError
from bot.messages import AccountName, PhoneNumber, Sendable


def carrier_of(provider: Standin, **extra: object) -> Carrier:
    return build(AccountName("acc"), provider.table(**extra))


def a_message(provider: Standin, text: str = "【叮咚】您好", *, to: PhoneNumber = NUMBER) -> Sendable:
    return provider.registered(sendable(text, to=to))


async def failure(carrier: Carrier, http: Http, message: Sendable) -> SendError:
    with pytest.raises(SendError) as error:
        await carrier.send(http, message)
    return error.value


async def test_a_text_is_taken(provider: Standin, http: Http) -> None:
    """A text arrives whole, under our id, at its number, and the provider's id comes back."""
    message = a_message(provider, "【叮咚】100% 1+1=2 & 再见 👌")
    accepted = await carrier_of(provider).send(http, message)
    [sent] = provider.sent
    ours = message.id if provider.keeps_ids else ""
    assert (sent.id, sent.to, accepted.provider_id) == (ours, NUMBER, sent.provider_id)
    assert sent.content in (message.text, {"text": message.text})
    assert not provider.refused


async def test_a_number_abroad_is_reached(provider: Standin, http: Http) -> None:
    """A number outside the mainland keeps its +."""
    await carrier_of(provider).send(http, a_message(provider, to=PhoneNumber("+85261234567")))
    assert [sent.to for sent in provider.sent] == ["+85261234567"]


async def test_a_time_out_after_it_was_taken_is_unknown(provider: Standin, http: Http) -> None:
    """No answer in time may mean that it was sent: unknown, not retryable."""
    provider.faults.append(TIME_OUT)
    error = await failure(carrier_of(provider, read_timeout_s=0.2), http, a_message(provider))
    assert (error.unknown, error.retryable) == (True, False)
    assert len(provider.sent) == 1


async def test_a_cut_connection_is_unknown(provider: Standin, http: Http) -> None:
    """A connection that closes after the request may mean that it was sent."""
    provider.faults.append(CUT)
    error = await failure(carrier_of(provider), http, a_message(provider))
    assert (error.unknown, error.retryable) == (True, False)
    assert len(provider.sent) == 1


async def test_a_repeat_of_an_unknown_send_arrives_once(provider: Standin, http: Http) -> None:
    """Where a carrier says `idempotent_send`, the provider takes a repeated id once; elsewhere it takes both."""
    carrier, message = carrier_of(provider), a_message(provider)
    provider.faults.append(CUT)
    await failure(carrier, http, message)
    await carrier.send(http, message)
    assert len(provider.sent) == (1 if carrier.idempotent_send else 2)


async def test_nobody_listening_is_retryable(provider: Standin, http: Http, unused_tcp_port: int) -> None:
    """A refused connection means that nothing was sent: retryable, not unknown."""
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    error = await failure(carrier_of(provider, base_url=nowhere), http, a_message(provider))
    assert (error.unknown, error.retryable, error.code) == (False, True, "not_connected")


async def test_throttling_says_when(provider: Standin, http: Http) -> None:
    """429 is throttled and retryable, after as long as the provider says."""
    provider.faults.append(Fault(429, headers={"Retry-After": "7"}))
    error = await failure(carrier_of(provider), http, a_message(provider))
    assert (error.throttled, error.retryable, error.unknown, error.retry_after_s) == (True, True, False, 7.0)


@pytest.mark.parametrize("fault", [Fault(500), Fault(502, body="<html>bad gateway</html>"), Fault(504, taken=True)])
async def test_a_server_error_without_a_no_is_unknown(provider: Standin, http: Http, fault: Fault) -> None:
    """A 5xx that does not say it was not sent may come from a gateway behind which it was."""
    provider.faults.append(fault)
    error = await failure(carrier_of(provider), http, a_message(provider))
    assert (error.unknown, error.retryable) == (True, False)


async def test_an_answer_beyond_all_bounds_is_unknown(provider: Standin, http: Http) -> None:
    """An answer larger than the limit is not read to its end."""
    provider.faults.append(Fault(200, body="x" * (ANSWER_LIMIT_BYTES + 1)))
    error = await failure(carrier_of(provider), http, a_message(provider))
    assert error.unknown


async def test_a_redirect_is_not_followed(provider: Standin, http: Http) -> None:
    """A message and its key go to the account's address and nowhere else."""
    provider.faults.append(Fault(307, headers={"Location": f"{provider.url}/standin/sent"}))
    error = await failure(carrier_of(provider), http, a_message(provider))
    assert error.code == "http_307"


async def test_a_failure_tells_no_number_key_or_words(provider: Standin, http: Http) -> None:
    """Whatever the provider echoes, an error holds neither the number, nor the text, nor the key."""
    message = a_message(provider, "【叮咚】my secret words")
    echo = f"{message.text} to {message.to} with {provider.key}"
    for body in (
        f'{{"code": 4, "msg": "{echo}"}}',
        f'{{"error": {{"code": 400, "status": "INVALID_ARGUMENT", "message": "{echo}"}}}}',
        f'{{"error": "{echo}"}}',
        f'{{"Code": "isv.INVALID_PARAMETERS", "Message": "{echo}"}}',
        f'{{"Response": {{"Error": {{"Code": "InvalidParameter", "Message": "{echo}"}}}}}}',
        echo,
    ):
        provider.faults.append(Fault(400, body=body))
        error = await failure(carrier_of(provider), http, message)
        told = f"{error} {error!r} {error.__cause__!r}"
        for private in (message.to, message.to.removeprefix("+86"), "secret words", provider.key):
            assert private not in told


async def test_wrong_credentials_are_the_account(provider: Standin, http: Http) -> None:
    """A key the provider does not know is a fault of the account, not of the message."""
    error = await failure(carrier_of(provider, **provider.wrong_credentials()), http, a_message(provider))
    assert (error.account, error.unknown, error.retryable) == (True, False, False)


async def test_an_account_may_know_a_code_better(provider: Standin, http: Http) -> None:
    """Whatever code a provider refuses with, the account can say what it means."""
    error = await failure(carrier_of(provider, **provider.wrong_credentials()), http, a_message(provider))
    for word, fact in (("content", "content"), ("retry", "retryable"), ("opted_out", "opted_out")):
        settings = carrier_of(provider, error_codes={error.code: word}).settings
        assert [name for name in FACTS if getattr(meanings.of_error(settings, error), name)] == [fact]


@pytest.mark.parametrize("provider", ["yunpian", "google_rbm"], indirect=True)
async def test_a_message_the_provider_cannot_take_is_permanent(provider: Standin, http: Http) -> None:
    """A text beyond the provider's limit is refused for good."""
    error = await failure(carrier_of(provider), http, a_message(provider, "【叮咚】" + "长" * 3_100))
    assert (error.retryable, error.unknown) == (False, False)
    assert provider.refused


@pytest.mark.parametrize("provider", ["yunpian", "sandbox"], indirect=True)
async def test_the_first_of_two_keys_sends(provider: Standin, http: Http) -> None:
    """While a key rotates, the new one, which stands first, is the one that is used."""
    await carrier_of(provider, **{provider.key_field: [provider.key, "the-old-one"]}).send(http, a_message(provider))
    error = await failure(
        carrier_of(provider, **{provider.key_field: ["another", provider.key]}), http, a_message(provider)
    )
    assert error.account
