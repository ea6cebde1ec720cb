// Works out what an order costs.
//
//     echo '{"unit_price": 1250, "quantity": 2, "coupon": "WELCOME10"}' | ./quote
//
// It keeps no state: the same order costs the same at every attempt.

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct {
    const char *name;
    int percent;
} coupons[] = {{"WELCOME10", 10}, {"FRIENDS25", 25}};

static int coupon_percent(const char *name) {
    for (size_t i = 0; i < sizeof coupons / sizeof *coupons; i++) {
        if (strcmp(coupons[i].name, name) == 0) return coupons[i].percent;
    }
    return -1;
}

static int answer(json_t *document, int status) {
    json_dumpf(document, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(document);
    return status;
}

static int refuse(const char *type, const char *message) {
    return answer(json_pack("{s:s, s:s, s:b}", "type", type, "message", message, "retryable", 0), EX_DATAERR);
}

int main(void) {
    json_error_t error;
    json_t *order = json_loadf(stdin, 0, &error);
    if (order == NULL) return refuse("InvalidInput", error.text);

    json_int_t unit_price, quantity;
    const char *coupon = NULL;
    if (json_unpack_ex(order, &error, 0, "{s:I, s:I, s?s}", "unit_price", &unit_price, "quantity", &quantity,
                       "coupon", &coupon) != 0) {
        return refuse("InvalidInput", error.text);
    }

    json_int_t full_price;
    if (__builtin_mul_overflow(unit_price, quantity, &full_price)) {
        return refuse("InvalidInput", "the order is too large to be priced");
    }
    int percent = coupon == NULL ? 0 : coupon_percent(coupon);
    if (percent < 0) return refuse("CouponUnknown", "there is no such coupon");

    json_int_t discount = full_price / 100 * percent + full_price % 100 * percent / 100;
    return answer(json_pack("{s:I, s:I}", "total", full_price - discount, "discount", discount), EX_OK);
}
