"""From usage to capacity, purely: measures, hidden demand, forecasts, dimensioning, division, cost.

Values in, values out: no clock, no database, no settings. Rates are bit/s, volumes octets, money rupiah, all integers;
floats only in hidden demand and forecasts. numpy is imported here and never by the RADIUS worker; statsmodels only when
a forecast asks for it.
"""
