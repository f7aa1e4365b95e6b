/* client easy|h2 STREAMS HOST:PORT CA USERS: what smh_revoke does, by libcurl:
 * deletes the tokens of the users in a file, ten in a request, over one
 * connection, either one request after the other by HTTP/1.1, or by HTTP/2 with
 * so many at a time. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USERS = 10, STREAMS_MAX = 1000 };

static const char *authority, *ca, *secret;
static FILE *users;

static void die(const char *what)
{
    fprintf(stderr, "client: %s\n", what);
    exit(1);
}

static void append(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);
    if (strlen(more) >= size - length)
        die("a URL is too long");
    strcpy(text + length, more);
}

static void append_escaped(CURL *curl, char *text, size_t size,
                           const char *more)
{
    char *escaped = curl_easy_escape(curl, more, 0);
    if (!escaped)
        die("no memory");
    append(text, size, escaped);
    curl_free(escaped);
}

/* The URL of the next request; false behind the last. */
static bool next_url(CURL *curl)
{
    char url[4096], user[256];
    int n;
    snprintf(url, sizeof url,
             "https://%s/api/v1/token/%s?library_secret=", authority,
             "smh0example");
    append_escaped(curl, url, sizeof url, secret);
    append(url, sizeof url, "&user_id=");
    for (n = 0; n < USERS && fgets(user, sizeof user, users); n++) {
        user[strcspn(user, "\n")] = '\0';
        if (n > 0)
            append(url, sizeof url, ",");
        append_escaped(curl, url, sizeof url, user);
    }
    if (n > 0)
        curl_easy_setopt(curl, CURLOPT_URL, url);
    return n > 0;
}

static CURL *handle(long version)
{
    static struct curl_slist *pinned;
    char entry[300];
    CURL *curl = curl_easy_init();
    if (!curl)
        die("no memory");
    if (!pinned) {
        snprintf(entry, sizeof entry, "%s:127.0.0.1", authority);
        pinned = curl_slist_append(NULL, entry);
    }
    curl_easy_setopt(curl, CURLOPT_RESOLVE, pinned);
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(curl, CURLOPT_PIPEWAIT, 1L);
    return curl;
}

static void check(CURL *curl, CURLcode code, long version)
{
    long status = 0, spoken = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &spoken);
    if (code != CURLE_OK)
        die(curl_easy_strerror(code));
    if (status != 204)
        die("an answer is not 204");
    if (spoken != version)
        die("the server speaks another version of HTTP");
}

static void one_by_one(void)
{
    CURL *curl = handle(CURL_HTTP_VERSION_1_1);
    while (next_url(curl))
        check(curl, curl_easy_perform(curl), CURL_HTTP_VERSION_1_1);
    curl_easy_cleanup(curl);
}

/* 1 if the handle has another request to make; else it is gone. */
static int go_on(CURLM *multi, CURL *curl)
{
    if (next_url(curl)) {
        curl_multi_add_handle(multi, curl);
        return 1;
    }
    curl_easy_cleanup(curl);
    return 0;
}

/* Once in some 100,000 requests libcurl 7.88 failed to send on a connection
 * that had been good: then a request is made again, as its users have to. */
static int answered(CURLM *multi, const CURLMsg *message)
{
    static int again;
    CURL *curl = message->easy_handle;
    CURLcode code = message->data.result;
    curl_multi_remove_handle(multi, curl);
    if (code == CURLE_SEND_ERROR && again++ < STREAMS_MAX) {
        curl_multi_add_handle(multi, curl);
        return 1;
    }
    check(curl, code, CURL_HTTP_VERSION_2_0);
    return go_on(multi, curl);
}

static void side_by_side(long streams)
{
    CURLM *multi = curl_multi_init();
    CURLMsg *message;
    int busy = 0, left;
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streams);
    while (streams-- > 0)
        busy += go_on(multi, handle(CURL_HTTP_VERSION_2TLS));
    while (busy > 0) {
        if (curl_multi_perform(multi, &left) != CURLM_OK)
            die("curl_multi_perform");
        while ((message = curl_multi_info_read(multi, &left)))
            busy += answered(multi, message) - 1;
        /* Not for long: libcurl 7.88 sometimes waits for a socket from which it
         * has already read what it waits for. */
        if (busy > 0)
            curl_multi_poll(multi, NULL, 0, 10, NULL);
    }
    curl_multi_cleanup(multi);
}

int main(int argc, char **argv)
{
    long streams = argc == 6 ? atol(argv[2]) : 0;
    if (streams < 1 || streams > STREAMS_MAX)
        return 2;
    authority = argv[3];
    ca = argv[4];
    secret = getenv("SMH_LIBRARY_SECRET");
    users = fopen(argv[5], "r");
    if (!secret || !users)
        die("no secret, or no file of users");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (strcmp(argv[1], "easy") == 0)
        one_by_one();
    else
        side_by_side(streams);
    curl_global_cleanup();
    return 0;
}
