"""What schemathesis can't learn from the document, and why."""

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# Of the ISO 4217 currencies those that are enabled where nothing is configured.
ENABLED = ["ETB", "EUR", "GBP", "IDR", "JPY", "SGD", "USD"]

# Codes of broken rules for which a request of the right shape may be refused.
UNSAYABLE = {
    "exponent-not-allowed": "a schema has the value of a number, and not how it is written",
    "too-many-digits": "a schema has the value of a number, and not how it is written",
    "too-many-decimals": "how many an amount may have depends on its currency",
    "same-currency": "a schema can't compare two fields",
    "not-an-account-name": "a check digit is a sum",
    "not-an-alias": "to leave out ids and numbers takes a look-ahead, which not all dialects have",
    "invisible-character": "those are too many, and many beyond what all dialects name",
    "too-long": "a schema counts no bytes, and no characters as they are after NFC",
    "in-the-past": "a schema knows no present",
    "nul-character": "a schema can't speak of every text within an object",
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    schemas = raw_schema["components"]["schemas"]
    schemas["Currency"]["enum"] = ENABLED
    # What is no id of a request is replaced by one. It is never refused.
    for rule in ["pattern", "minLength", "maxLength"]:
        del schemas["RequestId"][rule]
    # A body that may be left out may be `null`. The document says so in words only: clients that are
    # generated with a body of two types do not work.
    for body in ["Capture", "Nothing"]:
        schemas[body]["type"] = ["object", "null"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a refusal, unless all that it tells of is unsayable."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    broken = [violation["code"] for violation in response.json().get("errors", [])]
    return not broken or any(code not in UNSAYABLE for code in broken)
