"""Does with a generated client what a newcomer does: opens accounts, moves money, lists."""

import sys

sys.path.insert(0, sys.argv[2])
from client import Client, models
from client.api.accounts import get_account, open_account
from client.api.payments import capture_payment, list_
from client.api.transfers import create_transfer

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)


def opened(alias, balance):
    body = models.OpenAccount(currency="USD", alias=alias, opening_balance=balance)
    account = open_account.sync(client=client, body=body)
    assert isinstance(account, models.Account), account
    return account


opened("generated-source", "100.50")
opened("generated-destination", "0")

held = create_transfer.sync(
    client=client,
    idempotency_key="generated-hold",
    prefer="wait=10",
    body=models.CreateTransfer(
        source="generated-source",
        destination="generated-destination",
        amount="10.25",
        capture=False,
    ),
)
assert isinstance(held, models.Payment) and held.status == "AUTHORIZED", held

captured = capture_payment.sync(held.id, client=client)
assert isinstance(captured, models.Payment) and captured.status == "SUCCESS", captured

page = list_.sync(client=client)
assert held.id in [payment.id for payment in page.items], page

source = get_account.sync("generated-source", client=client)
assert str(source.available) == "90.25", source
