"""What people say round an answer changes nothing: greetings, excuses, thanks, urging, signatures."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.understand.contexts import read

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
ANSWERS = {
    "offer": "同意 卖 不卖 16000 最低16000 寄回给我".split(),
    "reprice": "同意 降吧 不降 15500 寄回给我".split(),
    "expiring": "延期 延期10天 取回 降价 延到12月5日 不续了".split(),
    "payout": "微信 支付宝 银行卡".split(),
    "appointment": "确认 取消 改到周五 改期 我会准时到".split(),
    "order": "退货".split(),
    "rating": "5分 3分".split(),
}
BEFORE = (
    "你好，|您好！|老师好，|亲，|哎呀|哎，|麻烦了，|不好意思刚看到，|抱歉才回，|抱歉回复晚了，|刚开完会，|"
    "在忙，|谢谢提醒，|收到，|收到通知了，|看到了，|想好了，|我想好了，|商量过了，|和家人商量了，|想来想去，|"
    "考虑清楚了，|我决定了，|我的决定是|我的答复是|我的意思是|答复：|回复：|答：|我选：|我选择|那就|那我就|"
    "还是|嗯，|嗯嗯，|哦，|唉，|哈哈，|辛苦了，|客服你好，|小姑娘，|闺女，|我年纪大了，|我不太会打字，|"
    "眼睛不好，|语音输入：|（语音）|手机打字慢，|刚才手机没电了，|刚下班，|昨天没看到，|前两天在外地，|"
    "这两天忙，|早上好，|晚上好，|打扰了，|麻烦你们，|请帮我|麻烦帮我|帮忙|您好，我是王芳，|我是卖家，|"
    "我姓李，|关于那个包，|那只表，|那个包|关于您的短信，|针对这个问题，|再次回复：|第二次回复了，|"
    "重复一遍，|再说一遍，|听好了，|明确答复：|正式答复：|最终决定：|最后决定|经考虑，|综合考虑，|"
    "经慎重考虑，"
).split("|")
BEHIND = (
    "，谢谢|，谢谢啦|，辛苦了|，麻烦了|，麻烦尽快处理|，尽快处理|，拜托了|，谢谢老师| —发自我的iPhone|"
    "【王芳】|，王芳|，祝生意兴隆|，周末愉快|，不好意思|，打扰了|，尽快啊|，急|，挺急的|，在线等|，就这样|"
    "，没别的了|，其他没问题|，不用回复了|，不用打电话了|，收到请回复|，收到回我|，请知悉|，盼复|，谢谢配合|"
    "，劳驾|，哈|哈|哦|呀|啊啊|！！！|。。。|～|~~|^_^|:)|😊|🙏|😄|🌹|，么么哒|，爱你|，有劳|，多谢|，感恩|，3Q|"
    "，thanks|，thx|，决定了|，不后悔|，听我的|，记得通知我|，办好告诉我|，弄好了说一声|，有消息告诉我|"
    "，结果告诉我|，及时告知|，别弄错了|，别搞错|，别忘了|，不要拖|，快点|，速度|，今天就办|，马上办|，尽早|"
    "，越快越好|，我等着|，我等你们消息|，等消息|，等回复|，谢谢你们的服务|，服务不错|，你们很专业|"
    "，合作愉快"
).split("|")


@pytest.mark.parametrize("context", ANSWERS)
def test_what_stands_round_an_answer_leaves_it(context: str) -> None:
    """Each answer with each of them before or behind it is still that answer."""
    for answer in ANSWERS[context]:
        bare = read(context, answer, NOW)
        round_it = [words + answer for words in BEFORE] + [answer + words for words in BEHIND]
        assert [text for text in round_it if read(context, text, NOW).slots != bare.slots] == []
        assert [text for text in round_it if read(context, text, NOW).intent != bare.intent] == []
