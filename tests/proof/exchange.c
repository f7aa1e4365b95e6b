/* The exchange: from any state of the invariant, one turn of a step leads to
 * another one, whatever the port does.  Abstract are the writer (each request
 * has a length, and it writes no more than the window takes), the batches (each
 * has a number, and behind the last there is none), the loop of smhi_pack(),
 * which exchange_pack proves, and smhi_wipe(). */
#include "proof.h"

/* ---- the world ----------------------------------------------------------- */

/* Bytes of all requests before one; any sum of lengths of 1 to SMH_LINE_MAX. */
uint64_t __CPROVER_uninterpreted_before(uint32_t index);

static uint64_t before(uint32_t index)
{
    return __CPROVER_uninterpreted_before(index);
}

static size_t length_of(uint32_t index)
{
    size_t n = nondet_size();
    ASSUME(n >= 1 && n <= SMH_LINE_MAX && before(index) <= UINT64_MAX / 4 &&
           before(index + 1) == before(index) + n);
    return n;
}

/* What the port knows, and what it has seen. */
static struct {
    bool open;        /* Opened and not closed. */
    bool used;        /* Asked for anything but the time. */
    bool dirty;       /* A byte of the buffer, any one, was written, */
    uint64_t taken;   /* Bytes of requests on this connection. */
    uint32_t offered; /* Requests whose last byte was offered ever. */
    uint32_t clock;
} world;
static size_t any_place; /* of that byte */

static smh_call call;
static smh_io io;
static smh_scope scope;
static char host[1];

/* ---- the abstract parts -------------------------------------------------- */

int number_batch(const smh_plan *plan, smh_batch *batch);
size_t write_some(const smh_plan *plan, const smh_batch *batch, int masked,
                  size_t offset, char *window, size_t size);
void wipe_all(void *memory, size_t size);
size_t pack_some(smh_call *c, size_t size);

int number_batch(const smh_plan *plan, smh_batch *batch)
{
    PROVE(batch->n[0] != 0, "no batch is asked for behind the last");
    batch->index++;
    batch->n[0] = batch->index < call.report.requests;
    (void)plan;
    return batch->n[0];
}

static void write_at(size_t at, size_t size)
{
    if (any_place >= at && any_place - at < size)
        world.dirty = true;
}

size_t write_some(const smh_plan *plan, const smh_batch *batch, int masked,
                  size_t offset, char *window, size_t size)
{
    size_t n = length_of(batch->index), at = (size_t)(window - io.buffer);
    PROVE(batch->n[0] != 0 && offset < n && masked == 0,
          "what is written is a request");
    PROVE(at <= call.size && size <= call.size - at,
          "it is written into the buffer");
    write_at(at, size < n - offset ? size : n - offset);
    (void)plan;
    return n;
}

void wipe_all(void *memory, size_t size)
{
    static const smh_call none;
    static const smh_reader unread;
    if (memory == &call)
        call = none;
    if (memory == &call.reader)
        call.reader = unread;
    if (memory == io.buffer && any_place < size)
        world.dirty = false;
}

/* ---- the invariant ------------------------------------------------------- */

static unsigned allowed(const smh_call *c)
{
    return c->lost || c->io->pipeline == 0 ? 1 : c->io->pipeline;
}

/* Of the place where sending is, while the call talks. */
static bool is_placed(const smh_call *c)
{
    const smh_cursor *s = &c->sent;
    uint32_t left = c->report.requests - c->report.resume;
    return s->awaited <= left &&
           s->batch.index == c->report.resume + s->awaited &&
           s->batch.n[0] == (c->broken == 0 && s->awaited < left) &&
           (s->awaited == left ? s->offset == 0
                               : s->offset < length_of(s->batch.index)) &&
           (uint32_t)s->awaited + (s->offset != 0) <= allowed(c) &&
           (!c->lost || !c->lively);
}

static uint64_t position(const smh_cursor *s)
{
    return before(s->batch.index) + s->offset;
}

/* The port has what lies between the place and where this connection began. */
static bool is_sending(const smh_call *c)
{
    return is_placed(c) && c->sent.awaited <= c->report.in_doubt &&
           c->broken <= 0 && world.taken <= UINT64_MAX / 4 &&
           before(c->done.index) <= UINT64_MAX / 4 &&
           world.taken + before(c->done.index) == position(&c->sent);
}

static bool is_reading(const smh_call *c)
{
    const smh_reader *r = &c->reader;
    return reader_is_sound(r) &&
           (r->at == 0 || c->early || c->sent.awaited != 0);
}

/* A call that smh_begin() has refused; what else is in it nobody asks for. */
static bool is_refused(const smh_call *c)
{
    return c->state == SMHI_OVER && c->report.result < SMH_AGAIN &&
           c->report.requests == 0 && c->report.confirmed == 0 &&
           c->report.in_doubt == 0 && c->opened == 0 && !world.open &&
           !world.dirty;
}

static bool holds(const smh_call *c)
{
    const smh_report *p = &c->report;
    if (is_refused(c))
        return true;
    if (p->requests == 0 || p->requests > SMH_REQUESTS_MAX ||
        p->resume > p->requests || p->confirmed > p->resume ||
        p->resume - p->confirmed != io.resume ||
        p->in_doubt > p->requests - p->resume ||
        world.offered > p->resume + p->in_doubt)
        return false;
    if (c->size == 0 || c->size > 32767 || c->size > io.size ||
        c->dirty > c->size || c->io != &io || c->plan.scope != &scope ||
        c->lost > 1 || c->expired > 1 || c->early > 1 ||
        (!c->expired && c->spins > SMH_SPINS_MAX))
        return false;
    if (world.open != (c->state == SMHI_OPENING || c->state == SMHI_TALKING ||
                       c->state == SMHI_CLOSING))
        return false;
    if (c->state >= SMHI_CLOSING)
        return c->state <= SMHI_OVER && !world.dirty && p->result != 0 &&
               p->result != SMH_AGAIN && p->result != 1 &&
               (p->result == SMH_DONE) == (p->resume == p->requests);
    if (p->result != 0 || p->resume == p->requests ||
        (world.dirty && any_place >= c->dirty) || c->done.n[0] != 1 ||
        c->done.index > p->resume)
        return false;
    if (c->state == SMHI_TALKING)
        return is_sending(c) && is_reading(c);
    return c->reader.length == 0 && reader_is_sound(&c->reader) &&
           (c->state == SMHI_READY || c->done.index == p->resume);
}

/* ---- the port ------------------------------------------------------------ */

static int port_open(void *ctx, const char *name, uint16_t port)
{
    world.used = true;
    PROVE(!world.open || call.state == SMHI_OPENING,
          "no port is opened that is open");
    world.open = true;
    world.taken = 0;
    (void)ctx;
    (void)name;
    (void)port;
    return nondet_int();
}

static int port_send(void *ctx, const void *data, size_t size)
{
    int n = nondet_int();
    world.used = true;
    PROVE(call.state == SMHI_TALKING && world.open,
          "nothing is sent but on an open connection");
    PROVE(data == io.buffer && size > 0 && size <= call.size,
          "what is sent is in the buffer");
    if (world.offered < call.sent.batch.index)
        world.offered = call.sent.batch.index;
    if (n > 0 && (size_t)n <= size)
        world.taken += (size_t)n;
    (void)ctx;
    return n;
}

enum { FEW = 1 };

static int port_recv(void *ctx, void *data, size_t size)
{
    int n = nondet_int();
    ASSUME(n <= FEW || (size_t)n > size); /* see exchange_take */
    world.used = true;
    PROVE(data == io.buffer && size == call.size,
          "what is read goes into the buffer");
    if (n > 0 && (size_t)n <= size)
        write_at(0, (size_t)n);
    (void)ctx;
    return n;
}

static int port_close(void *ctx, int at_once)
{
    int r = nondet_int();
    world.used = true;
    PROVE(world.open, "a port is closed once");
    ASSUME(!at_once || r != SMH_AGAIN);
    if (r != SMH_AGAIN)
        world.open = false;
    (void)ctx;
    return r;
}

/* ms since the call has begun, or the last 204 came; across a wrap. */
static uint32_t passed(void)
{
    return (world.clock + (UINT64_C(1) << 32) - call.begun) & UINT32_MAX;
}

/* It never goes back, and it may wrap. */
static uint32_t port_now(void *ctx)
{
    uint32_t past = nondet_uint32();
    ASSUME(past <= UINT32_MAX - passed());
    world.clock = ((uint64_t)world.clock + past) & UINT32_MAX;
    (void)ctx;
    return world.clock;
}

static int port_wait(void *ctx, uint32_t ms)
{
    PROVE(ms > 0 && !call.busy, "there is something to wait for");
    (void)ctx;
    return nondet_int();
}

static const smh_port_ops ops = {port_open, port_send, port_recv, port_close,
                                 port_now,  port_wait, 1,         NULL};

static void any_io(void)
{
    smh_io any;
    io = any;
    io.port.ops = &ops;
    ASSUME(io.size >= 1 && io.size <= 32767);
    io.buffer = (char *)__CPROVER_allocate(io.size, 0);
    any_place = nondet_size();
    ASSUME(any_place < io.size);
    scope.host = host;
    scope.port = nondet_uint16();
}

/* Any call that the invariant holds for. */
static void any_state(void)
{
    smh_call any;
    any_io();
    call = any;
    call.io = &io;
    call.plan.scope = &scope;
    world.open = nondet_bool();
    world.dirty = nondet_bool();
    world.taken = nondet_uint32();
    world.offered = nondet_uint32();
    world.clock = nondet_uint32();
    ASSUME(holds(&call));
}

/* ---- packing ------------------------------------------------------------- */

static bool is_behind(const smh_cursor *from, const smh_cursor *to, size_t n)
{
    return to->awaited >= from->awaited && position(to) == position(from) + n;
}

static void any_packing(void)
{
    any_state();
    ASSUME(call.state == SMHI_TALKING && smhi_may_send(&call));
}

/* One round of the loop of smhi_pack(). */
ENTRY(exchange_pack)
{
    size_t size = nondet_size(), at = nondet_size(), n;
    smh_cursor from;
    any_packing();
    ASSUME(size > 0 && size <= call.size && at <= call.size - size);
    from = call.sent;
    n = smhi_pack_one(&call, io.buffer + at, size);
    PROVE(n > 0 && n <= size, "a round packs a byte, and what fits");
    PROVE(is_placed(&call), "no more is in flight than may be");
    PROVE(is_behind(&from, &call.sent, n), "sending is behind what is packed");
}

/* With less room it packs the same, or all of that room. */
ENTRY(exchange_pack_less)
{
    size_t size = nondet_size(), less = nondet_size(), n, m;
    smh_call other;
    any_packing();
    ASSUME(less > 0 && less <= size && size <= call.size);
    other = call;
    n = smhi_pack_one(&call, io.buffer, size);
    m = smhi_pack_one(&other, io.buffer, less);
    PROVE(m == n || m == less, "less room packs the same, or is full");
    PROVE(m < n ? other.sent.awaited <= call.sent.awaited
                : other.sent.awaited == call.sent.awaited &&
                      other.sent.offset == call.sent.offset,
          "and is not farther");
}

/* What both show of smhi_pack(): a second call of a turn is from the same place
 * with no more room than the first has packed. */
static struct {
    bool again;
    smh_cursor from, to;
    size_t n;
} pack;

size_t pack_some(smh_call *c, size_t size)
{
    size_t n = nondet_size();
    smh_cursor from = c->sent;
    PROVE(size > 0 && size <= c->size, "what is packed fits the buffer");
    if (pack.again)
        PROVE(position(&from) == position(&pack.from) &&
                  from.awaited == pack.from.awaited && size <= pack.n,
              "what the port left is packed anew");
    ASSUME((n != 0) == (bool)smhi_may_send(c) && n <= size);
    if (n != 0) {
        c->sent.awaited = nondet_uint16();
        c->sent.offset = nondet_uint16();
        c->sent.batch.index = nondet_uint32();
        c->sent.batch.n[0] = nondet_uint8();
        if (c->sent.awaited + (uint32_t)(c->sent.offset != 0) > 1 &&
            nondet_bool())
            c->lively = 1;
    }
    ASSUME(is_placed(c) && is_behind(&from, &c->sent, n));
    ASSUME(!pack.again || (n == size && c->sent.awaited <= pack.to.awaited));
    write_at(0, n);
    pack.again = true;
    pack.from = from;
    pack.to = c->sent;
    pack.n = n;
    return n;
}

/* ---- ranks: what becomes less ends --------------------------------------- */

enum { RANKS = 6 };

typedef struct rank {
    uint64_t of[RANKS];
} rank;

static rank rank_of(const smh_call *c)
{
    rank r = {{0}};
    const smh_report *p = &c->report;
    r.of[0] = c->state == SMHI_OVER ? 0 : c->state == SMHI_CLOSING ? 1 : 2;
    r.of[1] = p->requests - p->resume;
    r.of[2] = !c->lost;
    if (c->state == SMHI_READY) {
        r.of[3] = 2;
        r.of[4] = p->resume - c->done.index;
    } else if (c->state == SMHI_OPENING) {
        r.of[3] = 1;
    } else if (c->state == SMHI_TALKING) {
        r.of[4] = SMH_ANSWER_MAX - (uint64_t)c->reader.length;
        if (c->broken == 0) {
            ASSUME(before(p->requests) >= position(&c->sent) &&
                   before(p->requests) <= UINT64_MAX / 4);
            r.of[5] = 1 + before(p->requests) - position(&c->sent);
        }
    }
    return r;
}

/* -1, 0 or 1 */
static int compared(const rank *a, const rank *b)
{
    int i;
    for (i = 0; i < RANKS; i++)
        if (a->of[i] != b->of[i])
            return a->of[i] < b->of[i] ? -1 : 1;
    return 0;
}

static uint32_t time_left(void)
{
    uint32_t most = io.timeout_ms != 0 ? io.timeout_ms : SMH_TIMEOUT_MS;
    uint32_t past = passed();
    return call.expired || past >= most ? 0 : most - past;
}

/* ---- entries ------------------------------------------------------------- */

/* What a turn may do to a call that was. */
static void moved(const smh_call *was)
{
    PROVE(holds(&call), "the invariant holds");
    PROVE(call.report.confirmed - was->report.confirmed ==
              call.report.resume - was->report.resume,
          "what is confirmed is resumed behind");
    PROVE(call.report.resume == was->report.resume ||
              was->state == SMHI_TALKING,
          "nothing is confirmed but on a connection");
    PROVE(call.begun == was->begun || call.report.resume > was->report.resume,
          "only a 204 resets the deadline");
    PROVE(call.spins == was->spins && call.left == was->left &&
              call.expired == was->expired,
          "and only a wait counts waits");
}

/* A turn of a step, from these states. */
static void turn(int first, int last)
{
    smh_call was;
    rank r, now;
    bool late;
    any_state();
    ASSUME(call.state >= first && call.state <= last);
    was = call;
    r = rank_of(&call);
    late = time_left() == 0;
    smhi_go(&call);
    moved(&was);
    now = rank_of(&call);
    PROVE(compared(&now, &r) <= (call.busy ? -1 : 0),
          "a turn that is not the last of a step comes nearer to the end");
    PROVE(!late || now.of[0] < r.of[0], "behind the deadline it ends");
    PROVE(was.state != SMHI_CLOSING || call.report.result == was.report.result,
          "a result stays");
    SEEN(call.busy && call.state != was.state, "another state");
    SEEN(!call.busy && call.state == was.state, "nothing to do");
}

int never(smh_call *c);
int not_now(smh_call *c);

int never(smh_call *c)
{
    PROVE(c == NULL, "nothing is opened or sent");
    return 1;
}

/* Neither a byte has come nor one can go. */
int not_now(smh_call *c)
{
    (void)c;
    return SMH_AGAIN;
}

/* With never() for smhi_talk(). */
ENTRY(exchange_open)
{
    turn(SMHI_READY, SMHI_OPENING);
}

/* With never() for smhi_open() and smhi_talk(). */
ENTRY(exchange_close)
{
    turn(SMHI_CLOSING, SMHI_CLOSING);
}

/* With not_now() for smhi_send(). */
ENTRY(exchange_recv)
{
    turn(SMHI_TALKING, SMHI_TALKING);
}

/* With not_now() for smhi_recv(). */
ENTRY(exchange_send)
{
    turn(SMHI_TALKING, SMHI_TALKING);
}

/* A byte of an answer. */
ENTRY(exchange_take)
{
    smh_call was;
    int r, more = nondet_bool();
    uint64_t end;
    any_state();
    ASSUME(call.state == SMHI_TALKING);
    was = call;
    r = smhi_take(&call, nondet_char(), more);
    if (r == 0)
        PROVE(holds(&call), "a byte keeps the invariant");
    PROVE(r == 0 || r == SMH_E_ANSWER || r == SMH_E_EXTRA ||
              (r >= 100 && r < 600),
          "a byte is taken, or it is the result");
    PROVE((r == SMH_DONE) == (call.report.resume == call.report.requests),
          "done is that each request has its 204");
    end = before(was.report.resume + 1);
    ASSUME(was.sent.batch.index <= was.report.resume ||
           end <= before(was.sent.batch.index));
    PROVE(call.report.confirmed == was.report.confirmed ||
              (call.report.confirmed == was.report.confirmed + 1 &&
               was.reader.status == SMH_DONE && was.early == 0 &&
               world.taken + before(was.done.index) >= end),
          "confirmed is a 204 whose request was out");
}

ENTRY(exchange_cancel)
{
    int r;
    smh_call was;
    any_state();
    was = call;
    r = smh_cancel(&call);
    PROVE(call.state == SMHI_OVER && holds(&call), "a cancelled call is over");
    PROVE(r == (was.state < SMHI_CLOSING ? SMH_E_CANCELLED : was.report.result),
          "and says so");
}

ENTRY(exchange_wait)
{
    smh_call was;
    uint32_t left, spins, now;
    any_state();
    ASSUME(call.state != SMHI_OVER);
    left = time_left();
    was = call;
    spins = call.left == left && left != 0 ? SMH_SPINS_MAX - call.spins
                                           : UINT32_MAX;
    smh_wait(&call, nondet_uint32());
    now = time_left();
    PROVE(holds(&call), "a wait keeps the invariant");
    PROVE(was.busy || left == 0 || now < left ||
              (call.left == now && call.spins <= SMH_SPINS_MAX &&
               SMH_SPINS_MAX - call.spins < spins),
          "a wait comes nearer to the deadline, or is counted");
    PROVE(call.report.resume == was.report.resume &&
              (call.state == was.state || call.report.result == SMH_E_CLOCK ||
               call.report.result == SMH_E_PORT || now == 0),
          "and changes nothing else");
    SEEN(call.report.result == SMH_E_CLOCK, "a clock that stands still");
    SEEN(call.expired && !was.expired, "the deadline");
    SEEN(left != 0 && now == left && !was.busy, "a wait that is counted");
}

/* ---- all turns of a step ------------------------------------------------- */

/* What a step has done so far, and where its last turn has left the call. */
static int turns;
static uint8_t last_state, last_busy;

void some_turn(smh_call *c);

void some_turn(smh_call *c)
{
    PROVE(c->state != SMHI_OVER, "a turn is of a call under way");
    PROVE(c->busy && turns < 8, "it goes on up to eight, but not for nothing");
    turns++;
    last_state = c->state = nondet_uint8();
    last_busy = c->busy = nondet_bool();
}

ENTRY(exchange_step)
{
    smh_call any;
    int r;
    call = any;
    last_state = call.state;
    last_busy = 1;
    turns = 0;
    r = smh_step(&call);
    PROVE(call.state == last_state && call.busy == last_busy &&
              call.report.result == any.report.result,
          "a step is nothing but turns");
    PROVE(r == (call.state == SMHI_OVER ? any.report.result : 0),
          "it returns the result when it is over");
    PROVE(call.state == SMHI_OVER || !call.busy || turns == 8,
          "it ends there, or behind eight turns");
    SEEN(turns == 8 && call.busy, "eight turns");
    SEEN(r == SMH_DONE && turns == 3, "the end");
}

/* ---- the beginning ------------------------------------------------------- */

static const uint32_t requests_max = SMH_REQUESTS_MAX;
static uint32_t total; /* requests of the scope, from 1 */
static int verdict;    /* of smh_check() */

int check_some(const smh_scope *what, smh_plan *plan);
int next_of_all(const smh_plan *plan, smh_batch *batch);

int check_some(const smh_scope *what, smh_plan *plan)
{
    PROVE(plan == &call.plan && what == &scope,
          "it is the scope that is checked");
    plan->scope = what;
    return verdict;
}

/* A batch that is zero is before the first. */
int next_of_all(const smh_plan *plan, smh_batch *batch)
{
    PROVE(verdict == 0 && plan == &call.plan,
          "no batch is made of a bad scope");
    if (batch->n[0] != 0)
        batch->index++;
    batch->n[0] = batch->index < total;
    return batch->n[0];
}

static bool can_do(const smh_port_ops *o)
{
    return o != NULL && o->open != NULL && o->send != NULL && o->recv != NULL &&
           o->close != NULL && o->now_ms != NULL;
}

/* An io of which anything may be missing. */
static smh_port_ops any_ops;

static const smh_io *bad_io(void)
{
    any_ops = ops;
    any_ops.open = nondet_bool() ? port_open : NULL;
    any_ops.send = nondet_bool() ? port_send : NULL;
    any_ops.recv = nondet_bool() ? port_recv : NULL;
    any_ops.close = nondet_bool() ? port_close : NULL;
    any_ops.now_ms = nondet_bool() ? port_now : NULL;
    any_ops.secure = nondet_uint8();
    any_io();
    io.port.ops = nondet_bool() ? &any_ops : NULL;
    if (nondet_bool())
        io.size = nondet_bool() ? 0 : SIZE_MAX;
    if (nondet_bool())
        io.buffer = NULL;
    return nondet_bool() ? &io : NULL;
}

ENTRY(exchange_begin)
{
    smh_call any;
    const smh_io *given = bad_io();
    char *buffer = io.buffer, before = '\0';
    int r;
    call = any;
    total = nondet_uint32();
    verdict = nondet_int();
    ASSUME(total != 0 && verdict <= 0 && verdict != SMH_AGAIN);
    world.open = world.used = world.dirty = false;
    world.taken = world.offered = 0;
    if (buffer != NULL)
        before = buffer[any_place];
    r = smh_begin(&call, &scope, given);
    PROVE(holds(&call), "what begins is in the invariant");
    PROVE(r == call.report.result && (r == 0) == (call.state == SMHI_READY),
          "it says whether that is all");
    PROVE(!world.used, "no port is used before the first step");
    PROVE(buffer == NULL || buffer[any_place] == before,
          "nor is the buffer written");
    PROVE(r < 0 || (given != NULL && can_do(io.port.ops) && any_ops.secure &&
                    buffer != NULL && io.size != 0 && verdict == 0),
          "nothing begins that lacks something");
    PROVE(r < 0 ||
              (total <= requests_max && io.resume <= total &&
               call.report.requests == total && call.report.confirmed == 0 &&
               call.report.in_doubt == 0 && call.report.resume == io.resume),
          "all requests are counted, and those to do located");
    PROVE((r == SMH_DONE) == (r >= 0 && io.resume == total),
          "done is that none is left");
    SEEN(r == 0 && total == requests_max && io.resume > 7, "a long one");
    SEEN(r == SMH_DONE, "one with nothing to do");
    SEEN(r == SMH_E_RANGE && io.resume > total, "one that is past the end");
    SEEN(r == SMH_E_INSECURE, "one that is not secure");
    SEEN(r == 0 && io.size == SIZE_MAX, "one with a huge buffer");
}
