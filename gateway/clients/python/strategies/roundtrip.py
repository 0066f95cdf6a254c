"""The strategy of the freqtrade check: in as soon as there is a candle, out at once."""

from freqtrade.strategy import IStrategy
from pandas import DataFrame


class RoundTrip(IStrategy):
    """Buys whenever it may, and sells whatever it has at the next look."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    startup_candle_count = 0
    process_only_new_candles = True
    minimal_roi = {"0": -1}
    stoploss = -0.99
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe
