/* Every word of the printers page. */
(function (root) {
  'use strict';
  root.PrintersWords = {
    'zh-Hans': {
      title: '打印机', kitchen: '厨房屏', other: 'English', demo: '演示页',
      all_well: ['{n} 台打印机正常', '{n} 台打印机都正常'], some_wrong: ['{n} 台打印机要人看一下', '{n} 台打印机要人看一下'], none: '还没有打印机', none_do: '在设置里加一台，接好后这里就会出现',
      silent: '连不上店里的点单盒', silent_do: '下面是 {at} 的情形。检查网线或无线，连上会自己更新', wait: '正在读',
      online: '正常', degraded: '能打，要留意', blocked: '打不了', offline: '连不上', unknown: '不清楚', mute: '能打，不回话', paused: '已暂停',
      paper_low: '纸快没了', paper_out: '没纸', cover_open: '盖子开着', cutter_error: '切刀卡住', jam: '标签纸卡住', ribbon_out: '碳带用完', pause_pressed: '按了暂停键', error: '有故障', unplugged: '线没接', no_answer: '不回话', offline_reason: '离线',
      label_mm: '{w} × {h} 毫米标签', labels_only: '按设置里的 [[slips]] 出标签', status: '看打印机的状态核实', no_label: '菜名和过敏提示放不下这种标签，打不出来：请口头告诉档口，或换大一点的标签',
      mm: '{n} 毫米纸', gs_h: '每张都有回执', gs_r: '每张都有回执', no_fence: '无法核实出单', serves: '出 {s} 的单', stands_in: '{s} 的打印机坏了就由它顶上', nobody: '没有档口用它', at: '接在 {p}',
      waiting: ['{n} 张在等', '{n} 张在等'], nothing_waits: '没有在等的单', since: '{at} 起',
      test: '打测试单', pause: '暂停', resume: '继续打印', move: '转到别的打印机', clear: '清空等待', close: '关闭', back: '不了',
      move_to: '把等着的 {n} 张转到：', moved: '{n} 张转到 {p}，要等它交还的会随后过去', clear_ask: '取消等着的 {n} 张？取消的单不会再打，请口头报单', clear_yes: '取消 {n} 张', cleared: ['取消了 {n} 张', '取消了 {n} 张'],
      tested: '测试单已送出，看看中文、边框、二维码清不清楚', paused_done: '暂停了。已经送出的会打完，新的都等着', resumed: '继续打印',
      papers: '最近的单', no_papers: '还没有打过单', look: '看这张单', look_at: '看 {n}', preview: '打出来是这样', preview_fail: '暂时看不到这张单', bar_code: '条码 {n}',
      slip: '单号 {n}', order: '{n}', copy: '补打 {n}', from: '从 {p} 转来', to: '转到 {p}', wanted_back: '正在收回',
      kitchen_kind: '厨打单', dish: '一菜一单', guest_list: '客单', full_order: '总单', runner: '传菜单', test_kind: '测试单', label_of: '标签 {n}',
      QUEUED: '等着打印', SENDING: '正在打印', WAITING: '等打印机好', PRINTED: '已出单', UNCONFIRMED: '已打印（无法核实）', UNKNOWN: '不确定是否出单，请看打印机', answered: '不确定是否出单，已有人处理', STALE: '放久了，还要打吗', DIVERTED: '转到别的打印机', CANCELLED: '已取消',
      reprint: '补打', came_out: '已出单', print: '打印', cancel: '取消', divert: '转走',
      refused: '现在不能这样做，情况刚变了', failed: '没送到，请再按一次', not_allowed: '要收银员或店长才能开钱箱',
      drawer: '开钱箱', drawer_kind: '钱箱', drawer_asked: '正在开钱箱', drawer_PRINTED: '钱箱开了', drawer_UNCONFIRMED: '已送出，这台打印机无法核实，请看钱箱',
      drawer_UNKNOWN: '不确定开了没有，请看钱箱：没开就用钥匙，它不会自己再开', drawer_not: '没开：{r}。请用钥匙开，它不会自己再开', drawer_silent: '没有回音，请看钱箱：没开就用钥匙', it_opened: '是开着的',
      buzzer: '响铃', buzzer_kind: '蜂鸣器', buzzer_asked: '正在响铃', buzzer_PRINTED: '响过了', buzzer_UNCONFIRMED: '已送出，这台打印机无法核实', buzzer_UNKNOWN: '不确定响了没有', buzzer_not: '没响：{r}', buzzer_silent: '没有回音',
      too_late: '打印机没来得及', busy: '打印机正忙', bridge_offline: '打印连接程序停了', not_there: '这台打印机没有接', restarted: '打印连接程序刚重开',
      probe: '检测', probe_of: '检测 {p}', probe_last: '上次检测', probing: '正在检测，会打出一张检测单，最多一分钟', probe_none: '还没有检测结果', probe_slip: '看检测单', probe_at: '{at} 检测',
      probe_refused: '这次没有检测', probe_silent: '这台打印机的连接程序没有回答', probe_busy: '正忙，等它打完再试', not_possible: '这种设备不能检测', unknown_device: '连接程序还不认识它', error: '打印机报错'
    },
    en: {
      title: 'Printers', kitchen: 'Kitchen screen', other: '中文', demo: 'Demo',
      all_well: ['{n} printer is well', 'All {n} printers are well'], some_wrong: ['{n} printer needs a person', '{n} printers need a person'], none: 'No printers yet', none_do: 'Add one in the settings; it appears here once it is connected',
      silent: 'Cannot reach the store\'s box', silent_do: 'Below is how it was at {at}. Check the cable or Wi-Fi; this page goes on by itself', wait: 'Reading',
      online: 'Ready', degraded: 'Prints, look soon', blocked: 'Cannot print', offline: 'Not reached', unknown: 'Not known', mute: 'Prints, no answers', paused: 'Paused',
      paper_low: 'paper low', paper_out: 'no paper', cover_open: 'lid open', cutter_error: 'cutter stuck', jam: 'labels jammed', ribbon_out: 'no ribbon', pause_pressed: 'its pause button was pressed', error: 'a fault', unplugged: 'cable out', no_answer: 'no answer', offline_reason: 'offline',
      label_mm: '{w} × {h} mm labels', labels_only: 'Labels, as [[slips]] in the settings say', status: 'proves labels by its status', no_label: 'Dish and allergies do not fit this label, so it does not print: tell the station in person, or use larger labels',
      mm: '{n} mm paper', gs_h: 'proves each slip', gs_r: 'proves each slip', no_fence: 'cannot prove its slips', serves: 'Slips of {s}', stands_in: 'Stands in for the printer of {s}', nobody: 'No station uses it', at: 'at {p}',
      waiting: ['{n} slip waits', '{n} slips wait'], nothing_waits: 'Nothing waits', since: 'since {at}',
      test: 'Test slip', pause: 'Pause', resume: 'Go on', move: 'Move to another', clear: 'Clear what waits', close: 'Close', back: 'No',
      move_to: 'Send the {n} that wait to:', moved: '{n} go to {p}; those it still holds follow when it gives them back', clear_ask: 'Cancel the {n} that wait? They will not print: tell the station in person', clear_yes: 'Cancel {n}', cleared: ['{n} slip cancelled', '{n} slips cancelled'],
      tested: 'Test slip sent. Look at its letters, frame and codes', paused_done: 'Paused. What has begun ends; all else waits', resumed: 'It prints again',
      papers: 'Latest slips', no_papers: 'Nothing printed yet', look: 'Look at this slip', look_at: 'Look at {n}', preview: 'It comes out like this', preview_fail: 'This slip cannot be shown now', bar_code: 'bar code {n}',
      slip: 'slip {n}', order: '{n}', copy: 'REPRINT {n}', from: 'came from {p}', to: 'went to {p}', wanted_back: 'being taken back',
      kitchen_kind: 'kitchen slip', dish: 'one dish', guest_list: 'guest list', full_order: 'full order', runner: 'runner slip', test_kind: 'test slip', label_of: 'label {n}',
      QUEUED: 'Waits to print', SENDING: 'Printing', WAITING: 'Waits for the printer', PRINTED: 'Printed', UNCONFIRMED: 'Printed; this printer cannot confirm', UNKNOWN: 'Not sure it came out: look at the printer', answered: 'Was not sure; someone has seen to it', STALE: 'Waited too long: still wanted?', DIVERTED: 'Went to another printer', CANCELLED: 'Cancelled',
      reprint: 'Reprint', came_out: 'Came out', print: 'Print', cancel: 'Cancel', divert: 'Send on',
      refused: 'Not possible now; it has just changed', failed: 'Not sent. Tap once more', not_allowed: 'Only a cashier or a manager opens the drawer',
      drawer: 'Open drawer', drawer_kind: 'cash drawer', drawer_asked: 'Opening the drawer', drawer_PRINTED: 'Drawer opened', drawer_UNCONFIRMED: 'Sent; this printer cannot confirm. Look at the drawer',
      drawer_UNKNOWN: 'Not sure it opened. Look at the drawer: if it is shut, use the key. It does not open again by itself', drawer_not: 'Not opened: {r}. Open it with the key; it does not open by itself later', drawer_silent: 'No answer. Look at the drawer: if it is shut, use the key', it_opened: 'It is open',
      buzzer: 'Ring', buzzer_kind: 'buzzer', buzzer_asked: 'Ringing', buzzer_PRINTED: 'It rang', buzzer_UNCONFIRMED: 'Sent; this printer cannot confirm', buzzer_UNKNOWN: 'Not sure it rang', buzzer_not: 'Not rung: {r}', buzzer_silent: 'No answer',
      too_late: 'the printer did not get to it', busy: 'the printer is busy', bridge_offline: 'the printer link has stopped', not_there: 'none is connected', restarted: 'the printer link has just restarted',
      probe: 'Probe', probe_of: 'Probe of {p}', probe_last: 'Last probe', probing: 'Probing. It prints a slip and takes a minute at most', probe_none: 'No findings yet', probe_slip: 'Look at its slip', probe_at: 'Probed {at}',
      probe_refused: 'It was not probed', probe_silent: 'The program it is connected to has not answered', probe_busy: 'busy; try when it has printed', not_possible: 'a device of this kind cannot be probed', unknown_device: 'its bridge does not know it yet', error: 'it reports an error'
    }
  };
})(self);
