/* Texts of any length: each loop over one is a step from any state of an
 * invariant, which stands in loops/. */
#include "proof.h"

/* ALPHA / DIGIT / "-" / "." / "_" / "~" (RFC 3986, 2.3) */
static bool is_unreserved(unsigned char c)
{
    return (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) ||
           (c >= 0x30 && c <= 0x39) || c == 0x2D || c == 0x2E || c == 0x5F ||
           c == 0x7E;
}

static unsigned char byte_of(char c)
{
    return (unsigned char)(c < 0 ? c + 256 : c);
}

static char digit(unsigned n)
{
    return (char)(n < 10 ? 0x30 + n : 0x41 + n - 10);
}

/* ---- a byte of it, and a blank ------------------------------------------- */

ENTRY(texts_unreserved)
{
    char c = nondet_char();
    int plain = smhi_unreserved(c);
    PROVE((plain != 0) == is_unreserved(byte_of(c)), "as the RFC has it");
    SEEN(plain, "one that is");
    SEEN(!plain, "one that is not");
}

/* White_Space of Unicode 15.1 (PropList.txt) and what else is not seen, of two
 * or three bytes of UTF-8. */
static bool is_blank(uint32_t c)
{
    return c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static bool is_tail(unsigned char c)
{
    return c >= 0x80 && c <= 0xBF;
}

/* Bytes of the blank at the start of a text that is not empty; each byte behind
 * its NUL is one that nobody may ask for. */
static int blank_of(const unsigned char *p)
{
    if (p[0] <= 0x20 || p[0] == 0x7F)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF && is_tail(p[1]) &&
        is_blank((p[0] & 31u) << 6 | (p[1] & 63u)))
        return 2;
    if (p[0] >= 0xE0 && p[0] <= 0xEF && is_tail(p[1]) && is_tail(p[2]) &&
        is_blank((p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u)) &&
        (p[0] > 0xE0 || p[1] >= 0xA0))
        return 3;
    return 0;
}

ENTRY(texts_blank)
{
    size_t size = nondet_size(), i;
    char *text;
    unsigned char bytes[3] = {0, 0, 0};
    int n;
    ASSUME(size >= 1 && size <= 3);
    text = (char *)__CPROVER_allocate(size + 1, 0);
    text[size] = '\0';
    for (i = 0; i < size; i++) {
        ASSUME(text[i] != '\0');
        bytes[i] = byte_of(text[i]);
    }
    n = smhi_blank(text);
    PROVE(n == blank_of(bytes), "a blank is one of ASCII or Unicode");
    PROVE(n >= 0 && (size_t)n <= size, "and in the text");
    SEEN(n == 2, "one of two bytes");
    SEEN(n == 3, "one of three");
}

/* ---- a text, byte after byte --------------------------------------------- */

/* It, and where it has a NUL, the first or not. */
static char *whole;
static size_t end;

/* How far it has been read, and what that comes to, encoded. */
static struct {
    size_t seen;     /* Bytes asked about so far. */
    uint64_t length; /* Of them, encoded. */
    bool parted;     /* One of them is the separator, */
    bool blank;      /* or a blank begins the text or ends it. */
    unsigned due;    /* Bytes to be put for the last of them, */
    char want[4];    /* which are the last of these. */
} read;
static const int longest = SMH_LINE_MAX;
static char separator;

/* A text of any length that CBMC has an address for: it keeps a byte of 64 bits
 * for the object. */
static const char *any_text(void)
{
    size_t size = nondet_size();
    char *text;
    ASSUME(size > 0 && size <= SIZE_MAX / (sizeof size > 4 ? 1024 : 8));
    text = (char *)__CPROVER_allocate(size, 0);
    whole = text;
    end = size - 1;
    read.seen = 0;
    read.length = 0;
    read.parted = read.blank = false;
    read.due = 0;
    ASSUME(text[end] == '\0');
    return text;
}

/* A byte is asked about. */
static bool ask(char c)
{
    bool plain = is_unreserved(byte_of(c));
    PROVE(read.seen < end && c == whole[read.seen],
          "a text is read byte after byte");
    PROVE(c != '\0', "and not past its NUL");
    read.seen++;
    read.length += plain ? 1 : 3;
    return plain;
}

int ask_counted(char c);
int ask_encoded(char c);
int some_blank(const char *text);
void put_encoded(smhi_sink *sink, char c);
void put_plain(smhi_sink *sink, char c);

int ask_counted(char c)
{
    read.parted |= c == separator;
    return ask(c);
}

/* What texts_blank shows of it. */
int some_blank(const char *text)
{
    int n = nondet_int();
    ASSUME(n >= 0 && n <= 3 && (n < 1 || text[0] != '\0') &&
           (n < 2 || text[1] != '\0') && (n < 3 || text[2] != '\0'));
    read.blank |= n != 0 && (text == whole || text[n] == '\0');
    return n;
}

ENTRY(texts_cost)
{
    int cost;
    separator = nondet_char();
    cost = smhi_cost(any_text(), separator);
    PROVE(cost <= 0 || whole[read.seen] == '\0', "all of an id is counted");
    PROVE(cost <= 0 || (!read.parted && !read.blank),
          "it has no separator, and no blank at an end");
    PROVE(cost > 0 || (cost == SMH_E_ITEM && whole[0] == '\0') ||
              (cost == SMH_E_COMMA && read.parted) ||
              (cost == SMH_E_BLANK && read.blank),
          "and is not refused for nothing");
    PROVE(cost <= 0 ||
              (read.length <= (uint64_t)longest ? (uint64_t)cost == read.length
                                                : cost > longest),
          "an id costs what is put, or too much");
    PROVE(cost <= longest + 3, "and no more than is needed to see that");
    SEEN(cost == SMH_E_BLANK && read.seen > 100, "one that ends with a blank");
    SEEN(cost == longest, "one that fits just so");
    SEEN(cost > longest && read.length == 15000, "one that is longer");
}

/* ---- what is put of a text ----------------------------------------------- */

/* A sink of any window, with room to count in, and its length. */
static size_t start;

static smhi_sink any_sink(void)
{
    smhi_sink sink;
    ASSUME(sink.length <= SIZE_MAX / 4);
    start = sink.length;
    return sink;
}

static void want_put(unsigned n, char first, char second, char third)
{
    read.due = n;
    read.want[4 - n] = first;
    read.want[3] = third;
    if (n == 3)
        read.want[2] = second;
}

int ask_encoded(char c)
{
    unsigned char byte = byte_of(c);
    bool plain = ask(c);
    if (plain)
        want_put(1, c, c, c);
    else
        want_put(3, '%', digit(byte >> 4), digit(byte & 15u));
    return plain;
}

void put_encoded(smhi_sink *sink, char c)
{
    PROVE(read.due > 0 && c == read.want[4 - read.due],
          "it is put as an unreserved byte or as %XX");
    read.due--;
    sink->length++;
}

ENTRY(texts_encode)
{
    smhi_sink sink = any_sink();
    smhi_encode(&sink, any_text());
    PROVE(whole[read.seen] == '\0' && read.due == 0, "all of it is put");
    PROVE(sink.length - start == read.length, "it is as long as encoded");
    SEEN(read.length == 15000, "a long one");
}

void put_plain(smhi_sink *sink, char c)
{
    ask(c);
    sink->length++;
}

ENTRY(texts_puts)
{
    smhi_sink sink = any_sink();
    smhi_puts(&sink, any_text());
    PROVE(whole[read.seen] == '\0', "all of the words are put");
    PROVE(sink.length - start == read.seen, "as they are");
    SEEN(read.seen == 5000, "many");
}

/* ---- the ids of a list --------------------------------------------------- */

/* What has been put of many ids of a list, from the first on. */
enum { MOST = 128 };
static const char *items[MOST];
static size_t first, many;
static struct {
    size_t ids, commas;
    size_t length; /* behind them */
} put;

void encode_next(smhi_sink *sink, const char *text);
void put_comma(smhi_sink *sink, const char *words);

/* It grows by any number of bytes, up to what can be counted. */
static void grow(smhi_sink *sink, size_t n)
{
    PROVE(sink->length == put.length, "nothing is put but ids and commas");
    ASSUME(n <= SIZE_MAX - sink->length);
    sink->length += n;
    put.length = sink->length;
}

void encode_next(smhi_sink *sink, const char *text)
{
    PROVE(put.ids < many && put.commas == put.ids &&
              text == items[first + put.ids],
          "it is the next id, behind a comma");
    put.ids++;
    grow(sink, nondet_size());
}

void put_comma(smhi_sink *sink, const char *words)
{
    PROVE(words[0] == ',' && words[1] == '\0', "a comma parts ids");
    put.commas++;
    grow(sink, 1);
}

ENTRY(texts_put_ids)
{
    smhi_sink sink = any_sink();
    smh_list list = {items, MOST};
    first = nondet_size();
    many = nondet_size();
    ASSUME(first <= MOST && many <= MOST - first);
    put.ids = put.commas = 0;
    put.length = sink.length;
    smhi_put_ids(&sink, &list, first, many);
    PROVE(put.ids == many && sink.length == put.length,
          "all ids are put, and nothing behind them");
    SEEN(many > 1 && sink.length > start + 5000, "some");
    SEEN(many == 0, "none");
}

/* ---- names --------------------------------------------------------------- */

/* How many unreserved bytes a name begins with, and where their last label. */
static struct {
    size_t seen, label;
} name;

int ask_name(char c);

int ask_name(char c)
{
    bool plain = is_unreserved(byte_of(c));
    PROVE(name.seen <= end && c == whole[name.seen],
          "a name is read byte after byte");
    if (!plain)
        return 0;
    name.seen++;
    if (c == '.')
        name.label = name.seen;
    return 1;
}

static const char *any_name(void)
{
    name.seen = name.label = 0;
    return any_text();
}

/* From what was seen of it. */
static bool is_host(const char *host)
{
    char c = host[name.label];
    return host[name.seen] == '\0' && name.seen <= 255 &&
           name.label < name.seen && (c < '0' || c > '9');
}

ENTRY(texts_host)
{
    const char *host = any_name();
    size_t n = smhi_host(host);
    PROVE(n == (is_host(host) ? name.seen : 0),
          "a host is unreserved bytes, and its last label is no number");
    SEEN(n == 255, "a long one");
    SEEN(name.label > 1 && host[0] == '1', "one that begins with a digit");
}

ENTRY(texts_segment)
{
    const char *id = any_name();
    size_t n = smhi_segment(id);
    bool dots = (name.seen == 1 && id[0] == '.') ||
                (name.seen == 2 && id[0] == '.' && id[1] == '.');
    PROVE(n == (id[name.seen] == '\0' && !dots ? name.seen : 0),
          "a segment is unreserved bytes, and no dots");
    SEEN(n == 1000, "a long one");
    SEEN(n == 3 && id[0] == '.' && id[1] == '.', "one that begins with dots");
}

/* ---- what is wiped ------------------------------------------------------- */

/* So many bytes; and a place, any one, and what was there. */
static size_t wiped, place;
static char was;

ENTRY(texts_wipe)
{
    any_text();
    wiped = nondet_size();
    place = nondet_size();
    ASSUME(wiped <= end && place <= end);
    was = whole[place];
    smhi_wipe(whole, wiped);
    PROVE(whole[place] == (place < wiped ? '\0' : was),
          "each byte of it is wiped, and no other");
    SEEN(wiped > 5000 && was == 'x' && place < wiped, "one of many");
}
