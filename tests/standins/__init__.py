"""Providers played on 127.0.0.1, strict about what their documents say: for tests, benchmarks and development.

    async with YunpianStandin(webhook="http://127.0.0.1:8080/webhooks/yp/…") as standin:
        carrier = build("yp", standin.table())
        await standin.reply("+8613800138000", "Y")

As a process: `PYTHONPATH=tests python -m standins.yunpian --port 9001 --webhook URL`.
"""
