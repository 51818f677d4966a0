/* What the kitchen screen says: in words (for TP.t; both catalogues hold the same keys) and in notes. */
(function (root) {
  'use strict';
  const words = {
    'zh-Hans': {
      open: '待做', oldest: '最久', live: '实时', connecting: '正在连接', picture_old: '画面没更新',
      offline: '外网断开，照常', sound_on: '声音开', sound_off: '声音没开', recall: '召回', settings: '设置', close: '关闭',
      start: '开始', bump: '出餐', seen: '知道了', undo: '撤销', empty: '没有待做的单。来新单会响。',
      table: '{n} 桌', takeaway: '外带 {n}', delivery: '外卖 {n}', covers: '{n} 人', fresh: '新单', addition: '加菜 +',
      cancelled: '已取消', cancelled_by: '{who} {at} 取消，按“知道了”收起', hold: '等叫', done: '做好了', cooking: '在做',
      allergy: '过敏：{what}', allergy_know: '按一下确认', allday: '汇总', list_sep: '、', also: '另有：{what}', slip: '纸单 {n}',
      on_paper: '已在纸单 {n}', maybe_paper: '纸单 {n} 可能也出了', quote: '注：{text}',
      soon: '快超时', late: '超时', more_lines: '还有 {n} 行', lines_top: '回到第一行',
      stale: '画面停在 {at}，新单没显示。', watch: '看打印机。', stale_do: '正在重连，按过的出餐会补上', stale_first: '连不上店里的点单盒，没有单显示。', stale_s: '{n} 秒', stale_m: '{n} 分',
      n_cancel: '退菜：停做', n_refire: '重做', n_recall: '退回：补做好', n_rush: '催菜', n_hold: '等叫：先别做', n_move: '转台', n_merge: '并台', n_change: '改单：照新备注',
      fired: '起菜：可以做了', from_place: '原桌 {n}',
      someone: '有人', screen_who: '屏幕 {n}',
      sound: '声音'
    },
    en: {
      open: 'Open', oldest: 'Oldest', live: 'Live', connecting: 'Connecting', picture_old: 'Picture is old',
      offline: 'Internet away, fine', sound_on: 'Sound on', sound_off: 'Sound is off', recall: 'Recall', settings: 'Settings', close: 'Close',
      start: 'Start', bump: 'Bump', seen: 'Seen', undo: 'Undo', empty: 'No open tickets. New ones ring.',
      table: 'T{n}', takeaway: 'To go {n}', delivery: 'Del. {n}', covers: '{n}p', fresh: 'New', addition: 'Added +',
      cancelled: 'Cancelled', cancelled_by: '{who} cancelled at {at}; tap Seen', hold: 'on hold', done: 'done', cooking: 'cooking',
      allergy: 'Allergy: {what}', allergy_know: 'Tap: I know', allday: 'All-day', list_sep: ', ', also: 'Also: {what}', slip: 'slip {n}',
      on_paper: 'already on paper {n}', maybe_paper: 'slip {n} may be out too', quote: 'Note: {text}',
      soon: 'soon late', late: 'late', more_lines: '{n} more lines', lines_top: 'Back to the first line',
      stale: 'Picture stopped at {at}. New orders are not shown.', watch: 'Watch the printer.', stale_do: 'Reconnecting; your bumps are kept', stale_first: 'Cannot reach the store\'s box. No tickets are shown.', stale_s: '{n} s', stale_m: '{n} min',
      n_cancel: 'Not wanted: stop', n_refire: 'Cook again', n_recall: 'Sent back', n_rush: 'Rush', n_hold: 'Hold: not yet', n_move: 'Moved', n_merge: 'Merged', n_change: 'Change: new note',
      fired: 'Fire: cook it now', from_place: 'from {n}',
      someone: 'someone', screen_who: 'screen {n}',
      sound: 'Sound'
    }
  };

  /* The browser wants one tap before it lets a page sound; what each event sounds like is in kds-sound.js. */
  function createSound(onChange) {
    let context = null, on = TP.store.get('kds.sound') !== false;

    function ready() { return !!context && context.state === 'running'; }
    function unlock() {
      const Audio = root.AudioContext || root.webkitAudioContext;
      if (!Audio) return;
      try {
        if (!context) { context = new Audio(); context.onstatechange = onChange; }
        if (context.state !== 'running') { const p = context.resume(); if (p) p.then(onChange, () => {}); }
      } catch (_) { /* no audio device: the top bar goes on saying that sound is off */ }
    }
    function play(name) {
      if (!on || !ready() || !root.KdsPlay) return false;
      root.KdsPlay(context, name);
      return true;
    }
    return {
      unlock, play,
      isOn: () => on && ready(),
      wanted: () => on,
      locked: () => on && !ready(),
      set: (value) => { on = value; TP.store.set('kds.sound', value); if (value) unlock(); onChange(); }
    };
  }

  root.KdsWords = words;
  root.KdsSound = createSound;
})(self);
