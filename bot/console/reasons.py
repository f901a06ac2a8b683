"""Why a turn is what it is, in the language of the console.

The flows give their reasons in English, as the journal keeps them; here each has its Chinese. {} stands for what is
put into a sentence, which is looked up too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.console.words import INTENTS
from bot.pages import Language

RULES: Final[Mapping[str, str]] = {
    "both.picked": "在追问里选的",
    "choices.label": "原样说出了选项的名字",
    "choices.number": "回复的数字就是选项的编号",
    "choices.ordinal": "说了第几个选项",
    "commands.heard": "没有待答的问题，只是表示收到",
    "commands.help": "在问怎么用、怎么回复",
    "commands.human": "要找人工、要电话，或要投诉",
    "commands.resubscribe": "要求恢复订阅",
    "commands.status": "在问进展：货、款或物流",
    "commands.thanks": "道谢",
    "commands.unsubscribe": "要求不再发送",
    "listings.bare_price": "只说了一个数，没说怎么办",
    "listings.longer": "要求延期",
    "listings.lower": "要求降价，没说降到多少",
    "listings.not_longer": "不要延期，到期下架",
    "listings.not_lower": "不要降价",
    "listings.until": "要求延期到某一天",
    "normalise.refused": "含有不能读的内容，一律不当答复",
    "parcels.return": "明确说了退货",
    "payouts.denied": "不要这一种",
    "payouts.named": "说出了一种收款方式",
    "prices.bound": "说了最低能接受的价",
    "prices.named": "报了一个价",
    "prices.asked_refused": "不接受所问的价",
    "prices.not_back": "不要取回",
    "prices.refused": "不接受这个价",
    "prices.take_back": "明确要取回物品",
    "scores.denied": "原来想给这个分，又放弃了",
    "scores.score": "打了一个分",
    "second_opinion.hint": "语法没看懂，由第二意见（Rasa）判断",
    "tap.choice": "点了按钮",
    "unclear.answer_and_stop": "答复和退订说在一起，要问清楚",
    "unclear.no_answer": "没有说出能算答复的话",
    "unclear.spoilt": "说了答复，但旁边的话让它不能算数",
    "unclear.two_answers": "说了两个不同的答复",
    "visits.another_time": "说了另一个时间",
    "visits.cancel": "要取消预约",
    "visits.kept": "不取消，照常",
    "visits.move": "要改期，没说改到何时",
    "visits.not_moved": "不改期，照常",
    "visits.not_then": "那个时间不行",
    "visits.own_time": "说的就是原定时间",
    "yes_no.no": "整句是拒绝",
    "yes_no.settled": "整句是说定",
    "yes_no.unwilling": "整句是不愿意",
    "yes_no.yes": "整句是同意",
}
"""The rule that decided -> what it means."""

SENTENCES: Final[Mapping[str, str]] = {
    # flows/understand: why a reading is unclear, and why another was turned down
    "no answer in it": "没有答复",
    "no answer in it; {} (“{}”)": "没有答复；{}（“{}”）",
    "{} (“{}”)": "{}（“{}”）",
    "two answers at once": "同时有两个答复",
    "another answer stands beside it": "旁边还有另一个答复",
    "said otherwise in the same text": "同一条里又说了别的",
    "said in the same text": "同一条里说的",
    "turned down by the person": "本人否定了",
    "the same is turned down in the same text": "同一条里又否定了它",
    "“{}” is no answer to what was asked": "所问的问题没有“{}”这个答复",
    "{} characters beside it were not understood": "旁边有{}个字没看懂",
    "it may only say that the message was received": "可能只是表示收到",
    "nothing was asked, and no word says what to do": "没有问过，也没说要做什么",
    "something else is named": "还说了别的",
    "a condition is set": "带了条件",
    "it is put off or hedged": "在推迟或不确定",
    "it is reported, past or taken back": "是转述、过去的事或撤回",
    "a “but” follows": "后面有“但是”",
    "an alternative is named": "提到了另一种可能",
    "it is corrected in the same breath": "同一口气里改口了",
    "it is a question": "是在提问",
    "something is asked": "是在询问",
    "it is vague": "说得不确切",
    "a negation is left over": "多出一个否定",
    "something is said not to be so": "说某事不是这样",
    "it tells of the past": "说的是过去",
    "there is no hurry": "表示不急",
    "it is waved away": "表示算了",
    "it is abuse": "在骂人",
    "it is about opting out": "与退订有关",
    "an earlier thought is named": "提到了原来的想法",
    "the text is longer than {} characters": "超过{}个字",
    "the text holds {}, which no Chinese or English reply is written in": "含有字符{}，中英文回复里不会有",
    "the text holds the control character {}": "含有控制字符{}",
    "the text carries code, an address or an instruction to a machine ({})": "含有代码、网址或对机器的指令（{}）",
    # flows/engine: what a turn did
    "answered {}: {}": "答复了“{0}”",
    "asked for help": "求助",
    "said thanks": "道谢",
    "opted out of {}": "退订：{}",
    "opted in to {}": "恢复订阅：{}",
    "already stopped": "已经退订过",
    "an opt-out is confirmed once": "退订只确认一次",
    "asked for a person": "要找人工",
    "asked how something stands, which no flow can tell": "问进展，而没有流程能回答",
    "taken by {}": "由{}接手",
    "handed back by {}": "由{}交还",
    "staff spoke": "同事说话",
    "applied": "同事采用了一条",
    "{} by {}": "{}，由{}",
    "released": "解除等待",
    "{} was settled by staff": "{}由同事处理完毕",
    "refused": "没有接受",
    "there is no listed item {}": "列表里没有{}",
    "listed for staff": "留给同事",
    "not said": "没有说出",
    "the question of {} is closed": "{}的问题已经关闭",
    "{}: the person never saw the question": "{}：对方没见过这个问题",
    "the same words got the same answer {} times": "同样的话已经同样答复{}次",
    "too many words": "来信过多",
    "more than {} in an hour; left to staff": "一小时超过{}条，留给同事",
    "too many messages in an hour; perhaps a phone that answers by itself": "一小时来信过多，可能是自动回复",
    "not understood": "没看懂",
    "{} in a row": "连续第{}次",
    "nothing is open": "没有待答的问题",
    "a second opinion": "第二意见",
    "{}: asked whether that is meant": "{}：追问是不是这个意思",
    "an answer and a stop": "答复和退订在一起",
    "{} beside an opt-out": "“{}”与退订同时说了",
    "several fit": "对得上好几个问题",
    "may be a repeat": "可能是运营商重复送达",
    "the words were a repeat": "那句话是重复送达的",
    "{} for {}, in words that came just before": "{}（{}），与刚才收到的话相同",
    "{}, in words that came just before": "{}，与刚才收到的话相同",
    "{} reports: {}": "通道 {} 上报：{}",
    "unsubscribed": "已退订",
    "subscribed": "已恢复订阅",
    "known": "已经知道",
    "it changes nothing": "没有变化",
    "forgotten": "已经忘记",
    "the question that was picked is not remembered any more": "选的那个问题已不再保留",
    "asked again": "重新提问",
    "the kept answer is too old": "保留的答复太旧",
    "the answer was to {}, which was {}": "答的是{}，它已{}",
    "too late": "太晚了",
    "{} is closed: {}": "{}已关闭：{}",
    "{} while a call was under way": "业务处理期间的{}",
    "stale tap": "旧按钮",
    "its question is not remembered": "它的问题已不再保留",
    "the question has no such choice": "问题没有这个选项",
    "not asked": "没有问出",
    "{} was over before it was asked": "{}还没问就结束了",
    "buttons left out": "省去了按钮",
    "the thread does not wait for an answer": "这一段不在等答复",
    "moved": "换到新版流程",
    "from version {} to {}, state {}": "从版本{}到{}，状态{}",
    "version {} of {} cannot be read: {}": "{1}的版本{0}读不出来：{2}",
    "version {} of {} cannot be read: {}; {} was under way": "{1}的版本{0}读不出来：{2}；{3}还在进行",
    "waits": "等待",
    "{} until {} has returned": "{}，等{}返回",
    "already told": "已经告知",
    "being confirmed": "正在确认",
    "late answer": "迟到的返回",
    "{} does not wait for one (attempt {})": "{}没有在等（第{}次）",
    "attempt {} failed; attempt {} is under way": "第{}次失败，第{}次已在进行",
    "older attempt": "较早一次的返回",
    "tried again": "再试一次",
    "{} did not return": "{}没有返回",
    "{} returned": "{}返回了",
    "failed": "失败",
    "unknown": "结果未知",
    "{} has not returned in {}": "{}在{}内没有返回",
    "{} for {} {}: its result is unknown": "{1} {2}的{0}：结果未知",
    "late timer": "迟到的计时",
    "{}: the call is over": "{}：调用已结束",
    "{}: its question is {}": "{}：它的问题{}",
    "the state has no reminder any more": "现在的状态没有提醒",
    "the state has no timeout any more": "现在的状态没有时限",
    "reminder moved": "提醒顺延",
    "it counts from when the question was sent": "从问题发出时算起",
    "reminded": "提醒了",
    "time ran out on a question that was not shown": "问题没有送到，时限已到",
    "time ran out": "时限已到",
    "{} is not expected any more": "不再等待“{}”",
    "not delivered": "没有送达",
    "{}; its question is closed already": "{}；它的问题已关闭",
    "{}; the question itself was": "{}；问题本身已送达",
    "no flow": "没有对应的流程",
    "none takes {}": "没有流程处理{}",
    "no thread": "没有对应的会话段",
    "{} concerns nothing that is open": "{}与现有的都无关",
    "superseded": "已被取代",
    "revision {} is not newer than {}": "修订{}不比{}新",
    "revision {} replaces {}": "修订{}取代{}",
    "{}: the thread's version has no state {}": "{}：这一版没有状态{}",
    "{} moves the thread to {}": "{}使流程转到{}",
    "starts {}": "开始{}",
    "{} starts on {}: {}": "{0}由“{1}”开始",
    "ignored": "略过",
    "the action's event {}": "业务返回的事件{}",
    "a reminder must say when, with its zone": "提醒必须写明带时区的时间",
    "an action's message without text or card": "业务返回的消息没有文字或卡片",
    "an action's button whose payload is not /intent": "业务返回的按钮不是 /intent 形式",
    "an action of {} asked for a person": "{}的业务要求人工",
    "an action of {} went on": "{}的业务继续了",
    "answered": "已答复",
    "replaced": "被新的取代",
    "lapsed": "已过期",
    "ended": "已结束",
    "closed": "已关闭",
}
"""English with {} for what is put in -> Chinese."""


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, sentence.split("{}"))), re.DOTALL)


_WHOLE: Final = {english: chinese for english, chinese in SENTENCES.items() if "{}" not in english}
_FILLED: Final = tuple(
    (_pattern(english), chinese)
    for english, chinese in sorted(SENTENCES.items(), key=lambda pair: -len(pair[0].replace("{}", "")))
    if "{}" in english
)
_DEEPEST = 4


def reason(text: str, language: Language, depth: int = 0) -> str:
    """The reason in that language; one that nobody has put into Chinese stays as it is."""
    if language == "en" or depth > _DEEPEST:
        return text
    if text in _WHOLE:
        return _WHOLE[text]
    if text in INTENTS:
        return INTENTS[text][0]
    head, colon, detail = text.partition(": ")
    if colon and head in _WHOLE:
        return f"{_WHOLE[head]}：{reason(detail, language, depth + 1)}"
    for pattern, chinese in _FILLED:
        if found := pattern.fullmatch(text):
            return chinese.format(*(reason(part, language, depth + 1) for part in found.groups()))
    return text


def why(reading: Mapping[str, Any], language: Language) -> str:
    """Why a reading is what it is: in Chinese by its rule, and by what spoilt it."""
    rule = RULES.get(reading["rule"])
    if language == "en" or rule is None:
        return str(reading["why"])
    told = reason(reading["why"], language)
    return f"{rule}：{told}" if reading["intent"] == "unclear" and told != reading["why"] else rule
