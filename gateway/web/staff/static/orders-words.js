/* Every word of the page that explains an order; why it stands where it stands is said by the box. */
(function (root) {
  'use strict';
  root.OrdersWords = {
    'zh-Hans': {
      title: '这张单怎么了', table: '{n} 桌', takeaway: '外带', delivery: '外卖',
      code: '单号', code_do: '扫小票上的条码，或输入单号，例如 A031 或 A031-0041，按回车', go: '看这张单', empty: '扫一张小票', wait: '正在读',
      none: '找不到 {c}', none_do: '请对照小票上的单号再输一次。太久以前的单和别家店的单这里没有',
      silent: '连不上店里的点单盒', silent_do: '下面是 {at} 的情形。检查网线或无线，连上会自己更新', silent_first: '检查网线或无线，连上会自己继续',
      at: '{at} 下单', whole: '整张单', stands: '这张单现在', slip: '小票 {c}', in_cloud: '云端已有', updated: '更新于 {at}', open: '自动更新', over: '这张单已结束',
      steps: '经过', now: '马上处理', soon: '看一下', going: '正在进行', rest: '会自己恢复', done: '已完成', struck: '已取消'
    },
    en: {
      title: 'What about this order', table: 'Table {n}', takeaway: 'Take-away', delivery: 'Delivery',
      code: 'Order', code_do: 'Scan the code on a slip, or type it, such as A031 or A031-0041, and press Enter', go: 'Explain', empty: 'Scan a slip', wait: 'Reading',
      none: 'There is no {c}', none_do: 'Compare it with the slip and type it again. Orders of long ago and of other stores are not here',
      silent: 'Cannot reach the store\'s box', silent_do: 'Below is how it was at {at}. Check the cable or Wi-Fi; this page goes on by itself', silent_first: 'Check the cable or Wi-Fi; this page goes on by itself',
      at: 'ordered {at}', whole: 'The whole order', stands: 'How it stands', slip: 'Slip {c}', in_cloud: 'The cloud has it', updated: 'As of {at}', open: 'updates by itself', over: 'this order is over',
      steps: 'What happened', now: 'Act now', soon: 'Look soon', going: 'On its way', rest: 'Catches up by itself', done: 'Done', struck: 'cancelled'
    }
  };
})(self);
