"""What the shop's pages say: key -> (Chinese, English)."""

from __future__ import annotations

from typing import Final

from bot.pages import Words

BRAND: Final = ("拾光寄售", "Shiguang Consignment")

WORDS: Final[Words] = {
    "brand": BRAND,
    "title": ("拾光寄售 · 演示平台", "Shiguang · demo platform"),
    "intro": (
        "一家虚拟的寄售店，像真正的客户平台一样只通过 HTTP 和叮咚来往。点下面的按钮，看卖家的手机怎么响。",
        "A make-believe consignment shop that talks to Dingdong over HTTP only, as a customer's platform would.",
    ),
    "on_sale": ("在售", "On sale"),
    "sold": ("已售出", "Sold"),
    "withdrawn": ("已取回", "Taken back"),
    "stat_on_sale": ("在售", "On sale"),
    "stat_open": ("待答复的出价", "Offers open"),
    "stat_made": ("已成交", "Deals made"),
    "stat_outcomes": ("收到的结果", "Outcomes"),
    "seller": ("卖家 {name}", "Seller {name}"),
    "contact": ("联系人 {id}", "contact {id}"),
    "no_contact": ("还没有联系人编号", "no contact id yet"),
    "until": ("寄售至 {date}", "until {date}"),
    "code": ("编号#{code}", "#{code}"),
    "offer": ("买家出价", "Buyer's offer"),
    "revision": ("第 {n} 版", "revision {n}"),
    "offer_open": ("等待卖家", "Waiting"),
    "offer_made": ("已成交", "Deal made"),
    "offer_declined": ("已拒绝", "Declined"),
    "offer_countered": ("卖家还价 {price}", "Countered {price}"),
    "offer_withdrawn": ("已撤回", "Withdrawn"),
    "offer_lapsed": ("已过期", "Lapsed"),
    "make_offer": ("出价", "Make an offer"),
    "change_offer": ("改价", "Change the price"),
    "withdraw_offer": ("撤回", "Withdraw"),
    "expire": ("即将到期", "About to end"),
    "propose": ("建议调价", "Propose a price"),
    "sell": ("售出", "Sell"),
    "list": ("重新上架", "Put on sale again"),
    "price": ("价格（元）", "Price (yuan)"),
    "feed": ("往来", "Back and forth"),
    "feed_empty": ("还没有往来。", "Nothing yet."),
    "to_bot": ("发给叮咚", "to Dingdong"),
    "from_bot": ("叮咚送来", "from Dingdong"),
    "waiting": ("发送中", "sending"),
    "taken": ("已接收", "taken"),
    "refused": ("被拒绝", "refused"),
    "verified": ("签名有效", "signature valid"),
    "repeated": ("重复 {n} 次", "repeated {n} times"),
    "forged": ("拒收 {n} 条签名不对的结果", "{n} outcomes with a wrong signature turned away"),
    "handset": ("打开手机", "Open the handset"),
    "console": ("客服控制台", "Console"),
    "back": ("回到店里", "Back to the shop"),
    "not_now": ("现在做不了：货品或出价的状态已经变了。", "Not possible now: the item or the offer has changed."),
    "bad_price": ("请填一个大于 0 的价格，最多两位小数。", "Give a price above 0 with at most two decimals."),
    "no_item": ("没有这件货品", "There is no such item"),
}
