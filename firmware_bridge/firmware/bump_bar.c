/* Eight keys with a lamp each, under a kitchen screen. */
#include "board.h"

#define KEYS 8
#define SETTLE_MS 20u /* contacts of cheap keys bounce for 5 to 10 ms */

const char *const app_model = "bumpbar-8";
const char *const app_caps[] = { "key", "led" };
const uint8_t app_caps_n = 2;

static uint32_t pressed;          /* as told */
static uint32_t changed_ms[KEYS]; /* when a key was last seen as told */

void app_act(void *board, uint8_t op, struct gfp_reader *args)
{
    (void)board, (void)op, (void)args; /* a bump bar has nothing to do */
}

void app_show(void *board, uint8_t op, struct gfp_reader *args)
{
    uint32_t on = gfp_get_uint(args), blinking = gfp_get_uint(args);
    (void)board;
    if (op == GFP_LEDS && args->ok)
        board_leds(on, blinking);
}

void app_loop(struct gfp *g, uint32_t now_ms)
{
    uint32_t now_pressed = board_keys();
    for (uint8_t key = 0; key < KEYS; key++) {
        uint32_t bit = 1u << key;
        if (((now_pressed ^ pressed) & bit) == 0) {
            changed_ms[key] = now_ms;
        } else if (now_ms - changed_ms[key] >= SETTLE_MS) {
            pressed ^= bit;
            changed_ms[key] = now_ms;
            gfp_event2(g, GFP_KEY, key, (pressed & bit) != 0, now_ms);
        }
    }
}
