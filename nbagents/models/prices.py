"""What a call costs, in US dollars.

The prices are those that the release of genai-prices at hand carries along: nothing
is fetched. Where a price or a count of tokens is not known, the cost is `None`; a
guess would look like knowledge, and 0 like a gift.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from nbagents.models.answer import Usage

LIBRARY = "genai_prices.data"
"""Takes a fifth of a second to import, so `client.imported` does it beforehand."""

_MILLION = 1_000_000
_OPENAI = "api.openai.com"
_OWN = (".internal", ".local", ".localhost")


def at_rates(usage: Usage, rates: tuple[float, float]) -> float | None:
    """Return what `usage` costs at two prices for a million tokens each.

    Args:
        usage: The tokens of the call.
        rates: US dollars for a million input tokens, and for a million output tokens.
    """
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return (usage.input_tokens * rates[0] + usage.output_tokens * rates[1]) / _MILLION


def published(usage: Usage, models: Iterable[str], address: str | None) -> float | None:
    """Return what `usage` costs where that is published.

    A machine of one's own is unknown whatever model it names: it may run an open
    model for nothing, or pass the call on to somebody who charges for it.

    Args:
        usage: The tokens of the call.
        models: Names of the model, the most exact first.
        address: Where the call went; `None` is OpenAI.
    """
    server = urlsplit(address or f"https://{_OPENAI}")
    host = server.hostname or ""
    if usage.input_tokens is None or usage.output_tokens is None or _is_own(host):
        return None
    try:
        provider = _provider(host, server.path)
        known = (_listed(usage, model, provider) for model in models)
        return next((cost for cost in known if cost is not None), None)
    except Exception:  # noqa: BLE001 - no list of prices may cost the answer itself
        return None


def _is_own(host: str) -> bool:
    """Return whether `host` is this machine, or one of the same private network."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_OWN)


def _provider(host: str, path: str) -> str | None:
    """Return who is at `host`; `None` leaves it to the name of the model."""
    from genai_prices.data_snapshot import get_snapshot

    if host == _OPENAI:  # Where genai-prices lists a second provider, too.
        return "openai"
    try:
        # Put together anew, without the password that may be in an address.
        return get_snapshot().find_provider(None, None, f"https://{host}{path}").id
    except LookupError:
        return None


def _listed(usage: Usage, model: str, provider: str | None) -> float | None:
    import genai_prices

    used = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
    )
    try:
        found = genai_prices.calc_price(used, model, provider_id=provider)
    except LookupError:
        return None
    price = found.model_price
    if price.input_mtok is None or price.output_mtok is None:
        return None  # Listed without a price, of which the sum is 0.
    return float(found.total_price)
