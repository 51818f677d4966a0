/* Every word of the page that says which station makes each dish. */
(function (root) {
  'use strict';
  root.RoutingWords = {
    'zh-Hans': {
      title: '菜去哪个档口', wait: '正在读', silent: '连不上店里的点单盒', silent_do: '下面是 {at} 的情形，连上会自己更新',
      well: '每道菜都有厨师能看到', wrong: '{n} 个问题要处理', dead: '{s}收不到单', dead_where: '{s}（{a}）收不到单', dead_do: '打开它的屏幕，或修好打印机：{p}。受影响：{d}', no_printer: '没有打印机', suspended: '{at} 起暂停供应', soon_suspended: '一分钟内没恢复就暂停供应',
      stations: '档口', proof: '凭什么算看到', proof_screen: '屏幕', proof_paper: '小票', proof_both: '屏幕或小票', screen: '屏幕', screen_on: '连着', screen_off: '没有连着', screen_not: '不用屏幕', display: '另有显示器（消息通道）', slips: '小票从这里出', area_none: '其他区域和外带', areas_all: '所有区域',
      p_prints: '能打', p_not: '打不了', p_paused: '暂停了', p_unknown: '不清楚', dishes_n: '{n} 道菜', live: '收得到单', cut: '收不到单',
      dishes: '菜品', sold_out: '估清', is_suspended: '暂停供应', only: '（{w}）', dine_in: '堂食', takeaway: '外带', delivery: '外卖', area_carried: '没有桌子的单', from_until: '{f}–{u}', sep: '、', none_wrong: '没有问题',
      changes: '改法：gateway settings export，改好再 import；gateway check-config 会先查一遍'
    },
    en: {
      title: 'Which station makes what', wait: 'Reading', silent: 'Cannot reach the store\'s box', silent_do: 'Below is how it was at {at}; it updates by itself',
      well: 'A cook sees every dish', wrong: ['{n} problem to see to', '{n} problems to see to'], dead: '{s} gets no orders', dead_where: '{s} ({a}) gets no orders', dead_do: 'Open its screen, or mend its printer: {p}. Concerned: {d}', no_printer: 'it has no printer', suspended: 'not sold since {at}', soon_suspended: 'not sold after a minute of that',
      stations: 'Stations', proof: 'Seen when it is on', proof_screen: 'a screen', proof_paper: 'paper', proof_both: 'a screen or paper', screen: 'Screen', screen_on: 'connected', screen_off: 'not connected', screen_not: 'works without', display: 'and a display on the broker', slips: 'Slips come out at', area_none: 'Other areas and take-away', areas_all: 'All areas',
      p_prints: 'prints', p_not: 'cannot print', p_paused: 'paused', p_unknown: 'not known', dishes_n: ['{n} dish', '{n} dishes'], live: 'gets orders', cut: 'gets no orders',
      dishes: 'Dishes', sold_out: 'Sold out', is_suspended: 'Not sold for now', only: ' ({w})', dine_in: 'eat in', takeaway: 'take-away', delivery: 'delivery', area_carried: 'orders without a table', from_until: '{f}–{u}', sep: ', ', none_wrong: 'nothing is wrong',
      changes: 'To change it: gateway settings export, edit, import; gateway check-config looks first'
    }
  };
})(self);
