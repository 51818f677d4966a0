/* What the pass and the pick-up board say (for TP.t; both catalogues hold the same keys). */
(function (root) {
  'use strict';
  root.ExpoWords = {
    'zh-Hans': {
      title: '传菜口', go: '可上', making: '在做', average: '平均', oldest: '最久', go_title: '齐了，可以上', wait_title: '还在等',
      live: '实时', connecting: '正在连接', picture_old: '画面没更新', offline: '外网断开，照常', sound_on: '声音开', sound_off: '声音没开',
      serve: '已上菜', back: '退回档口', details: '详情', undo: '撤销', cross: '划菜', rush: '催一下', rush_one: '催{s}', fire: '起菜', rushed: '催过', was: '原 {t} 桌',
      waits_call: '等叫：{what}', is_QUEUED: '{s}还没确认', is_SHOWN: '{s}还没开始', is_STARTED: '{s}在做', said_rush: '{t}：催了{s}', said_fire: '{t}：起菜', other: '更多', held_n: '等叫 {n}',
      table: '{n} 桌', takeaway: '外带 {n}', delivery: '外卖 {n}', covers: '{n} 人', addition: '加菜', list_sep: '、',
      missing: '差{what}', served: '{t}已上菜', served_part: '{t}：{s}已上', recalled: '{t}：{s}退回档口', served_kept: '{t}已上菜，记在本机，连上就补',
      refused: '{t}没记上：刚被别人改过', kept_full: '连不上，本机已记满。先记在纸上', just: '刚上：{t} {at}',
      empty_go: '还没有齐的单', empty_wait: '没有在做的单。来新单会显示在这里', no_expo: '设置里没开传菜口：档口出餐就算已上菜', allergy: '过敏：{what}',
      state_ready: '做好了',
      scan: '扫小票或输入编号', scan_do: '划菜',
      all_types: '全部', dine_in: '堂食', takeaways: '外带', deliveries: '外卖', all_areas: '所有区域', by_order: '按单', by_table: '按桌', filters: '筛选', hidden: '筛掉了 {n} 张',
      more: '还有 {n} 张', first: '回到最前', page: '{p}/{n}', soon: '快超时', late: '超时', begin: '开始', begin_why: '按一下，齐了就会响', language: 'English',
      stale: '画面停在 {at}，新的没显示。', stale_do: '看小票上菜；正在重连，按过的会补上', stale_first: '连不上店里的点单盒，没有单显示。', login_gone: '登录过期，画面没更新。', login_do: '重新登录后接着用', login: '重新登录', full: '看屏幕的位子满了（32 个）。', full_do: '关掉一块不用的屏幕，这里会自己连上',
      stale_s: '{n} 秒', stale_m: '{n} 分', call: '请 {n} 号取餐'
    },
    en: {
      title: 'Pass', go: 'To go out', making: 'Cooking', average: 'Average', oldest: 'Oldest', go_title: 'Complete, take it out', wait_title: 'Still waiting',
      live: 'Live', connecting: 'Connecting', picture_old: 'Picture is old', offline: 'Internet away, fine', sound_on: 'Sound on', sound_off: 'Sound is off',
      serve: 'Served', back: 'Back to a station', details: 'Details', undo: 'Undo', cross: 'Cross off', rush: 'Rush', rush_one: 'Rush {s}', fire: 'Fire', rushed: 'rushed', was: 'was T{t}',
      waits_call: 'On hold: {what}', is_QUEUED: '{s} has not confirmed', is_SHOWN: '{s} has not begun', is_STARTED: '{s} is cooking', said_rush: '{t}: {s} told to hurry', said_fire: '{t}: fired', other: 'More', held_n: 'On hold {n}',
      table: 'T{n}', takeaway: 'To go {n}', delivery: 'Del. {n}', covers: '{n}p', addition: 'Added', list_sep: ', ',
      missing: 'Missing: {what}', served: '{t} served', served_part: '{t}: {s} served', recalled: '{t}: {s} is back at its station', served_kept: '{t} served; kept here until the link is back',
      refused: '{t}: not taken down, somebody else has just changed it', kept_full: 'No link, and no more fits here. Write on paper for now', just: 'Just out: {t} {at}',
      empty_go: 'Nothing is complete yet', empty_wait: 'Nothing is cooking. New orders come here', no_expo: 'The pass is off in the settings: a bump at a station serves', allergy: 'Allergy: {what}',
      state_ready: 'ready',
      scan: 'Scan or type a slip', scan_do: 'Cross off',
      all_types: 'All', dine_in: 'Eat in', takeaways: 'To go', deliveries: 'Delivery', all_areas: 'All areas', by_order: 'By order', by_table: 'By table', filters: 'Show', hidden: '{n} left out',
      more: '{n} more', first: 'Back to the first', page: '{p}/{n}', soon: 'soon late', late: 'late', begin: 'Start', begin_why: 'Tap once, and what is complete rings', language: '中文',
      stale: 'Picture stopped at {at}. News is not shown.', stale_do: 'Serve by the slips; reconnecting, your taps are kept', stale_first: 'Cannot reach the store\'s box. No orders are shown.', login_gone: 'Logged out. The picture is old.', login_do: 'Log in and go on', login: 'Log in', full: 'All 32 places for screens are taken.', full_do: 'Close a screen that is not needed; this one comes back by itself',
      stale_s: '{n} s', stale_m: '{n} min', call: 'Number {n}, please'
    }
  };
})(self);
