"""What backtrader's own feed reads: ``python backtrader_feed.py ADDRESS yes|no``, whether adjusted prices are wanted."""

import datetime as dt
import json
import sys

import backtrader as bt


class Recorder(bt.Strategy):
    """Notes each day's close."""

    def __init__(self):
        self.rows = []

    def next(self):
        self.rows.append([self.data.datetime.date(0).isoformat(), self.data.close[0]])


cerebro = bt.Cerebro()
cerebro.addstrategy(Recorder)
feed = bt.feeds.Quandl(
    dataname="FB",
    baseurl=f"{sys.argv[1]}/api/v3/datasets",
    fromdate=dt.datetime.fromisoformat("2018-03-01"),
    todate=dt.datetime.fromisoformat("2018-03-06"),
    apikey="any",
    adjclose=sys.argv[2] == "yes",
)
cerebro.adddata(feed)
sys.stdout.write(json.dumps(cerebro.run()[0].rows) + "\n")
