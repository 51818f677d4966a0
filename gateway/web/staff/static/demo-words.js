/* What the visitor's page says (for TP.t; both catalogues hold the same keys). */
(function (root) {
  'use strict';
  root.DemoWords = {
    'zh-Hans': {
      title: 'Tablepass 演示', tagline: '用手机下一单，看这道菜一路走到厨师面前。', play: '自动演一段午市（2 分钟）', playing: '午市正在演', other: 'English',
      score: '记分牌', dishes: '客人点的菜', n_orders: '{n} 单', n_tables: '{n} 桌', dishes_sub: '{o}，{t}', seen: '已在厨师面前', proven: '每道都有凭据', on_way: '还有 {n} 道在路上', seen_none: '还没有人点菜',
      twice: '做重的', reprints: '补打 {n} 张，有标记', no_reprints: '没有补打', twice_look: '去看纸', pending: '等着上云', pending_n: '条记录等着上云', pending_of: '属于 {o}，在本机盘上', safe: '在本机盘上，不会丢', all_sent: '全部到云端，各一次', nothing_sent: '还没有要传的',
      road: '最新一单的路', latest: '最新一单 {o} · {t}', latest_free: '最新一单 {o}', no_order: '还没有单。在下面的手机上点一道菜，这里就会画出它的路。',
      r_disk: '落盘 {at}', r_screen: '上屏 {s}', r_cook: '到厨师面前 {s}', r_cook_wait: '到厨师面前：在路上', r_paper: '出纸 {s}', r_paper_wait: '出纸：在路上', r_paper_out: '出纸：{why}', r_paper_mute: '已打印（无法核实）', r_paper_unknown: '不确定是否出单，请看打印机', r_paper_cancelled: '出纸：已取消',
      r_cloud: '上云', r_cloud_s: '上云 {s}内', r_cloud_wait: '上云：在路上', r_cloud_cut: '上云：等外网回来', r_cloud_fault: '上云：再传', r_cloud_blind: '上云：云端没有回答', s: '{n} 秒', min: '{n} 分',
      p_phone: '客人的手机', p_kitchen: '后厨屏', p_paper: '纸', p_cloud: '云端', table: '{n} 桌', table_pick: '手机在哪一桌', station_pick: '看哪个档口', phone_title: '客人的手机，{n} 桌', kitchen_title: '后厨屏：{n}',
      live: '实时', connecting: '正在连接', stale: '画面没更新',
      m_online: '就绪', m_printing: '在打', m_offline: '连不上', m_unknown: '没有消息', m_paper_out: '没纸', m_paper_low: '纸快没了', m_cover_open: '盖子开着', m_cutter_error: '切刀卡住', m_printer_mute: '不回话',
      empty_paper: '出单从这里出来', look: '放大看：{n}', reprint: '补打', close: '关闭', slip_of: '{p}，{n}',
      d_drawer: '钱箱开了', d_buzzer: '蜂鸣器响了',
      printed: '已打印', printed_at: '打印机 {at} 答复', mute: '已打印（无法核实）', mute_why: '这台打印机不会答复', unknown: '不确定是否出单', unknown_do: '请看打印机', printing: '正在打', printing_why: '打完才算数', waits: '等着：{why}', waits_n: '换好后自己打出 {n} 张', waits_back: '接好后自己打出 {n} 张', q_waits: '{n} 张等着', w_broker: '消息中枢停了，回来就打', w_wait: '打印机没就绪', no_proof: '没有凭据', no_proof_why: '纸在这里，账上没有',
      c_live: '通', c_away: '断开 {d}', c_error: '报错 {d}', c_slow: '很慢 {d}', c_lost: '回执丢失 {d}', c_portal: '要登录 {d}', c_catching: '正在补传',
      c_none: '单已到', c_count: '单已到，顺序对，各一次', c_count_odd: '单已到，各一次', c_repeats: '重来 {n} 条，只记一次', c_waits: '等待', c_more: '还有 {n} 单等待', c_cut: '{at} 断开', c_fault: '{at} 起有故障', c_empty: '云端还没有单', c_blind: '云端现在不回答；下面是刚才的样子', c_list: '云端收到的单，新的在上',
      drills: '演练', now_playing: '正在演：{n}。', more_playing: '（另有 {n} 个）', restore: '按一下恢复', idle: '一切正常。', idle_watch: '先点一道菜，再按下面任何一个，看看会怎样。', back: '外网恢复，全部补齐，各一次。', back_wait: '已恢复，正在补传，还差 {n} 条。', healed: '恢复了。', healed_paper: '等着的纸条自己打出来，每张一次。', failed: '没有切换成功，请再按一次。',
      d_wan_down: '断外网', d_wan_down_on: '外网已断', w_wan_down: '看：手机、屏幕、纸都没变，只多一个小标记；云端停住，回来后按顺序补齐。',
      d_cloud_error: '云端报错', d_cloud_error_on: '云端报错', w_cloud_error: '看：云端回答“出错”，本机收着，过一会儿再传；店里照常。',
      d_cloud_slow: '云端变慢', d_cloud_slow_on: '云端很慢', w_cloud_slow: '看：云端 20 秒才答一次，客人和厨房一点也不等它。',
      d_cloud_lost_answer: '云端回执丢失', d_cloud_lost_answer_on: '回执丢失', w_cloud_lost_answer: '看：云端收到了，回执丢了，本机再传一遍；云端数得出是同一单，只记一次。',
      d_captive_portal: '要登录的网络', d_captive_portal_on: '网络要登录', w_captive_portal: '看：网络回一张登录页，说“成功”；本机不当真，等真正的云端点头。',
      d_broker_down: '停掉消息中枢', d_broker_down_on: '消息中枢停了', w_broker_down: '看：点单和屏幕照常，纸等着；回来后每张单只打一次。',
      d_paper_out: '后厨缺纸', d_paper_out_on: '后厨没纸', w_paper_out: '看：屏幕照样出单，也叫人换纸；按一下换好，等着的自己打出来。',
      d_printer_unplugged: '拔掉打印机', d_printer_unplugged_on: '打印机拔了', w_printer_unplugged: '看：屏幕照样出单，也叫人看线；打到一半的会问人，不会悄悄打两遍。',
      away: '点单盒没有回答，画面停在 {at}。它会自己回来，这一页也会。'
    },
    en: {
      title: 'Tablepass demo', tagline: 'Order on the phone and follow the dish to the cook.', play: 'Play a lunch (2 min)', playing: 'Lunch is playing', other: '中文',
      score: 'Scoreboard', dishes: 'dishes ordered', n_orders: ['{n} order', '{n} orders'], n_tables: ['{n} table', '{n} tables'], dishes_sub: '{o}, {t}', seen: 'in front of a cook', proven: 'each one proven', on_way: '{n} on the way', seen_none: 'nobody has ordered yet',
      twice: 'made twice', reprints: ['{n} reprint, and marked so', '{n} reprints, marked'], no_reprints: 'no reprint', twice_look: 'look at the paper', pending: 'waiting for cloud', pending_n: ['event waits for cloud', 'events wait for cloud'], pending_of: 'of {o}, safe here', safe: 'safe on this box', all_sent: 'all sent, each once', nothing_sent: 'nothing to send yet',
      road: 'The road of the newest order', latest: 'Latest: {o}, {t}', latest_free: 'Latest: {o}', no_order: 'No order yet. Order a dish on the phone below, and its road is drawn here.',
      r_disk: 'on disk {at}', r_screen: 'on screen {s}', r_cook: 'in front of a cook {s}', r_cook_wait: 'in front of a cook: on the way', r_paper: 'on paper {s}', r_paper_wait: 'on paper: on the way', r_paper_out: 'on paper: {why}', r_paper_mute: 'printed; cannot confirm', r_paper_unknown: 'not sure it came out: look at the printer', r_paper_cancelled: 'on paper: cancelled',
      r_cloud: 'in the cloud', r_cloud_s: 'in the cloud within {s}', r_cloud_wait: 'in the cloud: on the way', r_cloud_cut: 'in the cloud: when the internet is back', r_cloud_fault: 'in the cloud: asking again', r_cloud_blind: 'in the cloud: it does not answer', s: '{n} s', min: '{n} min',
      p_phone: 'The guest\'s phone', p_kitchen: 'Kitchen', p_paper: 'Paper', p_cloud: 'Cloud', table: 'Table {n}', table_pick: 'Which table the phone is at', station_pick: 'Which station to watch', phone_title: 'The guest\'s phone, table {n}', kitchen_title: 'Kitchen screen: {n}',
      live: 'live', connecting: 'connecting', stale: 'picture is old',
      m_online: 'ready', m_printing: 'printing', m_offline: 'cannot be reached', m_unknown: 'no word yet', m_paper_out: 'no paper', m_paper_low: 'paper low', m_cover_open: 'lid open', m_cutter_error: 'cutter stuck', m_printer_mute: 'does not answer',
      empty_paper: 'Slips come out here', look: 'Look closer: {n}', reprint: 'reprint', close: 'Close', slip_of: '{p}, {n}',
      d_drawer: 'Drawer opened', d_buzzer: 'Buzzer sounds',
      printed: 'Printed', printed_at: 'printer answered {at}', mute: 'Printed', mute_why: 'it cannot confirm', unknown: 'Not sure it came out', unknown_do: 'look at the printer', printing: 'Printing', printing_why: 'counts when it is out', waits: 'Waits: {why}', waits_n: ['a new roll brings {n} slip', 'a new roll brings {n} slips'], waits_back: ['its cable brings {n} slip', 'its cable brings {n} slips'], q_waits: ['{n} slip waits', '{n} slips wait'], w_broker: 'the broker is stopped', w_wait: 'not ready', no_proof: 'No proof', no_proof_why: 'paper without a record',
      c_live: 'live', c_away: 'away {d}', c_error: 'errors {d}', c_slow: 'slow {d}', c_lost: 'no answer {d}', c_portal: 'login page {d}', c_catching: 'catching up',
      c_none: 'orders here', c_count: ['order here, in order, once', 'orders here, in order, each once'], c_count_odd: ['order here, once', 'orders here, each once'], c_repeats: ['{n} record came again, kept once', '{n} records came again, kept once'], c_waits: 'waits', c_more: ['{n} more waits', '{n} more wait'], c_cut: 'cut at {at}', c_fault: 'fault since {at}', c_empty: 'No order has reached the cloud yet', c_blind: 'The cloud does not answer now; this is the last picture', c_list: 'Orders that the cloud has, newest first',
      drills: 'Drills', now_playing: 'Now playing: {n}.', more_playing: '(and {n} more)', restore: 'tap to restore', idle: 'All is well.', idle_watch: 'Order a dish, then press any of these and see what happens.', back: 'Internet is back; all sent, each once.', back_wait: 'It is back and catching up, {n} to go.', healed: 'Back to normal.', healed_paper: 'The slips that waited print by themselves, each once.', failed: 'That did not switch. Press it once more.',
      d_wan_down: 'Internet cut', d_wan_down_on: 'Internet cut', w_wan_down: 'Watch: phone, screen and paper stay the same but for one small sign. The cloud stops, then catches up in order.',
      d_cloud_error: 'Cloud answers errors', d_cloud_error_on: 'Cloud errors', w_cloud_error: 'Watch: the cloud says "error". The box keeps all and asks again later; the store goes on.',
      d_cloud_slow: 'Cloud is slow', d_cloud_slow_on: 'Cloud is slow', w_cloud_slow: 'Watch: the cloud takes 20 s to answer. Neither guest nor cook waits for it.',
      d_cloud_lost_answer: 'Answer gets lost', d_cloud_lost_answer_on: 'Answers lost', w_cloud_lost_answer: 'Watch: the cloud stores, its answer is lost, the box sends again. The cloud knows it and keeps each once.',
      d_captive_portal: 'Wi-Fi login page', d_captive_portal_on: 'Wi-Fi login', w_captive_portal: 'Watch: the network answers "fine" with a login page. The box is not fooled and keeps all.',
      d_broker_down: 'Stop the broker', d_broker_down_on: 'Broker stopped', w_broker_down: 'Watch: phone and screen go on, paper waits. When it is back, each slip prints once.',
      d_paper_out: 'Kitchen paper out', d_paper_out_on: 'Paper out', w_paper_out: 'Watch: the screen shows every dish and asks for a roll. Restore, and the slips that waited print by themselves.',
      d_printer_unplugged: 'Unplug a printer', d_printer_unplugged_on: 'Unplugged', w_printer_unplugged: 'Watch: the screen shows every dish and names the cable. A slip cut in half is asked about, never silently printed twice.',
      away: 'The box does not answer; this picture is from {at}. It comes back by itself, and so does this page.'
    }
  };
})(self);
