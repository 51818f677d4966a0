/* GFP/1: one session, its answers, the memory of actions and the queue of inputs. */
#include "gfp.h"

#include <string.h>

#define FIRST_WAIT_MS 100u
#define DOUBLINGS 4u /* 100, 200, 400, 800, 1600 ms, and no longer */
#define SILENCE_MS 6000u
#define REST_MS 1000u /* nothing is due: a board may sleep that long, then asks again */

static uint8_t next_seq(uint8_t seq) { return seq == 255 ? 1 : (uint8_t)(seq + 1); }
static uint8_t earlier_seq(uint8_t seq) { return seq <= 1 ? 255 : (uint8_t)(seq - 1); }

/* Millisecond counters of 32 bits wrap after 49 days; the difference does not mind. */
static uint32_t left_ms(uint32_t due_ms, uint32_t now_ms)
{
    int32_t left = (int32_t)(due_ms - now_ms);
    return left > 0 ? (uint32_t)left : 0;
}

void gfp_init(struct gfp *g, const struct gfp_identity *identity, gfp_do *act, gfp_do *show, void *board,
              uint32_t now_ms)
{
    memset(g, 0, sizeof *g);
    g->identity = identity;
    g->act = act;
    g->show = show;
    g->board = board;
    g->max_tries = 6;
    g->now_ms = now_ms;
}

/* --- sessions --- */

static void begin(struct gfp *g, uint16_t sid)
{
    g->sid = sid;
    g->up = true;
    g->expects = 1;
    g->seq = 0;
    g->flying = g->asked = g->waiting = g->pongs = false;
    g->answer = 0;
    g->wire_n = 0; /* half a frame of the old session: the next one begins with a zero */
}

static void end(struct gfp *g)
{
    g->up = false;
    g->flying = g->asked = g->waiting = false; /* the input under way stays the first of its queue */
}

static void take_hello(struct gfp *g, const struct gfp_frame *frame)
{
    struct gfp_reader r = { frame->payload, frame->payload + frame->n, true };
    if (frame->sid == 0)
        return;
    if (frame->sid == g->sid && !g->up) { /* this one ended here; it may be open on the other side, with other seqs */
        g->reset_sid = frame->sid;
        return;
    }
    if (frame->sid != g->sid)
        begin(g, frame->sid);
    /* A repeated HELLO of this session only wants its answer again: what was counted since stays counted. */
    g->says_hello = true;
    g->heard_ms = g->now_ms;
    g->peer_max = GFP_MAX_PAYLOAD;
    for (uint32_t i = gfp_get_head(&r, 5); i && r.ok; i--) {
        uint32_t key = gfp_get_uint(&r), value = gfp_get_uint(&r);
        if (r.ok && key == 1 && value < g->peer_max)
            g->peer_max = (uint8_t)value;
    }
}

/* --- what came in --- */

/* Remembered before it is carried out: whatever breaks in between, it is never carried out twice. */
static bool is_new(struct gfp *g, uint32_t mid)
{
    for (uint8_t i = 0; i < g->mids_n; i++)
        if (g->mids[i] == mid)
            return false;
    g->mids[g->mids_next] = mid;
    g->mids_next = (uint8_t)((g->mids_next + 1) % GFP_MIDS);
    if (g->mids_n < GFP_MIDS)
        g->mids_n++;
    return true;
}

static void deliver(struct gfp *g, const struct gfp_frame *frame)
{
    struct gfp_reader r = { frame->payload, frame->payload + frame->n, frame->n > 0 };
    uint8_t op = r.ok ? *r.at++ : 0;
    uint32_t items = gfp_get_head(&r, 4);
    if (op >= 0x10 && op < 0x18 && items) {
        uint32_t mid = gfp_get_uint(&r);
        if (r.ok && is_new(g, mid))
            g->act(g->board, op, &r);
    } else if (r.ok && op >= 0x18 && op < 0x20) {
        g->show(g->board, op, &r);
    }
    if (!r.ok)
        gfp_log(g, "body not understood");
}

static void take_data(struct gfp *g, const struct gfp_frame *frame)
{
    g->answer = GFP_ACK;
    g->answer_seq = frame->seq;
    if (frame->seq == g->expects) {
        g->expects = next_seq(frame->seq);
        deliver(g, frame);
    } else if (frame->seq != earlier_seq(g->expects)) {
        g->answer = GFP_NAK;
        g->answer_seq = g->expects;
    }
}

static void take(struct gfp *g, const struct gfp_frame *frame)
{
    bool ours = g->flying && g->tries && frame->seq == g->seq;
    if (frame->kind == GFP_HELLO) {
        take_hello(g, frame);
        return;
    }
    if (!g->up || frame->sid != g->sid) {
        if (frame->kind != GFP_RESET && frame->sid)
            g->reset_sid = frame->sid; /* the host learns at once that nobody is in its session */
        return;
    }
    g->heard_ms = g->now_ms;
    switch (frame->kind) {
    case GFP_DATA:
        take_data(g, frame);
        break;
    case GFP_ACK:
        if (ours) {
            g->first = (uint8_t)((g->first + 1) % GFP_EVENTS);
            g->count--;
            g->flying = g->asked = g->waiting = false;
        }
        break;
    case GFP_NAK:
        if (ours && g->tries == 1 && g->waiting) { /* only what was sent once: no storm of NAKs */
            g->waiting = false;
            g->asked = true;
        }
        break;
    case GFP_PING:
        g->pongs = true;
        break;
    case GFP_RESET:
        end(g);
        break;
    default:
        break;
    }
}

void gfp_receive(struct gfp *g, const uint8_t *bytes, size_t n, uint32_t now_ms)
{
    struct gfp_frame frame;
    g->now_ms = now_ms;
    for (size_t i = 0; i < n; i++)
        if (gfp_decode(&g->decoder, bytes[i], &frame))
            take(g, &frame);
}

uint32_t gfp_step(struct gfp *g, uint32_t now_ms)
{
    uint32_t wish = REST_MS, left;
    g->now_ms = now_ms;
    if (!g->up)
        return wish;
    if (g->max_tries) {
        left = left_ms(g->heard_ms + SILENCE_MS, now_ms);
        if (left == 0) {
            end(g);
            g->give_ups++;
            return wish;
        }
        wish = left < wish ? left : wish;
    }
    if (g->waiting) {
        left = left_ms(g->due_ms, now_ms);
        if (left == 0 && g->max_tries && g->tries >= g->max_tries) {
            g->reset_sid = g->sid;
            g->give_ups++;
            end(g);
        } else if (left == 0) {
            g->waiting = false;
            g->asked = true;
        } else {
            wish = left < wish ? left : wish;
        }
    }
    return wish;
}

/* --- what goes out --- */

static size_t hello_ack(const struct gfp *g, uint8_t *payload)
{
    const struct gfp_identity *id = g->identity;
    struct gfp_writer w = { payload, payload + GFP_MAX_PAYLOAD, true };
    gfp_put_head(&w, 5, 7);
    gfp_put_uint(&w, 0);
    gfp_put_uint(&w, GFP_PROTOCOL);
    gfp_put_uint(&w, 1);
    gfp_put_text(&w, id->model);
    gfp_put_uint(&w, 2);
    gfp_put_text(&w, id->firmware);
    gfp_put_uint(&w, 3);
    gfp_put_bytes(&w, id->uid, id->uid_n);
    gfp_put_uint(&w, 4);
    gfp_put_uint(&w, id->boot_nonce);
    gfp_put_uint(&w, 5);
    gfp_put_uint(&w, GFP_MAX_PAYLOAD);
    gfp_put_uint(&w, 6);
    gfp_put_head(&w, 4, id->caps_n);
    for (uint8_t i = 0; i < id->caps_n; i++)
        gfp_put_text(&w, id->caps[i]);
    return w.ok ? (size_t)(w.at - payload) : 0;
}

/* The age is that of this try: what waited out an outage says so. */
static size_t event_body(const struct gfp *g, uint8_t *payload)
{
    const struct gfp_event *event = &g->events[g->first];
    struct gfp_writer w = { payload + 1, payload + GFP_MAX_PAYLOAD, true };
    payload[0] = event->op;
    gfp_put_head(&w, 4, event->items + 2u);
    memcpy(w.at, event->args, event->args_n); /* 64 at most, into 239 */
    w.at += event->args_n;
    gfp_put_uint(&w, event->number);
    gfp_put_uint(&w, g->now_ms - event->at_ms);
    return (size_t)(w.at - payload);
}

static void emit(struct gfp *g, uint8_t kind, uint8_t seq, uint16_t sid, const uint8_t *payload, size_t n)
{
    struct gfp_frame frame = { kind, seq, sid, payload, (uint8_t)n };
    g->wire_n = (uint16_t)gfp_encode(&frame, g->wire);
    g->wire_at = 0;
    g->wire_seq = kind == GFP_DATA ? seq : 0;
}

static void emit_data(struct gfp *g)
{
    uint8_t payload[GFP_MAX_PAYLOAD];
    if (!g->flying) {
        g->flying = true;
        g->seq = next_seq(g->seq);
        g->tries = 0;
    }
    g->asked = false;
    if (g->tries < 255)
        g->tries++;
    emit(g, GFP_DATA, g->seq, g->sid, payload, event_body(g, payload));
}

/* The most urgent first; of each kind one waits at most, so no queue can grow. */
static void fill(struct gfp *g)
{
    if (g->reset_sid) {
        emit(g, GFP_RESET, 0, g->reset_sid, NULL, 0);
        g->reset_sid = 0;
    } else if (g->says_hello) {
        uint8_t payload[GFP_MAX_PAYLOAD];
        g->says_hello = false;
        emit(g, GFP_HELLO_ACK, 0, g->sid, payload, hello_ack(g, payload));
    } else if (!g->up) {
        return;
    } else if (g->answer) {
        emit(g, g->answer, g->answer_seq, g->sid, NULL, 0);
        g->answer = 0;
    } else if (g->pongs) {
        g->pongs = false;
        emit(g, GFP_PONG, 0, g->sid, NULL, 0);
    } else if (g->asked || (!g->flying && g->count)) {
        emit_data(g);
    } else if (g->loose_n) {
        if (g->loose_n <= g->peer_max)
            emit(g, g->loose_kind, 0, g->sid, g->loose, g->loose_n);
        g->loose_n = 0;
    }
}

const uint8_t *gfp_output(struct gfp *g, size_t *n)
{
    if (!g->wire_n)
        fill(g);
    *n = (size_t)(g->wire_n - (g->wire_n ? g->wire_at : 0));
    return g->wire + g->wire_at;
}

void gfp_sent(struct gfp *g, size_t n, uint32_t now_ms)
{
    g->now_ms = now_ms;
    if (!g->wire_n)
        return;
    g->wire_at = (uint16_t)(g->wire_at + n);
    if (g->wire_at < g->wire_n)
        return;
    g->wire_n = g->wire_at = 0;
    if (g->wire_seq && g->flying && g->wire_seq == g->seq) { /* not one that was acknowledged while it left again */
        unsigned doublings = g->tries - 1u < DOUBLINGS ? g->tries - 1u : DOUBLINGS;
        g->due_ms = now_ms + (FIRST_WAIT_MS << doublings);
        g->waiting = true;
    }
}

/* --- what the board has to say --- */

bool gfp_event(struct gfp *g, uint8_t op, const uint8_t *args, size_t n, uint8_t items, uint32_t now_ms)
{
    struct gfp_event *event;
    if (n > GFP_EVENT_ARGS)
        return false;
    if (g->count == GFP_EVENTS) { /* the oldest goes; but one under way keeps its place, its ACK may be coming */
        uint8_t second = (uint8_t)((g->first + 1) % GFP_EVENTS);
        if (g->flying)
            g->events[second] = g->events[g->first];
        g->first = second;
        g->count--;
    }
    event = &g->events[(g->first + g->count) % GFP_EVENTS];
    event->number = ++g->numbered;
    event->at_ms = now_ms;
    event->op = op;
    event->items = items;
    event->args_n = (uint8_t)n;
    memcpy(event->args, args, n);
    g->count++;
    return true;
}

bool gfp_event2(struct gfp *g, uint8_t op, uint32_t a, uint32_t b, uint32_t now_ms)
{
    uint8_t args[10];
    struct gfp_writer w = { args, args + sizeof args, true };
    gfp_put_uint(&w, a);
    gfp_put_uint(&w, b);
    return gfp_event(g, op, args, (size_t)(w.at - args), 2, now_ms);
}

bool gfp_tele(struct gfp *g, uint8_t op, const uint8_t *args, size_t n, uint8_t items)
{
    struct gfp_writer w = { g->loose + 1, g->loose + GFP_MAX_PAYLOAD, true };
    if (n + 3 > GFP_MAX_PAYLOAD)
        return false;
    g->loose[0] = op;
    gfp_put_head(&w, 4, items);
    memcpy(w.at, args, n);
    g->loose_kind = GFP_TELE;
    g->loose_n = (uint8_t)(w.at + n - g->loose);
    return true;
}

bool gfp_log(struct gfp *g, const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || n > GFP_MAX_PAYLOAD)
        return false;
    memcpy(g->loose, text, n);
    g->loose_kind = GFP_LOG;
    g->loose_n = (uint8_t)n;
    return true;
}
