/* The base at the counter: hears the guests' call buttons, calls pagers, and its relay opens the cash drawer. */
#include "board.h"

#define BUTTONS 32
#define AGAIN_MS 1000u /* a radio button repeats its telegram for half a second; a guest who presses again means it */

const char *const app_model = "callbase-32";
const char *const app_caps[] = { "button", "pager", "drawer" };
const uint8_t app_caps_n = 3;

static uint32_t held;
static uint32_t heard_ms[BUTTONS];

void app_act(void *board, uint8_t op, struct gfp_reader *args)
{
    uint32_t which = gfp_get_uint(args), how_long = gfp_get_uint(args);
    (void)board;
    if (!args->ok)
        return;
    if (op == GFP_DRAWER)
        board_drawer(which, how_long > 500 ? 500 : how_long); /* longer burns the magnet of a drawer */
    else if (op == GFP_PAGER)
        board_pager(which, how_long);
}

void app_show(void *board, uint8_t op, struct gfp_reader *args)
{
    (void)board, (void)op, (void)args; /* no lamps */
}

void app_loop(struct gfp *g, uint32_t now_ms)
{
    uint32_t heard = board_keys();
    for (uint8_t button = 0; button < BUTTONS; button++) {
        uint32_t bit = (uint32_t)1 << button;
        if (!(heard & bit)) {
            if ((held & bit) && now_ms - heard_ms[button] >= AGAIN_MS)
                held &= ~bit;
            continue;
        }
        if (!(held & bit))
            gfp_event2(g, GFP_BUTTON, button, 1, now_ms);
        held |= bit;
        heard_ms[button] = now_ms;
    }
}
