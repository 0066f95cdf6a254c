"""What an account must have, worked out beside the exchange."""

from decimal import Decimal

RATE = Decimal("0.001")  # of maker and taker
UNIT = Decimal("0.00000001")


def decimal(n: Decimal) -> str:
    """Write a number with eight places."""
    return f"{n:.8f}"


class Purse:
    """The balances of an account, followed."""

    def __init__(self, funds: dict[str, str]):
        self.free = {a: Decimal(v) for a, v in funds.items()}
        self.locked = dict.fromkeys(funds, Decimal(0))

    def lock(self, asset: str, amount: str):
        """Take an amount for an order that rests, or give it back if it is negative."""
        self.free[asset] -= Decimal(amount)
        self.locked[asset] += Decimal(amount)

    def trade(self, side: str, price: str, qty: str, maker: bool):
        """Pay and receive, in BTCUSDT. A maker pays from what it had locked."""
        quote = Decimal(price) * Decimal(qty)
        paid, received = (("USDT", quote), ("BTC", Decimal(qty))) if side == "BUY" else (("BTC", Decimal(qty)), ("USDT", quote))
        (self.locked if maker else self.free)[paid[0]] -= paid[1]
        self.free[received[0]] += received[1] - (received[1] * RATE).quantize(UNIT)

    def list(self) -> list[dict[str, str]]:
        """Return the balances as the wire format has them, by name."""
        return [{"asset": a, "free": decimal(self.free[a]), "locked": decimal(self.locked[a])} for a in sorted(self.free)]
