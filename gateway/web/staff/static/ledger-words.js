/* Every word of the ledger's page. */
(function (root) {
  'use strict';
  root.LedgerWords = {
    'zh-Hans': {
      title: '厨房对账', table: '{n} 桌',
      day: '营业日', today: '{d}（今天）', balanced: '对得上', balanced_do: '接的每一份菜都有着落：{n} 份',
      nothing: '还没有接单', different: '差 {n} 份', different_do: '下面这些菜没有着落：去档口当面说一声，再看看那里的打印机',
      as_of: '{at} 的情形', open: '营业日还没结束', over: '营业日已结束，这是当时的情形',
      accepted: '接单', cancelled: '取消', returned: '退菜', held: '等叫', screen: '屏幕显示', paper: '已出单', hand: '人手确认', asked: '正在问', waiting: '刚下单', difference: '差',
      sum: '接单 {n} = {parts}', none: '没有接单', plus: ' + ', part: '{word} {n}', whole_day: '全天',
      differences: '没有着落的菜', more: '比点的多 {n} 份', see: '看这张单', gaps: '没出的小票', gap: '{station} 小票 {slip}', gap_do: '后面的号已经出了，这张还没有', never: '这个号没有单子',
      print: '打印对账单', printer: '打印机', printing: '正在打印', printed: '已交给打印机', print_failed: '没能打印：{why}', no_printer: '没有可用的小票打印机',
      silent: '连不上店里的点单盒', silent_do: '下面是 {at} 的情形。检查网线或无线，连上会自己更新', wait: '正在读'
    },
    en: {
      title: 'Kitchen ledger', table: 'Table {n}',
      day: 'Business day', today: '{d} (today)', balanced: 'It balances', balanced_do: 'Every dish that was accepted is accounted for: {n}',
      nothing: 'Nothing was ordered yet', different: '{n} unaccounted for', different_do: 'No screen has drawn these and no slip came out: tell the station in person, and look at its printer',
      as_of: 'As of {at}', open: 'the business day is not over', over: 'the business day is over; this is how it stood then',
      accepted: 'accepted', cancelled: 'cancelled', returned: 'returned', held: 'on hold', screen: 'shown on screen', paper: 'printed', hand: 'confirmed by hand', asked: 'asked about', waiting: 'just ordered', difference: 'unaccounted for',
      sum: '{n} accepted = {parts}', none: 'nothing was ordered', plus: ' + ', part: '{n} {word}', whole_day: 'The whole day',
      differences: 'Dishes unaccounted for', more: '{n} more than were ordered', see: 'See this order', gaps: 'Slips that did not come out', gap: '{station} slip {slip}', gap_do: 'Later ones have come out, this one has not', never: 'No slip was ever made under this number',
      print: 'Print the proof', printer: 'Printer', printing: 'Sending', printed: 'Sent to the printer', print_failed: 'It could not be printed: {why}', no_printer: 'There is no slip printer',
      silent: 'Cannot reach the store\'s box', silent_do: 'Below is how it was at {at}. Check the cable or Wi-Fi; this page goes on by itself', wait: 'Reading'
    }
  };
})(self);
