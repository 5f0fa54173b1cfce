"""Does with a generated client what a newcomer does: opens accounts, moves money, lists."""

import json
import sys
from decimal import Decimal

sys.path.insert(0, sys.argv[2])
from client import Client, models
from client.api.accounts import close_account, get_account, open_account
from client.api.fx import convert_amount
from client.api.payments import capture_payment, list_, void_payment
from client.api.transfers import create_transfer


def exact(response):
    """Has the numbers of an answer read as the decimals that they are."""
    response.read()
    response.json = lambda: json.loads(response.text, parse_float=Decimal)


client = Client(
    base_url=sys.argv[1],
    raise_on_unexpected_status=True,
    httpx_args={"event_hooks": {"response": [exact]}},
)


def opened(alias, balance):
    body = models.OpenAccount(currency="USD", alias=alias, opening_balance=balance)
    account = open_account.sync(client=client, body=body)
    assert isinstance(account, models.Account), account
    return account


def held(key, amount):
    payment = create_transfer.sync(
        client=client,
        idempotency_key=key,
        prefer="wait=10",
        body=models.CreateTransfer(
            source="generated-source",
            destination="generated-destination",
            amount=amount,
            capture=False,
        ),
    )
    assert isinstance(payment, models.Payment) and payment.status == "AUTHORIZED", payment
    return payment


# An amount may be a text, and of a query it is one.
assert "str" in models.CreateTransfer.__annotations__["amount"].split(" | ")
assert convert_amount.sync.__annotations__["amount"] is str

opened("generated-source", "100.50")
opened("generated-destination", "0")

payment = held("generated-hold", "10.25")
captured = capture_payment.sync(payment.id, client=client)
assert isinstance(captured, models.Payment) and captured.status == "SUCCESS", captured

voided = void_payment.sync(held("generated-void", "1.00").id, client=client)
assert isinstance(voided, models.Payment) and voided.status == "VOIDED", voided

page = list_.sync(client=client)
assert payment.id in [listed.id for listed in page.items], page

source = get_account.sync("generated-source", client=client)
assert source.available == Decimal("90.25"), source

# Fifteen digits come back as they went, also for a client that has floats only.
most = opened("generated-most", "9999999999999.99").posted
assert str(most) == "9999999999999.99" and repr(float(most)) == str(most), most

opened("generated-empty", "0")
closed = close_account.sync("generated-empty", client=client)
assert isinstance(closed, models.Account) and closed.status == "closed", closed
